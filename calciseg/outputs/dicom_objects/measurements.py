"""Figures of lesions and totals as measurements of a structured report; what was not measured is left out."""

from collections.abc import Iterator

from highdicom.sr import CodedConcept, Measurement, QualitativeEvaluation
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from calciseg.model import Lesion, PlaneTotals, Shadow, Totals
from calciseg.outputs.dicom_objects.codes import own_code

__all__ = ["lesion_evaluations", "lesion_measurements", "measured", "totals_measurements"]

_MM3, _MM2, _MM, _HU, _ONE = (
    codes.UCUM.CubicMillimeter,
    codes.UCUM.SquareMillimeter,
    codes.UCUM.Millimeter,
    codes.UCUM.HounsfieldUnit,
    codes.UCUM.NoUnits,
)
_MG = Code("mg", "UCUM", "milligram")
_BY_THRESHOLD = own_code("BY_THRESHOLD", "Voxels above the threshold")
_PARTIAL_VOLUME = own_code("PARTIAL_VOLUME", "Corrected for partial volume")
_AGATSTON_TYPE = own_code("AGATSTON_TYPE", "Agatston-type, for 3 mm increments, not coronary")
_UNCALIBRATED = own_code("UNCALIBRATED", "From published factors, not calibrated")
_SURFACE = Code("C0JK", "IBSI", "Surface Area of Mesh")
_TO_FASCIA = own_code("TO_FASCIA", "Distance to deep fascia, negative inside")
_TO_BONE = own_code("TO_BONE", "Distance to bone")
_CONFIDENCE = own_code("PLANE_CONFIDENCE", "Confidence of the tissue plane, 0 to 1")


def measured(
    name: Code | CodedConcept,
    value: float | None,
    unit: Code,
    *,
    method: CodedConcept | None = None,
    derivation: Code | None = None,
) -> Iterator[Measurement]:
    """Yield a measurement, or nothing where nothing was measured."""
    if value is not None:
        # DICOM's decimal strings hold 16 characters; six figures are more than any of these is worth.
        yield Measurement(
            name=name, value=float(f"{value:.6g}"), unit=unit, method=method, derivation=derivation
        )


def lesion_measurements(lesion: Lesion) -> list[Measurement]:
    """Return the figures of a lesion."""
    attenuation = codes.DCM.AttenuationCoefficient
    return [
        *measured(codes.SCT.Volume, lesion.volume_mm3, _MM3, method=_BY_THRESHOLD),
        *measured(codes.SCT.Volume, lesion.volume_pv_mm3, _MM3, method=_PARTIAL_VOLUME),
        *measured(_SURFACE, lesion.surface_mm2, _MM2),
        *measured(codes.SCT.Diameter, lesion.max_diameter_mm, _MM, derivation=codes.SCT.Maximum),
        *measured(attenuation, lesion.hu_mean, _HU, derivation=codes.SCT.Mean),
        *measured(attenuation, lesion.hu_max, _HU, derivation=codes.SCT.Maximum),
        *measured(attenuation, lesion.hu_sd, _HU, derivation=codes.SCT.StandardDeviation),
        *measured(codes.DCM.CalciumScore, lesion.agatston, _ONE, method=_AGATSTON_TYPE),
        *measured(codes.DCM.CalciumMass, lesion.mass_mg, _MG, method=_UNCALIBRATED),
        *measured(codes.DCM.DistanceFromSkin, lesion.depth_from_skin_mm, _MM),
        *measured(_TO_FASCIA, lesion.distance_to_fascia_mm, _MM),
        *measured(_TO_BONE, lesion.distance_to_bone_mm, _MM),
        *measured(_CONFIDENCE, lesion.plane_confidence, _ONE),
    ]


def lesion_evaluations(lesion: Lesion | Shadow) -> list[QualitativeEvaluation]:
    """Return what is said of a lesion in words."""
    words = [
        ("MORPHOLOGY", "Morphology", lesion.morphology),
        ("TISSUE_PLANE", "Tissue plane", lesion.tissue_plane),
        *_plane_words(lesion),
        *(("TAG", "Tag", tag) for tag in lesion.tags),
        *(("FLAG", "Quality flag", flag) for flag in lesion.flags),
    ]
    return [
        QualitativeEvaluation(own_code(name, meaning), own_code(word.upper(), word.replace("_", " ")))
        for name, meaning, word in words
    ]


def _plane_words(lesion: Lesion | Shadow) -> Iterator[tuple[str, str, str]]:
    """Yield why a radiograph shows the plane of a lesion or does not, and which ones are possible."""
    if isinstance(lesion, Shadow):
        yield "PLANE_REASON", "Why the plane is given or not", lesion.plane_reason
        for plane in lesion.possible_planes:
            yield "POSSIBLE_PLANE", "Possible tissue plane", plane


def totals_measurements(totals: Totals | PlaneTotals) -> list[Measurement]:
    """Return the figures of an image, or of one plane of it."""
    both = [
        *measured(codes.SCT.NumberOfLesions, totals.n_lesions, _ONE),
        *measured(codes.SCT.Volume, totals.volume_mm3, _MM3, method=_BY_THRESHOLD),
        *measured(codes.SCT.Volume, totals.volume_pv_mm3, _MM3, method=_PARTIAL_VOLUME),
    ]
    if isinstance(totals, PlaneTotals):
        return both
    return [
        *both,
        *measured(codes.DCM.CalciumScore, totals.agatston, _ONE, method=_AGATSTON_TYPE),
        *measured(codes.DCM.CalciumMass, totals.mass_mg, _MG, method=_UNCALIBRATED),
    ]
