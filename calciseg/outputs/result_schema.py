"""The shape of ``result.json``: the published JSON Schema comes from here.

Figures are rounded as :mod:`calciseg.outputs.schema_figures` says; the geometry is not rounded.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from calciseg.model import ExclusionReason, FlagCode, Morphology, Tag, TissuePlane
from calciseg.outputs.classification_schema import ClassificationEntry
from calciseg.outputs.lesion_schema import PlaneFractionsEntry
from calciseg.outputs.radiograph_schema import RadiographEntry
from calciseg.outputs.schema_figures import (
    Count,
    CubicMillimetres,
    Entry,
    Fraction,
    Hounsfield,
    IssueEntry,
    Milligrams,
    Millimetres,
    PointLps,
    Range,
    Score,
    SquareMillimetres,
)

__all__ = [
    "ExclusionEntry",
    "GeometryEntry",
    "ImageEntry",
    "IssueEntry",
    "LesionEntry",
    "PatientEntry",
    "PlaneFractionsEntry",
    "PlaneTotalsEntry",
    "ResultDocument",
    "TotalsEntry",
    "result_json_schema",
]


class PatientEntry(Entry):
    """What may be known of the patient."""

    age_years: float | None
    sex: Literal["F", "M"] | None


class GeometryEntry(Entry):
    """The analysed grid in LPS coordinates; the order of ``direction`` is that of ITK's GetDirection."""

    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    origin_lps_mm: tuple[float, float, float]
    direction: Annotated[tuple[float, ...], Field(min_length=9, max_length=9)]
    is_resampled: bool


class LesionEntry(Entry):
    """One soft-tissue calcification. ``null`` means not measured, never zero."""

    label: Annotated[int, Field(ge=1)]
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractionsEntry
    plane_confidence: Fraction | None
    tags: tuple[Tag, ...]
    morphology: Morphology
    site: str | None
    laterality: Literal["left", "right", "midline"] | None
    centroid_lps_mm: PointLps
    bbox_zyx: tuple[Range, Range, Range]
    n_voxels: Annotated[int, Field(ge=1)]
    volume_mm3: CubicMillimetres
    volume_pv_mm3: CubicMillimetres | None
    surface_mm2: SquareMillimetres | None
    max_diameter_mm: Millimetres | None
    hu_mean: Hounsfield
    hu_max: Hounsfield
    hu_sd: Hounsfield
    agatston: Score | None
    agatston_unnormalised: Score | None
    mass_mg: Milligrams | None
    depth_from_skin_mm: Millimetres | None
    distance_to_fascia_mm: Millimetres | None
    distance_to_bone_mm: Millimetres | None
    flags: tuple[FlagCode, ...]
    hu_median: Hounsfield | None = None
    hu_p5: Hounsfield | None = None
    hu_p95: Hounsfield | None = None
    threshold_hu: Hounsfield | None = None
    volume_threshold_sensitivity: Score | None = None


class ExclusionEntry(Entry):
    """Something dense that is not counted, with its reason and what decided it."""

    label: Annotated[int, Field(ge=1)] | None
    reason: ExclusionReason
    centroid_lps_mm: PointLps | None
    volume_mm3: CubicMillimetres
    hu_max: Hounsfield
    n_components: Count
    evidence: tuple[str, ...] = ()


class PlaneTotalsEntry(Entry):
    """Lesions by their plane, volumes by the plane of each voxel."""

    n_lesions: Count
    volume_mm3: CubicMillimetres
    volume_pv_mm3: CubicMillimetres


class TotalsEntry(Entry):
    """Sums over the lesions of one image; never to be summed over images that show the same anatomy."""

    n_lesions: Count
    volume_mm3: CubicMillimetres
    volume_pv_mm3: CubicMillimetres
    agatston: Score
    mass_mg: Milligrams
    by_plane: dict[TissuePlane, PlaneTotalsEntry]


class ImageEntry(Entry):
    """All that was measured in one image."""

    n: Annotated[int, Field(ge=1)]
    series_instance_uid: str
    sop_instance_uids: tuple[str, ...]
    modality: str
    kind: Literal["ct_volume"]
    status: Literal["measured", "failed"]
    acquisition: str | None
    laterality: Literal["left", "right"] | None
    view: str | None
    geometry: GeometryEntry
    label_map: str | None
    lesions: tuple[LesionEntry, ...]
    excluded: tuple[ExclusionEntry, ...]
    totals: TotalsEntry | None
    issues: tuple[IssueEntry, ...]


class ResultDocument(Entry):
    """A calciseg result. Research use only; not a diagnosis."""

    schema_version: Literal["1.0"]
    calciseg_version: str
    created: str
    study_instance_uid: str
    patient: PatientEntry
    images: tuple[Annotated[ImageEntry | RadiographEntry, Field(discriminator="kind")], ...]
    classification: ClassificationEntry | None
    issues: tuple[IssueEntry, ...]
    settings: dict[str, Any]
    provenance: dict[str, str]


def result_json_schema() -> dict[str, Any]:
    """Return the published JSON Schema of ``result.json``; a reader must expect further fields."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ResultDocument.model_json_schema(mode="serialization"),
    }
