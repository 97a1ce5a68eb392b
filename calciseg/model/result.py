"""What the chains hand to the writers: lesions, the ledger of exclusions, totals and maps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calciseg.model.geometry import VolumeGeometry
from calciseg.model.images import CtVolume, ImageHeader, Issue, UnseenVolume
from calciseg.model.vocabulary import ExclusionReason, FlagCode, Morphology, Tag, TissuePlane

__all__ = [
    "Exclusion",
    "ImageResult",
    "Lesion",
    "LesionMaps",
    "PlaneFractions",
    "PlaneTotals",
    "Totals",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneFractions:
    """The fraction of a lesion's volume in each plane; the five sum to 1."""

    cutaneous: float
    subcutaneous: float
    fascial: float
    intramuscular: float
    indeterminate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """One soft-tissue calcification and its measures. ``None`` means not measured, never zero."""

    label: int
    """Its value in the label map, from 1, in raster order of the first voxel."""
    tissue_plane: TissuePlane
    plane_fractions: PlaneFractions
    plane_confidence: float | None
    """0 to 1: how firmly the surroundings decide the plane; None where it is indeterminate. No probability.

    The lead of the plane over the next, as a share of the volume, times how far the lesion lies from where
    its plane would be another, in parts of the resolution and at most 1.
    """
    tags: tuple[Tag, ...]
    morphology: Morphology
    site: str | None
    laterality: str | None
    centroid_lps_mm: tuple[float, float, float]
    bbox_zyx: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    """Half-open index ranges."""
    n_voxels: int
    volume_mm3: float
    """Voxel count times voxel volume."""
    volume_pv_mm3: float | None
    """Corrected for partial volume."""
    surface_mm2: float | None
    max_diameter_mm: float | None
    hu_mean: float
    hu_max: float
    hu_sd: float
    agatston: float | None
    """Agatston-type: normalised by increment / 3 mm, threshold scaled by kV. Not a coronary score."""
    agatston_unnormalised: float | None
    mass_mg: float | None
    depth_from_skin_mm: float | None
    """Shallowest voxel to the outer surface of the skin."""
    distance_to_fascia_mm: float | None
    """Nearest voxel; 0 where it touches or crosses; negative if most of the volume lies inside the fascia."""
    distance_to_bone_mm: float | None
    flags: tuple[FlagCode, ...]
    hu_median: float | None
    hu_p5: float | None
    hu_p95: float | None
    threshold_hu: float | None
    """What its voxels reach, unless they were drawn by hand."""
    volume_threshold_sensitivity: float | None
    """Percent of its volume lost for each percent that the threshold is raised, over the first ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Something dense that is not counted, with its reason."""

    label: int | None
    """Its value in the map of exclusions, or None where many small ones share one line."""
    reason: ExclusionReason
    centroid_lps_mm: tuple[float, float, float] | None
    volume_mm3: float
    hu_max: float
    n_components: int
    evidence: tuple[str, ...]
    """What decided it, in sentences; empty in results that were written before it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneTotals:
    """Lesions by their plane, volumes by the plane of each voxel."""

    n_lesions: int
    volume_mm3: float
    volume_pv_mm3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the lesions of one image. Never summed over images that show the same anatomy."""

    n_lesions: int
    volume_mm3: float
    volume_pv_mm3: float
    agatston: float
    mass_mg: float
    by_plane: dict[TissuePlane, PlaneTotals]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionMaps:
    """Label maps on the analysed grid, all of the image's shape."""

    labels: NDArray[np.uint16] | NDArray[np.uint32]
    """Voxel value = the lesion's ``label``, 0 elsewhere."""
    planes: NDArray[np.uint8]
    """Voxel value = ``TissuePlane.map_value``, 0 elsewhere."""
    excluded: NDArray[np.uint16] | NDArray[np.uint32]
    """Voxel value = the exclusion's ``label``, 0 elsewhere."""

    def __post_init__(self) -> None:
        """Make the maps read-only."""
        for array in (self.labels, self.planes, self.excluded):
            array.setflags(write=False)

    def lesion_masks(self) -> Iterator[tuple[int, tuple[slice, ...], NDArray[np.bool_]]]:
        """Yield each label with its box and its mask there, rising; a lesion may have several parts."""
        where = np.flatnonzero(self.labels)
        values = self.labels.ravel()[where]
        order = np.argsort(values, kind="stable")
        where, values = where[order], values[order]
        if not len(where):
            return
        ends = np.flatnonzero(np.diff(values, append=0)) + 1
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            points = np.stack(np.unravel_index(where[start:end], self.labels.shape))
            low, high = points.min(axis=1), points.max(axis=1) + 1
            mask = np.zeros(high - low, np.bool_)
            mask[tuple(points - low[:, None])] = True
            yield int(values[start]), tuple(map(slice, low.tolist(), high.tolist())), mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageResult:
    """All that was measured in one image."""

    n: int
    """1 for the first image of the study; part of the names of the image's files."""
    image: CtVolume | UnseenVolume = field(repr=False)
    status: Literal["measured", "failed"] = "measured"
    kind: Literal["ct_volume"] = "ct_volume"
    lesions: tuple[Lesion, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    totals: Totals | None = None
    """None exactly when the image failed."""
    maps: LesionMaps | None = field(default=None, repr=False)
    issues: tuple[Issue, ...] = ()
    """The reader's issues about the image and the chain's, in that order."""

    @property
    def hu(self) -> NDArray[np.int16] | None:
        """The voxels in Hounsfield units; None where they are not at hand."""
        return self.image.hu if isinstance(self.image, CtVolume) else None

    @property
    def header(self) -> ImageHeader:
        """What the image says of itself."""
        return self.image.header

    @property
    def geometry(self) -> VolumeGeometry:
        """The analysed grid."""
        return self.image.geometry
