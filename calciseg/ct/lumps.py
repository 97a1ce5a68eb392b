"""Compact, even bodies among bone: calcified nodules and masses that lie on bone or are as large as one."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import depth_in, dilated, large_bodies, opened
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import around_body
from calciseg.settings import LumpSettings

__all__ = ["find_lumps"]


def find_lumps(
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    calcium_factor: float,
    settings: LumpSettings,
) -> NDArray[np.bool_]:
    """Find compact, even bodies that are no part of the bone they lie on.

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
    settings : LumpSettings

    Returns
    -------
    ndarray of bool
        The lumps; they are calcification rather than bone.

    Notes
    -----
    Bone has no thick part that is even, no darker at its core than at its rim, and free of bone on most
    sides: what is thick is trabecular inside, and solid cortex is thin, or long, or has bone around it.
    Balls of several sizes part a nodule from thinner bone; a cap on the HU parts it from denser cortex, of
    which nothing but a thin rim stays below the cap.
    """
    lumps = np.zeros(bone.shape, np.bool_)
    shell = bone & ~marrow
    spacing = grid.spacing_mm_zyx
    for cap_hu in (*settings.caps_hu, np.inf):
        below = shell & (hu <= cap_hu * calcium_factor)
        for ball_mm in settings.balls_mm:
            left = below & ~lumps
            if not left.any():
                continue
            cores = opened(left, ball_mm, spacing)
            for box, mask in large_bodies(cores, settings.min_volume_mm3, spacing, (2, 3, 3), connectivity=6):
                of_bone = bone[box] & ~lumps[box]
                if _is_lump(mask, left[box], of_bone, marrow[box], hu[box], grid, settings):
                    lumps[box] |= _with_rim(mask, spacing) & below[box]
    return lumps


def _with_rim(mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Add a rim of one voxel within the slice, which a ball of whole voxels leaves over."""
    return dilated(mask, _rim_mm(spacing_mm), spacing_mm)


def _rim_mm(spacing_mm: tuple[float, float, float]) -> float:
    return 1.1 * max(spacing_mm[1:])


def _is_lump(
    mask: NDArray[np.bool_],
    below: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: LumpSettings,
) -> bool:
    spacing = grid.spacing_mm_zyx
    n_around, n_bone, n_marrow = around_body(
        mask, below, (bone, marrow), spacing, rim_mm=_rim_mm(spacing), shell_mm=1.5 * max(spacing[1:])
    )
    contact, n_most = n_bone / n_around, settings.max_marrow * n_around
    if contact > max(settings.max_contact, settings.max_sheet_contact) or n_marrow > n_most:
        return False
    inner_mm, balls = depth_in(mask, spacing)
    if contact > (settings.max_contact if balls <= settings.max_balls else settings.max_sheet_contact):
        return False
    core_hu = hu[inner_mm >= 0.7 * inner_mm.max()].astype(np.float64)
    if core_hu.size < settings.min_core_voxels:
        return False
    rim_hu = hu[mask & (inner_mm <= 0.5 * inner_mm.max())]
    is_even = core_hu.std() <= settings.max_unevenness * core_hu.mean()
    return bool(is_even and (not rim_hu.size or rim_hu.mean() <= settings.max_rim_over_core * core_hu.mean()))
