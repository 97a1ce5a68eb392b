"""What surrounds a lesion: skin, fascia, fat between muscles, joints and tendons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.candidates import DensityThresholds
from calciseg.ct.compartments import Compartments
from calciseg.ct.footprints import dilated
from calciseg.ct.gaps import fat_around, gap_around
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.parting import is_in_box
from calciseg.ct.planes import VoxelAnatomy
from calciseg.ct.sides import Sides
from calciseg.ct.skin import measure_skin
from calciseg.ct.tags import is_in_tendon, joint_tag
from calciseg.kernels import Components
from calciseg.model import CtVolume, Tag
from calciseg.settings import Settings

__all__ = ["Anatomy", "Surroundings", "is_drawn_outside", "look_around", "widened"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """All that is known of the image when its lesions are measured.

    Attributes
    ----------
    to_bone_mm : ndarray of float32
        Distance to bone, on the anatomy grid.
    septum_mm : ndarray of float32
        Distance to fat between muscles, on the anatomy grid, truncated.
    was_cut_free : ndarray of bool
        What touched bone and was cut off it, on the anatomy grid.
    near_metal : ndarray of bool
        Where metal or its streaks may change figures, on the anatomy grid.
    sides : Sides
        Which side, and which body part, a place belongs to.
    """

    grid: AnatomyGrid
    body: Body
    compartments: Compartments
    thresholds: DensityThresholds
    to_bone_mm: NDArray[np.float32]
    septum_mm: NDArray[np.float32]
    was_cut_free: NDArray[np.bool_]
    near_metal: NDArray[np.bool_]
    sides: Sides


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What surrounds one lesion.

    Attributes
    ----------
    blocks : tuple of ndarray of int
        The blocks of the anatomy grid that hold the lesion's voxels.
    voxels : VoxelAnatomy
    site, laterality : str or None
        As of :meth:`calciseg.ct.sides.Sides.place_of`.
    tags : tuple of Tag
        Joints and tendons.
    is_bare : bool
        Whether it lies in a body region where muscle has no deep fascia.
    """

    blocks: tuple[NDArray[np.intp], ...]
    voxels: VoxelAnatomy
    site: str | None
    laterality: str | None
    tags: tuple[Tag, ...]
    is_bare: bool


