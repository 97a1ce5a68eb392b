"""Figures of radiographs as measurements of a structured report: areas, never volumes."""

from highdicom.sr import Measurement
from pydicom.sr.codedict import codes

from calciseg.model import HandIndex, PlaneAreas, RadiographTotals, Shadow
from calciseg.outputs.dicom_objects.codes import own_code
from calciseg.outputs.dicom_objects.measurements import measured

__all__ = ["area_totals", "shadow_measurements"]

_MM2, _MM, _ONE = codes.UCUM.SquareMillimeter, codes.UCUM.Millimeter, codes.UCUM.NoUnits
_PERCENT = codes.UCUM.Percent
_PIXELS = own_code("N_PIXELS", "Number of pixels")
_DENSITY = own_code("DENSITY_GRADE", "Contrast over that of bone of the same film")
_INTEGRATED = own_code("INTEGRATED", "Contrast summed over the area, in units of bone")
_CONTRAST_TO_NOISE = own_code("CNR", "Contrast over the noise of the film")
_HAND_INDEX = own_code("HAND_INDEX", "calciseg hand index, no published score")
_CONFIDENCE = own_code("PLANE_CONFIDENCE", "Confidence of the tissue plane, 0 to 1")


def shadow_measurements(shadow: Shadow) -> list[Measurement]:
    """Return the figures of a lesion on a radiograph."""
    return [
        *measured(codes.SCT.Area, shadow.area_mm2, _MM2),
        *measured(_PIXELS, shadow.n_pixels, _ONE),
        *measured(codes.SCT.Diameter, shadow.max_diameter_mm, _MM, derivation=codes.SCT.Maximum),
        *measured(_DENSITY, shadow.density_grade, _ONE),
        *measured(_INTEGRATED, shadow.integrated_attenuation_mm2, _MM2),
        *measured(_CONTRAST_TO_NOISE, shadow.contrast_to_noise, _ONE),
        *measured(codes.DCM.DistanceFromSkin, shadow.depth_from_skin_mm, _MM),
        *measured(_CONFIDENCE, shadow.plane_confidence, _ONE),
    ]


def area_totals(totals: RadiographTotals | PlaneAreas) -> list[Measurement]:
    """Return the figures of a radiograph, or of one plane or site of it."""
    both = [
        *measured(codes.SCT.NumberOfLesions, totals.n_lesions, _ONE),
        *measured(codes.SCT.Area, totals.area_mm2, _MM2),
        *measured(_PIXELS, totals.n_pixels, _ONE),
    ]
    if isinstance(totals, PlaneAreas):
        return both
    return [
        *both,
        *measured(_INTEGRATED, totals.integrated_attenuation_mm2, _MM2),
        *_hand_figures(totals.calciseg_hand_index),
    ]


def _hand_figures(index: HandIndex | None) -> list[Measurement]:
    if index is None:
        return []
    return [
        *measured(_HAND_INDEX, index.value, _ONE),
        *(
            one
            for region, percent in index.coverage_percent.items()
            for one in measured(
                own_code(f"COVER_{region.upper()}", f"Calcified share of {region}"), percent, _PERCENT
            )
        ),
    ]
