"""Exact Euclidean distances in millimetres."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance import spread_across_planes, spread_in_planes
from calciseg.kernels._request import choose_threads

# A square in float32 may round up by 2**-24 at each of three axes: what lies at the limit stays within.
_ROUNDING = 1.0 + 2.0**-22


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
        By default all processors this process may use, and one for less than 8 Mvoxels. Changes no byte.

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
    if array.dtype != np.bool_:
        raise UsageError(f"a distance needs a mask of bool, not {array.dtype}: compare the image first")
    spacing = check_spacing(array.shape, spacing_mm)
    limit = check_limit(max_distance_mm)
    out = np.empty(array.shape, np.float32)
    if not array.size:
        return out
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    flat.flags.writeable = False
    n_planes, (n_rows, n_columns) = array.size // math.prod(array.shape[-2:]), array.shape[-2:]
    is_plane, into = array.ndim == 2, out.reshape(-1)
    threads = choose_threads(n_threads, array.size)

    def in_planes(first: int, stop: int) -> None:
        spread_in_planes(
            flat, first, stop, n_rows, n_columns, spacing[-2], spacing[-1], limit, is_plane, into
        )

    def across_planes(first: int, stop: int) -> None:
        spread_across_planes(n_planes, first, stop, n_rows * n_columns, spacing[0], limit, into)

    _share(in_planes, n_planes, 1, threads)
    if not is_plane:
        _share(across_planes, n_rows * n_columns, n_columns, threads)
    return out


def check_spacing(shape: tuple[int, ...], spacing_mm: Sequence[float]) -> tuple[float, ...]:
    """Return the spacing as floats; refuse one that does not fit the shape or is not a length."""
    spacing = tuple(float(s) for s in spacing_mm)
    if len(shape) not in (2, 3) or len(spacing) != len(shape):
        raise UsageError(
            f"a distance needs 2 or 3 axes and a spacing for each, not {len(shape)} axes, {spacing}"
        )
    if not all(math.isfinite(s) and s > 0 for s in spacing):
        raise UsageError(f"spacing {spacing} is not a length along every axis")
    return spacing


def check_limit(max_distance_mm: float | None) -> float:
    """Return the largest square of interest."""
    if max_distance_mm is None:
        return math.inf
    if not max_distance_mm >= 0:
        raise UsageError(f"max_distance_mm must be at least 0, not {max_distance_mm}")
    return float(max_distance_mm) ** 2 * _ROUNDING


def _share(work: Callable[[int, int], None], n: int, step: int, threads: int) -> None:
    """Do ``work(first, stop)`` for the range of `n` in parts, multiples of `step`."""
    if threads == 1:
        work(0, n)
        return
    part = max(1, n // (step * threads * 8)) * step
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda first: work(first, min(n, first + part)), range(0, n, part)))