def look_around(
    volume: CtVolume,
    points_zyx: NDArray[np.intp],
    box: tuple[slice, ...],
    mask: NDArray[np.bool_],
    dense: Components,
    anatomy: Anatomy,
    settings: Settings,
) -> Surroundings:
    """Look at what surrounds a lesion.

    Parameters
    ----------
    volume : CtVolume
    points_zyx : ndarray of int64, shape ``(n, 3)``
        The lesion's voxels.
    box : tuple of slice
        Where in the volume the lesion lies.
    mask : ndarray of bool, of the shape of the box
    dense : Components
        All that is dense in the volume.
    anatomy : Anatomy
    settings : Settings

    Returns
    -------
    Surroundings
    """
    blocks = anatomy.grid.block_of(points_zyx)
    is_finger = _is_in_finger(blocks, anatomy, settings)
    site, laterality = anatomy.sides.place_of(blocks)
    skin_site = "finger" if is_finger else site
    depth_mm, thickness_mm = _skin(volume, points_zyx, box, dense, blocks, skin_site, anatomy, settings)
    inside_mm = anatomy.compartments.inside_fascia_mm[blocks]
    is_bare = is_finger or site in settings.tags.no_fascia_sites
    has_fascia = anatomy.compartments.has_fascia and not is_bare
    shell = _Shell.around(volume, box, mask, dense, settings)
    fat_fraction = shell.fat(anatomy, settings) if is_bare else 0.0
    tags = _tags(volume, shell, blocks, anatomy, settings)
    if is_finger and not tags and fat_fraction < settings.planes.min_fat_share:
        tags = (Tag.TENDINOUS,)  # neither fat nor joint: the sheath of a tendon, but for what the skin holds
    is_small = len(points_zyx) * volume.geometry.voxel_volume_mm3 <= settings.planes.max_gap_mm3
    is_inside = float(np.median(inside_mm)) > settings.planes.fascia_half_width_mm
    return Surroundings(
        blocks=blocks,
        site=site,
        laterality=laterality,
        voxels=VoxelAnatomy(
            depth_mm=depth_mm,
            skin_thickness_mm=thickness_mm,
            inside_fascia_mm=inside_mm,
            septum_mm=anatomy.septum_mm[blocks],
            gap_fraction=shell.gap(anatomy, settings) if has_fascia and is_small and is_inside else 0.0,
            has_fascia=has_fascia,
            is_outside=is_drawn_outside(volume, points_zyx, blocks, anatomy, settings),
            resolution_mm=max(anatomy.grid.spacing_mm_zyx[1:]) / 2 + settings.measures.psf_sigma_mm,
            fat_fraction=fat_fraction,
            is_in_joint=Tag.INTRA_ARTICULAR in tags,
            is_in_tendon=Tag.TENDINOUS in tags,
        ),
        tags=tags,
        is_bare=is_bare,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shell:
    """A box around a lesion, wide enough for what is looked at beside it."""

    box: tuple[slice, ...]
    mask: NDArray[np.bool_]
    hu: NDArray[np.int16]
    is_dense: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]

    @classmethod
    def around(
        cls,
        volume: CtVolume,
        box: tuple[slice, ...],
        mask: NDArray[np.bool_],
        dense: Components,
        settings: Settings,
    ) -> "_Shell":
        spacing_mm = volume.geometry.spacing_mm_zyx
        inner_mm = max(
            settings.planes.shell_inner_mm, settings.tags.tendon_inner_mm, 1.5 * max(spacing_mm[1:])
        )
        reach_mm = inner_mm + max(settings.planes.shell_mm, settings.tags.tendon_shell_mm)
        wide, wide_mask = widened(box, mask, volume.geometry.shape_zyx, spacing_mm, reach_mm)
        return cls(
            box=wide,
            mask=wide_mask,
            hu=volume.hu[wide],
            is_dense=is_in_box(dense, wide) & ~wide_mask,
            spacing_mm=spacing_mm,
        )

    def fat(self, anatomy: Anatomy, settings: Settings) -> float:
        """Share of fat in the tissue around the lesion."""
        is_other = self.near_dense(anatomy, self._blur_mm(settings))
        return fat_around(self.hu, self.mask, is_other, self.spacing_mm, settings.planes)

    def gap(self, anatomy: Anatomy, settings: Settings) -> float:
        """Share of the tissue around the lesion, inside the deep fascia, in which fat is seen."""
        inside_mm = anatomy.grid.expand(anatomy.compartments.inside_fascia_mm, self.box)
        is_other = self.near_dense(anatomy, self._blur_mm(settings))
        is_other |= inside_mm <= settings.planes.fascia_half_width_mm
        noise = anatomy.thresholds.noise
        sd_hu = 0.0 if noise is None else noise.sd_hu
        return gap_around(self.hu, self.mask, is_other, self.spacing_mm, sd_hu, settings.planes)

    def _blur_mm(self, settings: Settings) -> float:
        return max(settings.planes.shell_inner_mm, *self.spacing_mm[1:])

    def near_dense(self, anatomy: Anatomy, blur_mm: float) -> NDArray[np.bool_]:
        """Mark what neighbours and bone falsify by their blur, and what the field of view does not show."""
        near = dilated(self.is_dense, blur_mm, self.spacing_mm) | anatomy.body.is_hidden(self.box)
        return near | (anatomy.grid.expand(anatomy.to_bone_mm, self.box) <= blur_mm)


def _muscle_hu(anatomy: Anatomy, settings: Settings) -> float:
    noise = anatomy.thresholds.noise
    return settings.planes.muscle_hu if noise is None else noise.mean_hu


def _tags(
    volume: CtVolume,
    shell: _Shell,
    blocks: tuple[NDArray[np.intp], ...],
    anatomy: Anatomy,
    settings: Settings,
) -> tuple[Tag, ...]:
    """Find joints and tendons."""
    limits = settings.tags
    to_bone_mm = float(anatomy.to_bone_mm[blocks].min())
    tags = []
    if to_bone_mm <= limits.search_mm:
        spacing_mm = anatomy.grid.spacing_mm_zyx
        around = tuple(
            slice(
                max(0, int(part.min() - limits.search_mm / step)),
                int(part.max() + limits.search_mm / step) + 1,
            )
            for part, step in zip(blocks, spacing_mm, strict=True)
        )
        bone = anatomy.to_bone_mm[around] == 0
        lesion = np.zeros(bone.shape, np.bool_)
        lesion[tuple(part - cut.start for part, cut in zip(blocks, around, strict=True))] = True
        tag = joint_tag(bone, lesion, spacing_mm, limits)
        if tag is not None:
            tags.append(tag)
    is_enhanced = bool(volume.header.contrast_agent)
    if not is_enhanced and to_bone_mm <= limits.near_bone_mm and _is_in_tendon(shell, anatomy, settings):
        tags.append(Tag.TENDINOUS)
    return tuple(tags)


