"""Dilation of masks by balls in millimetres."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance_request import ROUNDING, as_flat_mask, check_mask, check_spacing, share
from calciseg.kernels._morphology import (
    dilate_few,
    gather_slices,
    pack_rows_of_mask,
    unpack_rows_of_mask,
    widen_rows,
)
from calciseg.kernels._request import choose_threads

# Up to here making words of a mask takes longer than setting balls in it, voxel by voxel.
_FEW_VOXELS, _SMALL_BALL = 2**15, 64


def dilate_mm(
    mask: ArrayLike, spacing_mm: Sequence[float], radius_mm: float, *, n_threads: int | None = None
) -> NDArray[np.bool_]:
    """Add all voxels within a distance of a mask, centre to centre.

    Parameters
    ----------
    mask : ndarray of bool, 2-D or 3-D
        Any memory order. Never written to.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis of `mask`.
    radius_mm : float
        At least 0, finite.
    n_threads : int, optional
        By default all processors this process may use, and one where there is little to do. Changes no byte.

    Returns
    -------
    ndarray of bool
        Where ``distance_mm(mask, spacing_mm, max_distance_mm=radius_mm)`` is finite.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    Small masks voxel by voxel, others 64 voxels at a time: O(voxels / 64 × slices and rows that the ball
    spans), several times quicker than a distance map while those are some hundred. Memory beyond the result:
    an eighth of a byte a voxel for each width of the ball in voxels.
    """
    return _dilated(mask, spacing_mm, radius_mm, n_threads, is_inverted=False)


def erode_mm(
    mask: ArrayLike, spacing_mm: Sequence[float], radius_mm: float, *, n_threads: int | None = None
) -> NDArray[np.bool_]:
    """Remove all voxels within a distance of what a mask leaves out, centre to centre.

    Parameters
    ----------
    mask, spacing_mm, radius_mm, n_threads
        As of :func:`dilate_mm`.

    Returns
    -------
    ndarray of bool
        ``~dilate_mm(~mask, ...)``: what lies beyond the array removes nothing.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    As :func:`dilate_mm`.
    """
    return _dilated(mask, spacing_mm, radius_mm, n_threads, is_inverted=True)


def _dilated(
    mask: ArrayLike,
    spacing_mm: Sequence[float],
    radius_mm: float,
    n_threads: int | None,
    *,
    is_inverted: bool,
) -> NDArray[np.bool_]:
    """Dilate a mask, or what it leaves out and give what that leaves out."""
    array = np.asarray(mask)
    spacing = check_spacing(array.shape, spacing_mm)
    check_mask(array)
    if not (math.isfinite(radius_mm) and radius_mm >= 0):
        raise UsageError(f"radius_mm must be a length of at least 0, not {radius_mm}")
    if not array.size:
        return np.zeros(array.shape, np.bool_)
    volume = array[None] if array.ndim == 2 else array
    dz, dy, widths = chords_of_ball(volume.shape, spacing, radius_mm)
    if array.size <= _FEW_VOXELS and dz.size <= _SMALL_BALL:
        few = np.zeros(array.size, np.bool_)
        flat = as_flat_mask(~array if is_inverted else array)
        dilate_few(flat, volume.shape, dz, dy, widths, few)
        return (~few if is_inverted else few).reshape(array.shape)
    (n_slices, n_rows, n_columns), n_words = volume.shape, -(-volume.shape[2] // 64)
    steps, which = np.unique(widths, return_inverse=True)
    n = n_slices * n_rows * n_words
    words, wide, out = np.empty(n, np.uint64), np.empty((steps.size, n), np.uint64), np.zeros(n, np.uint64)
    flat, grown = as_flat_mask(array), np.empty(array.shape, np.bool_)
    ball, into = (dz, dy, which.astype(np.int64)), grown.reshape(-1).view(np.uint8)
    size = np.uint64(n_columns), np.uint64(n_words), is_inverted
    threads = choose_threads(n_threads, n * dz.size // 4)

    def widen(first: int, stop: int) -> None:
        pack_rows_of_mask(flat, np.uint64(first), np.uint64(stop), *size, words)
        widen_rows(words, first, stop, n_words, steps, wide)

    share(widen, n_slices * n_rows, 1, threads)
    is_empty = ~words.reshape(n_slices, -1).any(axis=1)

    def gather(first: int, stop: int) -> None:
        gather_slices(wide, is_empty, first, stop, n_rows, n_words, *ball, out)
        unpack_rows_of_mask(out, np.uint64(first * n_rows), np.uint64(stop * n_rows), *size, into)

    share(gather, n_slices, 1, threads)
    return grown


def chords_of_ball(
    shape: tuple[int, ...], spacing_mm: tuple[float, ...], radius_mm: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return slices and rows that a ball reaches in a volume, and how many voxels to either side there."""
    return _chords(_within_reach(shape, spacing_mm, radius_mm), spacing_mm, radius_mm)


def _within_reach(shape: tuple[int, ...], spacing_mm: tuple[float, ...], radius_mm: float) -> tuple[int, ...]:
    """Bound the size of a volume by what the ball reaches: many volumes then share their chords."""
    steps = (math.inf, *spacing_mm)[-3:]
    return tuple(min(n, 2 + int(radius_mm / step)) for n, step in zip(shape, steps, strict=True))


@lru_cache(maxsize=256)
def _chords(
    shape: tuple[int, ...], spacing_mm: tuple[float, ...], radius_mm: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return slices and rows that a ball reaches from its middle, and how many voxels to either side."""
    limit = radius_mm**2 * ROUNDING
    steps: list[NDArray[Any]] = []
    for n, step in zip(shape, (math.inf, *spacing_mm)[-3:], strict=True):
        steps.append(np.arange(n) * step if n > 1 else np.zeros(1))
    z, y, x = ((one[one**2 <= limit]) ** 2 for one in steps)
    chords = [
        (sign_z * dz, sign_y * dy, int(np.searchsorted(x, limit - z[dz] - y[dy], side="right")) - 1)
        for dz in range(z.size)
        for dy in range(y.size)
        for sign_z in ((1, -1) if dz else (1,))
        for sign_y in ((1, -1) if dy else (1,))
        if z[dz] + y[dy] <= limit
    ]
    columns = np.array(chords, np.int64).T.copy()
    return columns[0], columns[1], columns[2]
