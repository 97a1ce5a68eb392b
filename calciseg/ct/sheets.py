"""Large calcified sheets among bone: wide, even, far from all marrow."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import depth_in, dilated, large_bodies, opened, shell_around
from calciseg.ct.grid import AnatomyGrid
from calciseg.settings import SheetSettings

__all__ = ["find_sheets"]


def find_sheets(
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: SheetSettings,
) -> NDArray[np.bool_]:
    """Find wide sheets that run on far beyond the place where they touch bone.

    Parameters
    ----------
    bone : ndarray of bool
        Bone with its marrow, on the anatomy grid, and whatever touches it.
    marrow : ndarray of bool
    hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
    settings : SheetSettings

    Returns
    -------
    ndarray of bool
        The sheets but for the parts near bone; they are calcification rather than bone.

    Notes
    -----
    A sheet in contact with thin bone is one body with all of the skeleton. Bone, though, is a shell around
    marrow, or thick: what lies farther than a few millimetres from either is thin bone (ribs, blades) or a
    sheet. Thin bone is framed by thicker bone along its border, ribs are narrow, and the HU of both spread
    more than those of a calcified sheet do.
    """
    spacing = grid.spacing_mm_zyx
    # Balls of a voxel or two would fit into the sheet.
    thick = opened(bone, max(settings.ball_mm, 2 * max(spacing)), spacing)
    far = bone & ~dilated(marrow | thick, settings.from_marrow_mm, spacing)
    sheets = np.zeros(bone.shape, np.bool_)
    for box, mask in large_bodies(far, settings.min_volume_mm3, spacing, (2, 2, 2)):
        if _is_sheet(mask, bone[box], hu[box], grid, settings):
            sheets[box] |= mask
    return sheets


def _is_sheet(
    mask: NDArray[np.bool_],
    bone: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: SheetSettings,
) -> bool:
    spacing = grid.spacing_mm_zyx
    surroundings = shell_around(mask, 1.1 * max(spacing[1:]), spacing)
    values = hu[mask].astype(np.float64)
    if bone[surroundings].mean() > settings.max_contact or values.std() > settings.max_spread * values.mean():
        return False
    inner_mm, _ = depth_in(mask, spacing)
    # Half a voxel belongs to the background; on average a plate is a quarter of its thickness deep.
    thickness_mm = 4 * (float(inner_mm[mask].mean()) - min(spacing) / 2)
    places_mm = np.argwhere(mask) * np.asarray(spacing)
    length_mm = float(np.linalg.norm(np.ptp(places_mm, axis=0)))
    width_mm = values.size * grid.voxel_volume_mm3 / (thickness_mm * length_mm)
    return width_mm >= settings.min_width * thickness_mm
