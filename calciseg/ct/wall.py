"""What the wall of the trunk encloses, though it has thin places: the linea alba is no muscle."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.footprints import any_in_blocks, closed
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import fill_holes_in_slices
from calciseg.settings import CompartmentSettings

__all__ = ["walled_in"]

_NEVER_MM = 1e3  # as the distance of slices: they do not reach one another


def walled_in(wall: NDArray[np.bool_], grid: AnatomyGrid, settings: CompartmentSettings) -> NDArray[np.bool_]:
    """Find the pockets that muscle and bone enclose within a slice, but for a small part of their border.

    Parameters
    ----------
    wall : ndarray of bool
        Muscle and bone, without small gaps, on the anatomy grid.
    grid : AnatomyGrid
    settings : CompartmentSettings

    Returns
    -------
    ndarray of bool
        Not only in the body.

    Notes
    -----
    Wide gaps are closed for a look at what lies behind. A groove between two muscles lies open on much
    of its border, the inside of the abdomen on next to nothing. Worked out on a coarse lattice: what is meant
    is centimetres wide.
    """
    _, dy, dx = grid.spacing_mm_zyx
    steps = max(1, round(settings.pocket_lattice_mm / dy)), max(1, round(settings.pocket_lattice_mm / dx))
    coarse = any_in_blocks(wall, (1, *steps))
    spacing_mm = _NEVER_MM, dy * steps[0], dx * steps[1]
    filled = closed(np.pad(coarse, ((0, 0), (1, 1), (1, 1))), settings.seal_mm, spacing_mm)[:, 1:-1, 1:-1]
    pockets = fill_holes_in_slices(filled) & ~coarse
    inside = _nearly_enclosed(
        pockets, coarse, settings.min_pocket_mm2 / (spacing_mm[1] * spacing_mm[2]), settings
    )
    fine = inside.repeat(steps[0], axis=1).repeat(steps[1], axis=2)
    return fine[:, : wall.shape[1], : wall.shape[2]] & ~wall


def _nearly_enclosed(
    pockets: NDArray[np.bool_], wall: NDArray[np.bool_], min_size: float, settings: CompartmentSettings
) -> NDArray[np.bool_]:
    """Keep the pockets of slices, of so many pixels, whose border is wall and hardly open."""
    in_slice = np.zeros((3, 3, 3), np.bool_)
    in_slice[1] = ndimage.generate_binary_structure(2, 1)
    labels, n = ndimage.label(pockets, in_slice)
    # Around every slice a rim that is no wall, so that no neighbour lies in another slice or beyond the end.
    padded = np.pad(labels, ((1, 1), (1, 1), (1, 1))).reshape(-1)
    is_wall = np.pad(wall, ((1, 1), (1, 1), (1, 1))).reshape(-1)
    places = np.flatnonzero(padded)
    names, row = padded[places], wall.shape[2] + 2
    n_wall, n_open = np.zeros(n + 1), np.zeros(n + 1)
    for step in (-row, -1, 1, row):
        is_beside_wall = is_wall[places + step]
        n_wall += np.bincount(names, is_beside_wall, minlength=n + 1)
        n_open += np.bincount(names, ~is_beside_wall & (padded[places + step] == 0), minlength=n + 1)
    is_kept = n_open <= settings.max_open_share * (n_open + n_wall)
    is_kept &= np.bincount(labels.reshape(-1), minlength=n + 1) >= min_size
    is_kept[0] = False
    return np.asarray(is_kept[labels], np.bool_)
