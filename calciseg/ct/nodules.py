"""Nodules on bone, by where their surface is free: bone beyond them on one side only."""

from dataclasses import dataclass
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import counting, dilated, opened
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import WAYS_ZYX, Components, connected_components, heart_of, look_out, side_by_side
from calciseg.settings import NoduleSettings

__all__ = ["find_nodules"]

_UPPER_PERCENT = 80.0


def find_nodules(
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    calcium_factor: float,
    settings: NoduleSettings,
) -> NDArray[np.bool_]:
    """Find even, compact bodies that look out of the bone on most sides.

    Parameters
    ----------
    bone : ndarray of bool
        Bone with its marrow, on the anatomy grid, and whatever was taken for bone.
    marrow : ndarray of bool
    hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
    calcium_factor : float
        Factor on calcium thresholds at this tube voltage.
    settings : NoduleSettings

    Returns
    -------
    ndarray of bool
        The nodules with their blurred rims.

    Notes
    -----
    A band of HU parts a nodule from cortex, which is denser, and from trabeculae, which are less dense; a
    ball parts it from thinner bone of its own HU. From the surface of what is left, one looks to all sides:
    down the blur of a nodule the HU only fall until the bone ends, but towards bone they rise again. Cortex
    has bone at both its ends, a nodule on one side only.
    """
    nodules = np.zeros(bone.shape, np.bool_)
    shell = bone & ~marrow
    spacing = grid.spacing_mm_zyx
    reach_mm = max(settings.reach_mm, 2 * max(spacing[1:]))  # looks go two voxels at least
    is_near_surface = dilated(~bone, reach_mm, spacing)
    bands = [
        shell & (hu >= settings.low * level) & (hu <= settings.high * level)
        for level in (level_hu * calcium_factor for level_hu in settings.levels_hu)
    ]

    balls_mm = (*settings.balls_mm, None) if min(spacing) >= settings.coarse_mm else settings.balls_mm
    found = side_by_side(
        lambda job: _in_band(*job, bone, marrow, hu, is_near_surface, grid, settings),
        list(product(bands, balls_mm)),
    )
    for box, mask in chain.from_iterable(found):
        nodules[box] |= mask
    return nodules


def _in_band(
    band: NDArray[np.bool_],
    ball_mm: float | None,
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    is_near_surface: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: NoduleSettings,
) -> list[tuple[tuple[slice, ...], NDArray[np.bool_]]]:
    """List the nodules of one band of HU that one ball parts from bone, each with its box."""
    spacing, nodules = grid.spacing_mm_zyx, []
    margins = [int(np.ceil(settings.reach_mm / step)) + 1 for step in spacing]
    core, own = _core(band, ball_mm, spacing, settings)
    found = connected_components(counting(core, is_near_surface), 1, connectivity=6)
    for row in np.flatnonzero(_may_be_nodule(found, spacing, own)):
        box, mask = found.mask(int(row) + 1, margins=margins)
        inside = _Inside.of(mask, hu[box], spacing, own)
        first, end = found.table["bbox"][row].reshape(3, 2)[0]
        is_cut = bool(first == 0 or end == len(bone))
        volume_mm3 = float(found.table["n_voxels"][row]) * grid.voxel_volume_mm3
        limits = _limits(int(end - first), is_cut, volume_mm3, own)
        limits = [one for one in limits if inside.is_of_nodule(one)]
        if not limits:
            continue
        view = _look(mask, bone[box], marrow[box], hu[box], spacing, own)
        if any(view.is_of_nodule(one) for one in limits):
            grown = dilated(mask, 1.1 * max(spacing[1:]), spacing) & band[box]
            nodules.append((box, grown | view.rim))
    return nodules


def _core(
    band: NDArray[np.bool_],
    ball_mm: float | None,
    spacing_mm: tuple[float, float, float],
    settings: NoduleSettings,
) -> tuple[NDArray[np.bool_], NoduleSettings]:
    """Part bodies from thinner bone by a ball, or by a cube of two voxels: give them and their limits."""
    if ball_mm is None:
        # No ball measures what is two voxels wide.
        cube = np.ones((2, 2, 2), np.bool_)
        return ndimage.binary_opening(band, cube), settings.model_copy(update={"max_balls": 100.0})
    # A ball of one voxel parts nothing.
    return opened(band, max(ball_mm, 1.01 * max(spacing_mm[1:])), spacing_mm), settings


