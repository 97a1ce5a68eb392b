"""The cavities of the trunk, by the bones that stand around them."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.grid import AnatomyGrid
from calciseg.settings import CavitySettings, HeadSettings

__all__ = ["is_in_cavity", "looks_around"]

_POINTS_AT_ONCE = 200
"""Each takes some 0.3 MB while it looks around."""


def looks_around(
    points_zyx: NDArray[np.intp],
    bone: NDArray[np.bool_],
    is_inside: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: CavitySettings | HeadSettings,
) -> NDArray[np.float32]:
    """Look from points to all sides of their slice and measure how far the first bone is.

    Parameters
    ----------
    points_zyx : ndarray of int, shape ``(n, 3)``
        Voxels of the volume.
    bone, is_inside : ndarray of bool
        On the anatomy grid; a look ends where it leaves what is inside.
    grid : AnatomyGrid
    settings : CavitySettings or HeadSettings

    Returns
    -------
    ndarray of float32, shape ``(n, n_looks)``
        Millimetres; infinite where the look ends without meeting bone.

    Notes
    -----
    Ribs run obliquely and leave gaps in a slice, so the bones of the neighbouring slices count, too.
    """
    n_slices = 2 * int(settings.slab_mm / grid.spacing_mm_zyx[0] / 2) + 1
    bone = ndimage.maximum_filter1d(bone.astype(np.uint8), n_slices, axis=0).astype(np.bool_)
    looks_mm = np.empty((len(points_zyx), settings.n_looks), np.float32)
    for first in range(0, len(points_zyx), _POINTS_AT_ONCE):
        some = slice(first, first + _POINTS_AT_ONCE)
        looks_mm[some] = _looks_around(grid.block_of(points_zyx[some]), bone, is_inside, grid, settings)
    return looks_mm


def _looks_around(
    blocks: tuple[NDArray[np.intp], ...],
    bone: NDArray[np.bool_],
    is_inside: NDArray[np.bool_],
    grid: AnatomyGrid,
    settings: CavitySettings | HeadSettings,
) -> NDArray[np.float64]:
    _, dy, dx = grid.spacing_mm_zyx
    angles = np.arange(settings.n_looks) * (2 * np.pi / settings.n_looks)
    steps_mm = np.arange(1, int(settings.farthest_mm / dx) + 1) * dx
    z, y, x = (index[:, None, None] for index in blocks)
    _, n_y, n_x = bone.shape
    to_y = y + np.rint(np.sin(angles)[:, None] * steps_mm / dy).astype(np.intp)
    to_x = x + np.rint(np.cos(angles)[:, None] * steps_mm / dx).astype(np.intp)
    is_in_image = (to_y >= 0) & (to_y < n_y) & (to_x >= 0) & (to_x < n_x)
    to_y, to_x = np.clip(to_y, 0, n_y - 1), np.clip(to_x, 0, n_x - 1)
    leaves = np.logical_or.accumulate(~is_in_image | ~is_inside[z, to_y, to_x], axis=-1)
    meets = bone[z, to_y, to_x] & ~leaves
    first = meets.argmax(axis=-1)
    return np.where(meets.any(axis=-1), steps_mm[first], np.inf)


def is_in_cavity(
    looks_mm: NDArray[np.float32], to_bone_mm: NDArray[np.float32], settings: CavitySettings
) -> NDArray[np.bool_]:
    """Tell which points lie inside a cavity: bone all around, but nowhere near.

    Parameters
    ----------
    looks_mm : ndarray of float32, shape ``(n, n_looks)``
        From :func:`looks_around`.
    to_bone_mm : ndarray of float32, shape ``(n,)``
        Distance to the nearest bone.
    settings : CavitySettings

    Returns
    -------
    ndarray of bool, shape ``(n,)``
    """
    enclosed = np.isfinite(looks_mm).mean(axis=1)
    is_wide = np.median(looks_mm, axis=1) >= settings.min_median_mm
    return np.asarray(
        (enclosed >= settings.min_enclosed) & is_wide & (to_bone_mm >= settings.min_bone_mm), np.bool_
    )
