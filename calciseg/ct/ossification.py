"""Mature bone outside the skeleton: cortex around marrow, alone in muscle or in fat."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.bone import Skeleton
from calciseg.ct.cavity import looks_around
from calciseg.ct.footprints import depth_in
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, connected_components, distance_mm
from calciseg.model import region_of
from calciseg.settings import OssificationSettings, Settings

__all__ = ["with_ossification"]

_WITH_LONE_BONES = frozenset(
    {"ankle", "face", "finger", "foot", "hand", "heel", "knee", "neck", "toe", "wrist"}
)
"""Sites where bones of the skeleton lie alone: sesamoids, patella, fabella, hyoid, larynx."""


def with_ossification(
    skeleton: Skeleton,
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    body: Body,
    near_metal: NDArray[np.bool_],
    body_part: str | None,
    calcium_factor: float,
    settings: Settings,
) -> Skeleton:
    """Tell mature bone that is no part of the skeleton, where nothing else comes into question.

    Parameters
    ----------
    skeleton : Skeleton
        All bone.
    hu : ndarray of int16
        The volume averaged onto the anatomy grid.
    grid : AnatomyGrid
    body : Body
    near_metal : ndarray of bool
        Where metal is near: splinters of bone may lie around it.
    body_part : str or None
        As the header writes it.
    calcium_factor : float
        Factor on calcium thresholds at this tube voltage.
    settings : Settings
        Its groups ``ossification`` and ``cavity``, and the HU of air of ``body``.

    Returns
    -------
    Skeleton
        Without the ossification, which it holds apart, and without bodies that are no bone at all.

    Notes
    -----
    Heterotopic bone has the cortex and the marrow of any other, so it is its place that tells it. Bones of
    the skeleton lie near to one another but for a few at the airway, at the lung, in the wall of the trunk,
    just under the skin, or at joints of hand, foot and knee. What may go on, or have a neighbour, beyond the
    image is not judged, and what cannot be told stays bone. Of what lies where no bone of the skeleton does,
    a dense core is that of calcinosis, and an even core as dense as muscle may be fluid within a calcified
    wall. Cues after the differential of Banks, Semin Roentgenol 2005;40:391, and Freire 2018,
    doi:10.1007/s13244-018-0619-0.
    """
    if region_of(body_part) in _WITH_LONE_BONES:
        return skeleton
    own = settings.ossification
    found = connected_components(skeleton.mask, 1, connectivity=26)
    is_told, in_muscle, is_mature = np.zeros((3, found.n_components), np.bool_)
    for row in np.flatnonzero(_has_room(found, grid, own)):
        piece = _Piece.of(found, int(row) + 1, hu, grid, own)
        if not piece.is_alone(skeleton, body, near_metal, settings):
            continue
        fat, muscle = piece.tissue_around(own)
        in_muscle[row] = muscle >= own.min_share and piece.depth_mm(body) >= own.min_depth_mm
        is_mature[row] = piece.is_mature(calcium_factor, own)
        is_told[row] = is_mature[row] or piece.is_solid(calcium_factor, own)
        is_told[row] &= in_muscle[row] or fat >= own.min_share
    in_muscle &= is_told
    if in_muscle.any():
        is_told[in_muscle] = ~_is_in_trunk(found.keep(in_muscle), skeleton, body, grid, settings)
    if not is_told.any():
        return skeleton
    ossified = found.keep(is_told & is_mature).foreground()
    return replace(
        skeleton,
        mask=skeleton.mask & ~found.keep(is_told).foreground(),
        ossified=ossified if ossified.any() else None,
    )


def _has_room(found: Components, grid: AnatomyGrid, settings: OssificationSettings) -> NDArray[np.bool_]:
    """Tell by size, and by the room to the borders of the image: beyond them bone may go on."""
    volumes_mm3 = found.table["n_voxels"] * grid.voxel_volume_mm3
    is_so = (volumes_mm3 >= settings.min_volume_mm3) & (volumes_mm3 <= settings.max_volume_mm3)
    bounds = found.table["bbox"].reshape(-1, 3, 2)
    for axis, (factor, step) in enumerate(zip(grid.factors_zyx, grid.volume_spacing_mm_zyx, strict=True)):
        start, n = grid.region[axis].start, grid.volume_shape_zyx[axis]
        before, beyond = start + bounds[:, axis, 0] * factor, n - (start + bounds[:, axis, 1] * factor)
        is_so &= np.minimum(before, beyond) * step >= settings.room_mm
    # Without any other bone in the image nothing tells whether this is one.
    return np.asarray(is_so & (found.n_components > 1), np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Piece:
    """A piece of bone that touches no other, in a box with what lies around it."""

    box: tuple[slice, ...]
    mask: NDArray[np.bool_]
    away_mm: NDArray[np.float32]
    """Distance to the piece, as far as is asked for."""
    inner_mm: NDArray[np.float32]
    """Depth within it."""
    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float, float]

    @classmethod
    def of(
        cls,
        found: Components,
        label: int,
        hu: NDArray[np.int16],
        grid: AnatomyGrid,
        settings: OssificationSettings,
    ) -> "_Piece":
        """Cut a piece out, with the room that is looked at."""
        spacing, reach_mm = grid.spacing_mm_zyx, max(settings.room_mm, settings.air_mm)
        box, mask = found.mask(label, margins=[int(np.ceil(reach_mm / step)) for step in spacing])
        away_mm = distance_mm(mask, spacing, max_distance_mm=reach_mm)
        inner_mm, _ = depth_in(mask, spacing)
        return cls(box=box, mask=mask, away_mm=away_mm, inner_mm=inner_mm, hu=hu[box], spacing_mm=spacing)

    def is_alone(
        self,
        skeleton: Skeleton,
        body: Body,
        near_metal: NDArray[np.bool_],
        settings: Settings,
    ) -> bool:
        """Tell whether no other bone, no metal, no air and no end of the image is near."""
        own = settings.ossification
        is_near = self.away_mm <= own.room_mm
        if (is_near & skeleton.mask[self.box] & ~self.mask).any() or near_metal[self.box][self.mask].any():
            return False
        if (is_near & body.is_unseen(self.box)).any():
            return False
        # The body's own limit: with a higher one the blurred surface of the skin would be air inside it.
        is_air = (self.hu < settings.body.surface_hu) & body.mask[self.box]
        return not (is_air & (self.away_mm <= own.air_mm)).any()

    def is_mature(self, calcium_factor: float, settings: OssificationSettings) -> bool:
        """Tell whether dense cortex surrounds fat or trabeculae; an even soft core may be fluid."""
        outer_mm = max(settings.cortex_mm, 1.01 * max(self.spacing_mm[1:]))
        outer_hu = self.hu[self.mask & (self.inner_mm <= outer_mm)]
        middle_hu, upper_hu = np.percentile(self._core_hu(settings), (50, 90))
        is_trabecular = upper_hu - middle_hu >= settings.min_core_spread_hu * calcium_factor
        return bool(
            np.median(outer_hu) >= settings.min_cortex_hu * calcium_factor
            and middle_hu <= settings.max_core_hu * calcium_factor
            and upper_hu < settings.min_solid_hu * calcium_factor
            and (middle_hu <= settings.max_fat_hu or is_trabecular)
        )

    def is_solid(self, calcium_factor: float, settings: OssificationSettings) -> bool:
        """Tell whether its core is dense, or part of it, as where calcium has settled in fluid."""
        # In thinner ones blur fills the core.
        is_wide = self.inner_mm.max() >= 2 * max(self.spacing_mm)
        upper_hu = np.percentile(self._core_hu(settings), 75)
        return bool(is_wide and upper_hu >= settings.min_solid_hu * calcium_factor)

    def _core_hu(self, settings: OssificationSettings) -> NDArray[np.int16]:
        is_core = self.inner_mm >= settings.core_depth * float(self.inner_mm.max())
        return np.asarray(self.hu[is_core], np.int16)

    def tissue_around(self, settings: OssificationSettings) -> tuple[float, float]:
        """Give the shares of fat and of muscle beyond the blur of its surface."""
        end_mm = max(settings.around_mm, settings.blur_mm + max(self.spacing_mm[1:]))
        around = self.hu[(self.away_mm > settings.blur_mm) & (self.away_mm <= end_mm)]
        is_fat = (around >= settings.fat_low_hu) & (around < settings.fat_high_hu)
        is_soft = (around >= settings.fat_high_hu) & (around <= settings.muscle_high_hu)
        return float(is_fat.mean()), float(is_soft.mean())

    def depth_mm(self, body: Body) -> float:
        """Give the depth of its shallowest voxel."""
        return float(body.depth_mm[self.box][self.mask].min())


def _is_in_trunk(
    found: Components, skeleton: Skeleton, body: Body, grid: AnatomyGrid, settings: Settings
) -> NDArray[np.bool_]:
    """Tell by the sides on which other bone stands; there, ribs end and cartilage ossifies."""
    first = np.array([part.start for part in grid.region])
    middles = first + np.rint(found.table["centroid_zyx"] * np.array(grid.factors_zyx)).astype(np.intp)
    others = skeleton.mask & ~found.foreground()
    looks_mm = looks_around(middles, others, body.mask, grid, settings.cavity)
    return np.asarray(np.isfinite(looks_mm).mean(axis=1) >= settings.ossification.max_enclosed, np.bool_)
