"""What lies on a bone with a broad base, so that no neck parts it from the bone."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import depth_in, dilated, opened, shell_around
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import connected_components
from calciseg.settings import BumpSettings

__all__ = ["find_bumps"]


def find_bumps(
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: BumpSettings,
) -> NDArray[np.bool_]:
    """Find compact, homogeneous bumps on thick smooth bone.

    Parameters
    ----------
    bone : ndarray of bool
        Bone with its marrow, on the anatomy grid, and whatever lies on it.
    marrow : ndarray of bool
    hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
    settings : BumpSettings

    Returns
    -------
    ndarray of bool
        The bumps; they are calcification on bone rather than bone.

    Notes
    -----
    What a ball of `ball_mm` rolled inside the bone cannot reach is a bump, an edge, a process, or thin bone.
    Of these only a bump is compact, meets the thick bone with a small part of its surface, holds no marrow,
    is no denser at its rim than at its core, and is homogeneous: processes have cortex and marrow.
    """
    spacing = grid.spacing_mm_zyx
    thick = opened(bone, settings.ball_mm, spacing)
    beyond = bone & ~thick
    found = connected_components(opened(beyond, settings.crumb_mm, spacing), 1, connectivity=6)
    bumps = np.zeros(bone.shape, np.bool_)
    margins = [int(np.ceil(2 * settings.crumb_mm / step)) for step in spacing]
    bounds = found.table["bbox"].reshape(-1, 6)
    # The end of a bone, too, lies in a single slice, and what the first or the last slice cuts may go on.
    hides_shape = (bounds[:, 1] - bounds[:, 0] == 1) | (bounds[:, 0] == 0) | (bounds[:, 1] == len(bone))
    for label in range(1, found.n_components + 1):
        box, mask = found.mask(label, margins=margins)
        if not _is_bump(mask, thick[box], marrow[box], hu[box], grid, settings):
            continue
        around = shell_around(mask, 1.5 * max(spacing[1:]), spacing)
        if not hides_shape[label - 1] or bone[box][around].mean() <= settings.max_bone_if_hidden:
            bumps[box] |= dilated(mask, settings.crumb_mm, spacing) & beyond[box]
    return bumps


def _is_bump(
    mask: NDArray[np.bool_],
    thick: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: BumpSettings,
) -> bool:
    spacing = grid.spacing_mm_zyx
    volume_mm3 = float(mask.sum()) * grid.voxel_volume_mm3
    if not settings.min_volume_mm3 <= volume_mm3 <= settings.max_volume_mm3:
        return False
    inner_mm, balls = depth_in(mask, spacing)
    surroundings = shell_around(mask, 1.5 * max(spacing[1:]), spacing)
    contact = float(thick[surroundings].mean())
    if (
        balls > settings.max_balls
        or contact > settings.max_contact
        or marrow[mask].mean() > settings.max_marrow
    ):
        return False
    core_hu = hu[inner_mm >= 0.7 * inner_mm.max()].astype(np.float64)
    rim_hu = hu[mask & (inner_mm <= 0.5 * inner_mm.max())]
    is_even = core_hu.std() <= settings.max_unevenness * core_hu.mean()
    return bool(rim_hu.size and core_hu.mean() >= rim_hu.mean() and is_even)
