"""Exact Euclidean distances in millimetres."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance import spread_across_planes, spread_in_planes
from calciseg.kernels._distance_request import as_flat_mask, check_limit, check_spacing, share
from calciseg.kernels._geodesic import walk
from calciseg.kernels._nearest import spread_labels
from calciseg.kernels._request import choose_threads

_WORK = 4
"""A voxel's distance costs about as much as so many labels: threads pay sooner."""


def distance_mm(
    mask: ArrayLike,
    spacing_mm: Sequence[float],
    *,
    max_distance_mm: float | None = None,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Measure the distance from every voxel to the nearest True voxel, centre to centre.

    Parameters
    ----------
    mask : ndarray of bool, 2-D or 3-D
        C order is read in place, any other is copied. Never written to.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis of `mask`.
    max_distance_mm : float, optional
        Where distances stop to be of interest: voxels farther away are infinite. A short reach is several
        times quicker.
    n_threads : int, optional
        By default all processors this process may use, and one for less than 0.5 Mvoxels. Changes no byte.

    Returns
    -------
    ndarray of float32
        Distances, right to about 2e-7 of their value; 0 in the mask, infinite where there is none.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    Exact, anisotropic, separable: O(voxels) time. Memory beyond the result is some 500 bytes a voxel of one
    line and thread. Felzenszwalb and Huttenlocher, Theory of Computing 8(19), 2012.
    """
    array = np.asarray(mask)
    spacing = check_spacing(array.shape, spacing_mm)
    limit = check_limit(max_distance_mm)
    flat = as_flat_mask(array)
    out = np.empty(array.shape, np.float32)
    if not array.size:
        return out
    n_planes, (n_rows, n_columns) = array.size // math.prod(array.shape[-2:]), array.shape[-2:]
    is_plane, into = array.ndim == 2, out.reshape(-1)
    threads = choose_threads(n_threads, _WORK * array.size)

    def in_planes(first: int, stop: int) -> None:
        spread_in_planes(
            flat, first, stop, n_rows, n_columns, spacing[-2], spacing[-1], limit, is_plane, into
        )

    def across_planes(first: int, stop: int) -> None:
        spread_across_planes(n_planes, first, stop, n_rows * n_columns, spacing[0], limit, into)

    share(in_planes, n_planes, 1, threads)
    if not is_plane:
        share(across_planes, n_rows * n_columns, n_columns, threads)
    return out


def nearest_label(
    labels: ArrayLike,
    spacing_mm: Sequence[float],
    *,
    max_distance_mm: float | None = None,
    n_threads: int | None = None,
) -> NDArray[np.uint32]:
    """Give every unlabelled voxel the label of the nearest labelled one.

    Parameters
    ----------
    labels : ndarray of integers from 0 to 2**32 - 1, 2-D or 3-D
        0 where there is no label.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.
    max_distance_mm : float, optional
        Leave 0 what is farther away.
    n_threads : int, optional
        By default all processors this process may use, and one for less than 0.5 Mvoxels. Changes no byte.

    Returns
    -------
    ndarray of uint32
        Labels; of labels at the same distance the smallest. Distances are compared in float32: with a
        spacing that is not a multiple of a power of two, ways that differ by rounding only are not a tie.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels × distance in voxels): meant for the surroundings of a lesion, or with a short reach. Four more
    bytes a voxel while it runs.
    """
    array = np.asarray(labels)
    spacing, limit = check_spacing(array.shape, spacing_mm), check_limit(max_distance_mm)
    if array.dtype.kind not in "biu" or (array.size and not 0 <= array.min() <= array.max() < 2**32):
        raise UsageError("labels must be integers from 0 to 2**32 - 1")
    out = np.array(array, np.uint32, order="C")
    square = np.where(out == 0, np.float32(np.inf), np.float32(0)).reshape(-1)
    threads = choose_threads(n_threads, _WORK * array.size)
    for axis in reversed(range(array.ndim)):
        n, n_inner = array.shape[axis], math.prod(array.shape[axis + 1 :])
        spread = partial(_spread, square, out.reshape(-1), n, n_inner, spacing[axis], limit)
        if array.size:
            share(spread, array.size // n, 1, threads)
    return out


def geodesic_distance_mm(
    seeds: ArrayLike,
    mask: ArrayLike,
    spacing_mm: Sequence[float],
    max_distance_mm: float | None = None,
) -> NDArray[np.float32]:
    """Measure the shortest way from a seed that stays inside a mask.

    Parameters
    ----------
    seeds, mask : ndarray of bool, 3-D
        Where ways begin, and where they may lead; seeds outside the mask count as inside.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.
    max_distance_mm : float, optional
        Where ways stop to be of interest.

    Returns
    -------
    ndarray of float32
        Length of the shortest way over 26 neighbours, infinite where none leads. Straight ways off the axes
        and diagonals of an even grid come out up to 13 % too long: the price of steps between voxels.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(m log m) for m voxels within reach, one thread. Dijkstra, Numer. Math. 1, 1959.
    """
    start, inside = np.asarray(seeds), np.asarray(mask)
    if start.shape != inside.shape or inside.ndim != 3:
        raise UsageError(f"seeds {start.shape} and mask {inside.shape} must be volumes of one shape")
    spacing, limit = check_spacing(inside.shape, spacing_mm), check_limit(max_distance_mm)
    flat, zeros = as_flat_mask(inside), as_flat_mask(start)
    out = np.where(zeros != 0, np.float32(0), np.float32(np.inf))
    walk(flat, inside.shape, spacing, math.sqrt(limit), out)
    return out.reshape(inside.shape)


def _spread(
    square: NDArray[np.float32],
    labels: NDArray[np.uint32],
    n: int,
    n_inner: int,
    spacing: float,
    limit: float,
    first: int,
    stop: int,
) -> None:
    """Spread labels along some lines of an axis."""
    spread_labels(square, labels, first, stop, n, n_inner, spacing, limit)
