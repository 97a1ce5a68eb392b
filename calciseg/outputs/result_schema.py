"""The shape of ``result.json``: the published JSON Schema and the rounding of every figure come from here.

Lengths are rounded to 0.001 mm, areas to 0.001 mm2, HU statistics to 0.01 HU, scores to 0.01, masses to
0.001 mg, fractions and volumes to 0.000001 (so that a volume can be checked against its voxel count). The
geometry is not rounded.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from calciseg.model import (
    ExclusionReason,
    FlagCode,
    IssueCode,
    Morphology,
    PlaneFractions,
    Tag,
    TissuePlane,
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


def _rounded(n_decimals: int) -> AfterValidator:
    """Round a figure; adding 0.0 turns a negative zero into zero."""
    return AfterValidator(lambda value: round(value, n_decimals) + 0.0)


def _unit(unit: str) -> Any:
    return Field(json_schema_extra={"unit": unit})


Millimetres = Annotated[float, _rounded(3), _unit("mm")]
SquareMillimetres = Annotated[float, _rounded(3), _unit("mm2")]
CubicMillimetres = Annotated[float, _rounded(6), _unit("mm3")]
Hounsfield = Annotated[float, _rounded(2), _unit("HU")]
Score = Annotated[float, _rounded(2), _unit("1")]
Milligrams = Annotated[float, _rounded(3), _unit("mg")]
Fraction = Annotated[float, Field(ge=0, le=1), _rounded(6), _unit("1")]

Count = Annotated[int, Field(ge=0)]
Range = tuple[int, int]
PointLps = tuple[Millimetres, Millimetres, Millimetres]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True, allow_inf_nan=False)


class PatientEntry(_Entry):
    """What may be known of the patient."""

    age_years: float | None
    sex: Literal["F", "M"] | None


class IssueEntry(_Entry):
    """A doubt about the study or an image."""

    code: IssueCode
    message: str


class GeometryEntry(_Entry):
    """The analysed grid in LPS coordinates; the order of ``direction`` is that of ITK's GetDirection."""

    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    origin_lps_mm: tuple[float, float, float]
    direction: Annotated[tuple[float, ...], Field(min_length=9, max_length=9)]
    is_resampled: bool


class PlaneFractionsEntry(_Entry):
    """The fraction of the lesion's volume in each plane; they sum to 1."""

    cutaneous: Fraction
    subcutaneous: Fraction
    fascial: Fraction
    intramuscular: Fraction
    indeterminate: Fraction

    @model_validator(mode="before")
    @classmethod
    def _round_to_a_sum_of_one(cls, value: Any) -> Any:
        """Give the largest fraction what rounding takes from the sum."""
        if not isinstance(value, PlaneFractions):
            return value
        rounded = {plane.value: round(getattr(value, plane.value), 6) for plane in TissuePlane}
        largest = max(rounded, key=lambda name: rounded[name])
        rest = sum(fraction for name, fraction in rounded.items() if name != largest)
        return {**rounded, largest: 1.0 - rest}


class LesionEntry(_Entry):
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


class ExclusionEntry(_Entry):
    """Something dense that is not counted, with its reason."""

    label: Annotated[int, Field(ge=1)] | None
    reason: ExclusionReason
    centroid_lps_mm: PointLps | None
    volume_mm3: CubicMillimetres
    hu_max: Hounsfield
    n_components: Count


class PlaneTotalsEntry(_Entry):
    """Lesions by their plane, volumes by the plane of each voxel."""

    n_lesions: Count
    volume_mm3: CubicMillimetres
    volume_pv_mm3: CubicMillimetres


class TotalsEntry(_Entry):
    """Sums over the lesions of one image; never to be summed over images that show the same anatomy."""

    n_lesions: Count
    volume_mm3: CubicMillimetres
    volume_pv_mm3: CubicMillimetres
    agatston: Score
    mass_mg: Milligrams
    by_plane: dict[TissuePlane, PlaneTotalsEntry]


class ImageEntry(_Entry):
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


class ResultDocument(_Entry):
    """A calciseg result. Research use only; not a diagnosis."""

    schema_version: Literal["1.0"]
    calciseg_version: str
    created: str
    study_instance_uid: str
    patient: PatientEntry
    images: tuple[ImageEntry, ...]
    classification: None
    issues: tuple[IssueEntry, ...]
    settings: dict[str, Any]
    provenance: dict[str, str]


def result_json_schema() -> dict[str, Any]:
    """Return the published JSON Schema of ``result.json``; a reader must expect further fields."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ResultDocument.model_json_schema(mode="serialization"),
    }
