"""Calcified sheets that touch bone at one place."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import large_bodies, opened, shell_around
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import fill_holes_in_slices
from calciseg.settings import PlateSettings

__all__ = ["find_plates"]


def find_plates(
    bone: NDArray[np.bool_], marrow: NDArray[np.bool_], grid: AnatomyGrid, settings: PlateSettings
) -> NDArray[np.bool_]:
    """Find large thin plates that hang on thick bone by next to nothing.

    Parameters
    ----------
    bone : ndarray of bool
        Bone with its marrow, on the anatomy grid, and whatever touches it.
    marrow : ndarray of bool
    grid : AnatomyGrid
    settings : PlateSettings

    Returns
    -------
    ndarray of bool
        The plates; they are calcified sheets rather than bone.

    Notes
    -----
    Thin bone (scapula, iliac wing, orbit) is framed by thick bone along its border and holds marrow in
    places; a shell encloses its marrow. A calcified sheet does neither.
    """
    spacing = grid.spacing_mm_zyx
    thick = opened(bone, settings.ball_mm, spacing)
    plates = np.zeros(bone.shape, np.bool_)
    for box, mask in large_bodies(bone & ~thick, settings.min_volume_mm3, spacing, (2, 2, 2), connectivity=6):
        if _is_plate(mask, thick[box], marrow[box], spacing, settings):
            plates[box] |= mask
    return plates


def _is_plate(
    mask: NDArray[np.bool_],
    thick: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    settings: PlateSettings,
) -> bool:
    surroundings = shell_around(mask, 1.1 * max(spacing_mm[1:]), spacing_mm)
    if thick[surroundings].mean() > settings.max_contact or marrow[mask].mean() > settings.max_marrow:
        return False
    filled = fill_holes_in_slices(mask | thick)
    n_enclosed = int(np.count_nonzero(filled & ~mask & ~thick))
    return n_enclosed <= settings.max_enclosed * int(np.count_nonzero(mask))