def _may_be_nodule(
    found: Components, spacing_mm: tuple[float, float, float], settings: NoduleSettings
) -> NDArray[np.bool_]:
    """Tell by size, length, and how much lies near to the surface of the bone."""
    volumes_mm3 = found.table["n_voxels"] * float(np.prod(spacing_mm))
    is_so = (volumes_mm3 >= settings.min_volume_mm3) & (volumes_mm3 <= settings.max_volume_mm3)
    zz, yy, xx, zy, zx, yx = found.table["second_moments"].T
    tensors = np.stack([zz, zy, zx, zy, yy, yx, zx, yx, xx], axis=1).reshape(-1, 3, 3)
    spacing = np.asarray(spacing_mm)
    sizes = found.table["n_voxels"]
    is_so &= found.table["sum"] - sizes >= settings.min_near_surface * sizes
    spreads = np.linalg.eigvalsh(tensors * np.outer(spacing, spacing) + np.diag(spacing**2 / 12))
    is_so &= spreads[:, 2] <= settings.max_elongation**2 * spreads[:, 0]
    return np.asarray(is_so, np.bool_)


def _limits(n_slices: int, is_cut: bool, volume_mm3: float, settings: NoduleSettings) -> list[NoduleSettings]:
    """Choose the limits of a body; it is enough to keep to one set of them.

    What lies in one slice, or is cut by the first or the last one, shows less of its shape, so it must show
    more of the rest. Of thick slices a nodule may fill but one, and that unevenly; then it is densest in its
    middle, as ends of bone are not. What is seen whole may be free on fewer sides if it is very even, and
    less even if bone lies on one side only.
    """
    strict = {"max_unevenness": settings.one_slice_unevenness, "min_free": settings.one_slice_free}
    one_sided = {
        "max_unevenness": settings.inward_unevenness,
        "min_one_sidedness": settings.inward_one_sidedness,
        "max_marrow": settings.inward_marrow,
    }
    if is_cut:
        choices = [strict | {"min_inward": 0.0}]
    elif n_slices == 1:
        choices = [strict | {"min_inward": 0.0}, one_sided | {"min_free": settings.inward_free}]
    else:
        choices = [
            {"min_inward": 0.0},
            one_sided | {"min_free": settings.one_sided_free, "min_inward": settings.one_sided_inward},
        ]
        if volume_mm3 >= settings.even_min_volume_mm3:
            even = {"max_unevenness": settings.even_unevenness, "min_free": settings.even_free}
            choices.append(even | {"max_marrow": settings.inward_marrow, "min_inward": settings.even_inward})
    return [settings.model_copy(update=choice) for choice in choices]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inside:
    """What a body is like inside."""

    balls: float
    """How many balls of its own radius it holds."""
    unevenness: float
    """SD over mean of the HU of its inmost voxels."""
    inward: float
    """How many times as deep as all its voxels the densest fifth lies."""

    @classmethod
    def of(
        cls,
        mask: NDArray[np.bool_],
        hu: NDArray[np.int16],
        spacing_mm: tuple[float, float, float],
        settings: NoduleSettings,
    ) -> "_Inside":
        heart = heart_of(
            mask,
            hu,
            spacing_mm,
            least=settings.min_core_voxels,
            share=settings.core_share,
            percent=_UPPER_PERCENT,
        )
        radius_mm = heart.deepest_mm - min(spacing_mm) / 2
        volume_mm3 = int(np.count_nonzero(mask)) * float(np.prod(spacing_mm))
        return cls(
            balls=volume_mm3 / (4 / 3 * np.pi * radius_mm**3),
            unevenness=heart.sd / heart.mean,
            inward=heart.inward,
        )

    def is_of_nodule(self, settings: NoduleSettings) -> bool:
        return (
            self.balls <= settings.max_balls
            and self.unevenness <= settings.max_unevenness
            and self.inward >= settings.min_inward
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _View:
    """What is seen from a surface."""

    free: float
    """Share of the looks that leave the bone."""
    marrow: float
    """Share of the looks that end at marrow."""
    one_sidedness: float
    """1 if all looks that do not leave the bone point the same way, 0 if they point to all sides."""
    rim: NDArray[np.bool_]
    """What the looks that leave the bone crossed."""

    def is_of_nodule(self, settings: NoduleSettings) -> bool:
        return (
            self.free >= settings.min_free
            and self.marrow <= settings.max_marrow
            and self.one_sidedness >= settings.min_one_sidedness
        )


def _look(
    mask: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: tuple[float, float, float],
    settings: NoduleSettings,
) -> _View:
    """Look from the surface of a mask along the edges and diagonals of the grid."""
    ways_mm = WAYS_ZYX * np.asarray(spacing_mm)
    lengths_mm = np.linalg.norm(ways_mm, axis=1)
    n_steps = np.maximum(2, np.rint(settings.reach_mm / lengths_mm)).astype(np.int64)
    seen = look_out(mask, bone, marrow, hu, n_steps, settings.rise_hu)
    towards = seen.held @ (ways_mm / lengths_mm[:, None])
    n_looks = max(seen.n_looks, 1)
    return _View(
        free=seen.n_free / n_looks,
        marrow=seen.n_ended / n_looks,
        one_sidedness=float(np.linalg.norm(towards) / max(int(seen.held.sum()), 1)),
        rim=seen.crossed,
    )
