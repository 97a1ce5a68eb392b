"""Harmonic values: each the mean of its neighbours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._distance_request import check_spacing, check_volume
from calciseg.kernels._relaxation import relax_places


def relax(
    values: NDArray[np.float32], unknown: NDArray[np.bool_], spacing_mm: Sequence[float], n_sweeps: int
) -> NDArray[np.float32]:
    """Make unknown values the mean of their neighbours by Jacobi sweeps.

    Parameters
    ----------
    values : ndarray of float32, 3-D
        Never written to.
    unknown : ndarray of bool
        Which values to replace; the others stay as they are.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis: the nearer neighbour counts more.
    n_sweeps : int

    Returns
    -------
    ndarray of float32
        A voxel at the end of the image is its own neighbour there, so nothing flows across it.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(unknown voxels x sweeps); information crosses a voxel a sweep.
    """
    spacing = check_spacing(values.shape, spacing_mm)
    check_volume(values, np.float32, unknown)
    out = np.array(values, order="C")
    along = np.array([1.0 / step**2 for step in spacing], np.float32)
    weights = (along / (2 * along.sum())).repeat(2)
    where = np.nonzero(unknown)
    places = np.ravel_multi_index(where, values.shape).astype(np.uint32)
    beside = np.empty((6, places.size), np.uint32)
    for way in range(6):
        axis, step = way // 2, 2 * (way % 2) - 1
        moved = list(where)
        # At the end of the image a voxel is its own neighbour.
        moved[axis] = np.clip(where[axis] + step, 0, values.shape[axis] - 1)
        beside[way] = np.ravel_multi_index(moved, values.shape)
    relax_places(out.reshape(-1), places, beside, weights, n_sweeps)
    return out
