"""The shape of a radiograph in ``result.json``: areas in place of volumes, no HU, no Agatston, no mass."""

from typing import Annotated, Literal

from pydantic import Field

from calciseg.model import ExclusionReason, FlagCode, Morphology, PlaneReason, SpacingBasis, Tag, TissuePlane
from calciseg.outputs.lesion_schema import PlaneFractionsEntry
from calciseg.outputs.schema_figures import (
    Count,
    Entry,
    Fraction,
    IssueEntry,
    Millimetres,
    PointYx,
    Range,
    Ratio,
    SquareMillimetres,
)

__all__ = [
    "HandIndexEntry",
    "PlaneAreasEntry",
    "RadiographEntry",
    "RadiographGeometryEntry",
    "RadiographTotalsEntry",
    "ShadowEntry",
    "ShadowExclusionEntry",
]


class RadiographGeometryEntry(Entry):
    """The pixels of the film; ``spacing_basis`` says what a millimetre is worth."""

    shape_yx: tuple[int, int]
    spacing_mm_yx: tuple[float, float] | None
    spacing_basis: SpacingBasis


class ShadowEntry(Entry):
    """One soft-tissue calcification on a radiograph. ``null`` means not measured, never zero."""

    label: Annotated[int, Field(ge=1)]
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractionsEntry
    plane_confidence: Fraction | None
    plane_reason: PlaneReason
    possible_planes: tuple[TissuePlane, ...]
    tags: tuple[Tag, ...]
    morphology: Morphology
    site: str | None
    laterality: Literal["left", "right", "midline"] | None
    centroid_yx: PointYx
    bbox_yx: tuple[Range, Range]
    n_pixels: Annotated[int, Field(ge=1)]
    area_mm2: SquareMillimetres | None
    max_diameter_mm: Millimetres | None
    contrast_to_noise: Ratio
    density_grade: Ratio | None
    integrated_attenuation_mm2: SquareMillimetres | None
    depth_from_skin_mm: Millimetres | None
    flags: tuple[FlagCode, ...]


class ShadowExclusionEntry(Entry):
    """Something dense on a radiograph that is not counted, with its reason and what decided it."""

    label: Annotated[int, Field(ge=1)] | None
    reason: ExclusionReason
    centroid_yx: PointYx | None
    bbox_yx: tuple[Range, Range] | None
    n_pixels: Count
    area_mm2: SquareMillimetres | None
    n_components: Count
    evidence: tuple[str, ...] = ()


class PlaneAreasEntry(Entry):
    """Lesions and their area."""

    n_lesions: Count
    n_pixels: Count
    area_mm2: SquareMillimetres | None


class HandIndexEntry(Entry):
    """The calciseg hand index: coverage in percent times density grade times weight. No published score."""

    value: Ratio
    coverage_percent: dict[str, Ratio]


class RadiographTotalsEntry(Entry):
    """Sums over the lesions of one radiograph; never to be summed over views of the same anatomy."""

    n_lesions: Count
    n_pixels: Count
    area_mm2: SquareMillimetres | None
    integrated_attenuation_mm2: SquareMillimetres | None
    by_plane: dict[TissuePlane, PlaneAreasEntry]
    by_site: dict[str, PlaneAreasEntry]
    calciseg_hand_index: HandIndexEntry | None


class RadiographEntry(Entry):
    """All that was measured in one radiograph."""

    n: Annotated[int, Field(ge=1)]
    series_instance_uid: str
    sop_instance_uids: tuple[str, ...]
    modality: str
    kind: Literal["radiograph"]
    status: Literal["measured", "failed"]
    acquisition: str | None
    laterality: Literal["left", "right"] | None
    view: str | None
    geometry: RadiographGeometryEntry
    label_map: str | None
    lesions: tuple[ShadowEntry, ...]
    excluded: tuple[ShadowExclusionEntry, ...]
    totals: RadiographTotalsEntry | None
    issues: tuple[IssueEntry, ...]