def _is_in_tendon(shell: _Shell, anatomy: Anatomy, settings: Settings) -> bool:
    blur_mm = max(settings.tags.tendon_inner_mm, 1.5 * max(shell.spacing_mm[1:]))
    is_other = shell.near_dense(anatomy, blur_mm)
    muscle_hu = _muscle_hu(anatomy, settings)
    return is_in_tendon(shell.hu, shell.mask, is_other, shell.spacing_mm, muscle_hu, settings.tags)


def is_drawn_outside(
    volume: CtVolume,
    points_zyx: NDArray[np.intp],
    blocks: tuple[NDArray[np.intp], ...],
    anatomy: Anatomy,
    settings: Settings,
) -> NDArray[np.bool_]:
    """Tell which voxels of a lesion lie beside the body, where only a hand puts them.

    Parameters
    ----------
    volume : CtVolume
    points_zyx : ndarray of int64, shape ``(n, 3)``
    blocks : tuple of ndarray of int
        The blocks of the anatomy grid that hold them.
    anatomy : Anatomy
    settings : Settings

    Returns
    -------
    ndarray of bool, shape ``(n,)``
        In air; or all of them, on whatever they lie, where none is in the body.
    """
    is_beside = ~anatomy.body.mask[blocks]
    if not is_beside.any():
        return is_beside
    is_air = volume.hu[tuple(points_zyx.T)] <= settings.body.surface_hu
    return np.asarray(is_beside & (is_air | is_beside.all()), np.bool_)


def _skin(
    volume: CtVolume,
    points_zyx: NDArray[np.intp],
    box: tuple[slice, ...],
    dense: Components,
    blocks: tuple[NDArray[np.intp], ...],
    site: str | None,
    anatomy: Anatomy,
    settings: Settings,
) -> tuple[NDArray[np.float32], float]:
    """Measure depth and, where it matters, the thickness of the skin."""
    depth_mm = anatomy.body.depth_mm[blocks]
    if depth_mm.min() > settings.planes.near_skin_mm:
        # From the surface, as below, and not from the middle of the nearest block outside it.
        return depth_mm - np.float32(max(anatomy.grid.spacing_mm_zyx[1:]) / 2), 0.0
    spacing = volume.geometry.spacing_mm_zyx
    empty = np.zeros([part.stop - part.start for part in box], np.bool_)
    wide, _ = widened(box, empty, volume.geometry.shape_zyx, spacing, settings.skin.search_mm)
    skin = measure_skin(
        volume.hu[wide],
        is_in_box(dense, wide),
        wide,
        anatomy.body,
        anatomy.grid,
        settings.skin,
        settings.body.surface_hu,
        # Two blocks more than blocks tell.
        reach_mm=float(depth_mm.max()) + 2 * max(anatomy.grid.spacing_mm_zyx),
        site=site,
    )
    z, y, x = (points_zyx - [part.start for part in wide]).T
    return skin.depth_mm[z, y, x], skin.thickness_mm


def widened(
    box: tuple[slice, ...],
    mask: NDArray[np.bool_],
    shape_zyx: tuple[int, int, int],
    spacing_mm_zyx: tuple[float, float, float],
    margin_mm: float,
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    """Widen a box within the volume, and the mask with it."""
    steps = [int(np.ceil(margin_mm / step)) for step in spacing_mm_zyx]
    wide = tuple(
        slice(max(0, part.start - step), min(n, part.stop + step))
        for part, step, n in zip(box, steps, shape_zyx, strict=True)
    )
    inside = tuple(slice(a.start - b.start, a.stop - b.start) for a, b in zip(box, wide, strict=True))
    wide_mask = np.zeros([part.stop - part.start for part in wide], np.bool_)
    wide_mask[inside] = mask
    return wide, wide_mask


def _is_in_finger(blocks: tuple[NDArray[np.intp], ...], anatomy: Anatomy, settings: Settings) -> bool:
    """Tell whether the body part around the lesion is as thin as a finger."""
    radius_mm = settings.planes.finger_radius_mm
    around = tuple(
        slice(max(0, int(part.min() - radius_mm / step)), int(part.max() + radius_mm / step) + 1)
        for part, step in zip(blocks, anatomy.grid.spacing_mm_zyx, strict=True)
    )
    return bool(anatomy.body.depth_mm[around].max() <= radius_mm)
