"""What the radiograph chain hands to the writers: areas, never volumes; no Hounsfield units."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calciseg.model.geometry import VolumeGeometry
from calciseg.model.images import ImageHeader, Issue
from calciseg.model.radiograph import Radiograph, UnseenRadiograph
from calciseg.model.result import LesionMaps, PlaneFractions
from calciseg.model.vocabulary import ExclusionReason, FlagCode, Morphology, PlaneReason, Tag, TissuePlane

__all__ = [
    "HandIndex",
    "PlaneAreas",
    "RadiographResult",
    "RadiographTotals",
    "Shadow",
    "ShadowExclusion",
]

_RangesYx = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """One soft-tissue calcification on a radiograph. ``None`` means not measured, never zero."""

    label: int
    """Its value in the label map, from 1, in raster order of the first pixel."""
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractions
    """Of its area."""
    plane_confidence: float | None
    plane_reason: PlaneReason
    possible_planes: tuple[TissuePlane, ...]
    tags: tuple[Tag, ...]
    morphology: Morphology
    site: str | None
    laterality: str | None
    centroid_yx: tuple[float, float]
    bbox_yx: _RangesYx
    """Half-open index ranges."""
    n_pixels: int
    area_mm2: float | None
    max_diameter_mm: float | None
    contrast_to_noise: float
    """Mean contrast over the SD of the noise of the film, on pixels of about 0.4 mm."""
    density_grade: float | None
    """Its contrast over that of bone of the same film; None where no bone is seen."""
    integrated_attenuation_mm2: float | None
    """Sum of the contrast over its area, in units of that of bone; None as above or without spacing."""
    depth_from_skin_mm: float | None
    """Of the shallowest pixel; only in profile, where it is a depth."""
    flags: tuple[FlagCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowExclusion:
    """Something dense that is not counted, with its reason."""

    label: int | None
    """Its value in the map of exclusions, or None where many small ones share one line."""
    reason: ExclusionReason
    centroid_yx: tuple[float, float] | None
    bbox_yx: _RangesYx | None
    n_pixels: int
    area_mm2: float | None
    n_components: int
    evidence: tuple[str, ...]
    """What decided it, in sentences; empty in results that were written before it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneAreas:
    """Lesions and their area by plane."""

    n_lesions: int
    n_pixels: int
    area_mm2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandIndex:
    """The calciseg hand index. It is no published score."""

    value: float
    """Sum over the regions of coverage in percent times density grade times weight."""
    coverage_percent: dict[str, float]
    """Area of lesions over that of the region: fingertip, finger, palm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographTotals:
    """Sums over the lesions of one radiograph. Never summed over views of the same anatomy."""

    n_lesions: int
    n_pixels: int
    area_mm2: float | None
    integrated_attenuation_mm2: float | None
    by_plane: dict[TissuePlane, PlaneAreas]
    by_site: dict[str, PlaneAreas]
    """Lesions whose site is known, by site."""
    calciseg_hand_index: HandIndex | None
    """None if it is no film of a hand, or without spacing or bone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RadiographResult:
    """All that was measured in one radiograph."""

    n: int
    """Its number among the images of the study; part of the names of its files."""
    image: Radiograph | UnseenRadiograph = field(repr=False)
    status: Literal["measured", "failed"] = "measured"
    kind: Literal["radiograph"] = "radiograph"
    lesions: tuple[Shadow, ...] = ()
    excluded: tuple[ShadowExclusion, ...] = ()
    totals: RadiographTotals | None = None
    """None exactly when the radiograph failed."""
    maps: LesionMaps | None = field(default=None, repr=False)
    """Of one slice: shape ``(1, rows, columns)``."""
    issues: tuple[Issue, ...] = ()

    @property
    def values(self) -> NDArray[np.uint16] | None:
        """The pixels, bright is dense; None where they are not at hand."""
        return self.image.values if isinstance(self.image, Radiograph) else None

    @property
    def header(self) -> ImageHeader:
        """What the radiograph says of itself."""
        return self.image.header

    @property
    def geometry(self) -> VolumeGeometry:
        """The grid of its maps: one slice, 1 mm where no spacing is stated."""
        dy, dx = self.image.spacing_mm_yx or (1.0, 1.0)
        return VolumeGeometry(shape_zyx=(1, *self.image.shape_yx), spacing_mm_zyx=(1.0, dy, dx))
