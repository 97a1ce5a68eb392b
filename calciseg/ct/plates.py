"""Calcified sheets that touch bone at one place."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.footprints import depth_in, large_bodies, opened, shell_around
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import fill_holes_in_slices
from calciseg.settings import PlateSettings

__all__ = ["find_plates"]


def find_plates(
    bone: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    grid: AnatomyGrid,
    settings: PlateSettings,
) -> NDArray[np.bool_]:
    """Find large thin plates that hang on thick bone by next to nothing.

    Parameters
    ----------
    bone : ndarray of bool
        Bone with its marrow, on the anatomy grid, and whatever touches it.
    marrow : ndarray of bool
    hu : ndarray of int16
        The volume averaged onto the grid.
    grid : AnatomyGrid
    settings : PlateSettings

    Returns
    -------
    ndarray of bool
        The plates; they are calcified sheets rather than bone.

    Notes
    -----
    Thin bone (scapula, iliac wing, orbit) is framed by thick bone along its border and holds marrow in
    places; a shell encloses its marrow. A calcified sheet does neither. Thin bone is also uneven along its
    middle, so an even plate or strand may be smaller and meet a little more bone, as one that ends on it
    does.
    """
    spacing = grid.spacing_mm_zyx
    thick = opened(bone, settings.ball_mm, spacing)
    plates = np.zeros(bone.shape, np.bool_)
    least_mm3 = min(settings.min_volume_mm3, settings.even_volume_mm3)
    for box, mask in large_bodies(bone & ~thick, least_mm3, spacing, (2, 2, 2), connectivity=6):
        if _is_plate(mask, thick[box], marrow[box], hu[box], spacing, settings):
            plates[box] |= mask
    return plates


def _is_plate(
    mask: NDArray[np.bool_],
    thick: NDArray[np.bool_],
    marrow: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: tuple[float, float, float],
    settings: PlateSettings,
) -> bool:
    contact = thick[shell_around(mask, 1.1 * max(spacing_mm[1:]), spacing_mm)].mean()
    volume_mm3 = int(np.count_nonzero(mask)) * float(np.prod(spacing_mm))
    share_of_marrow = marrow[mask].mean()
    is_free = (
        volume_mm3 >= settings.min_volume_mm3
        and contact <= settings.max_contact
        and share_of_marrow <= settings.max_marrow
    )
    may_be_even = contact <= settings.even_contact and share_of_marrow <= settings.even_marrow
    if not is_free and not (may_be_even and _is_even(mask, hu, spacing_mm, settings)):
        return False
    filled = fill_holes_in_slices(mask | thick)
    n_enclosed = int(np.count_nonzero(filled & ~mask & ~thick))
    return n_enclosed <= settings.max_enclosed * int(np.count_nonzero(mask))


def _is_even(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: tuple[float, float, float],
    settings: PlateSettings,
) -> bool:
    """Tell whether the middle of a plate is equally dense all over; a few voxels tell nothing."""
    inner_mm, _ = depth_in(mask, spacing_mm)
    middle_hu = hu[mask & (inner_mm >= settings.even_depth * inner_mm.max())].astype(np.float64)
    is_told = middle_hu.size >= settings.even_min_voxels
    return bool(is_told and middle_hu.std() <= settings.max_unevenness * middle_hu.mean())
