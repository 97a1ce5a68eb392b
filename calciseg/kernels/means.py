"""Means of a window around every voxel."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance_request import share
from calciseg.kernels._means import SIDE_BY_SIDE, average_lines
from calciseg.kernels._request import choose_threads

__all__ = ["mean_in_window"]


def mean_in_window(
    values: NDArray[Any],
    size: Sequence[int],
    *,
    steps: Sequence[int] = (1, 1, 1),
    is_whole: bool = False,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Average a window around every voxel, or around those of a lattice.

    Parameters
    ----------
    values : ndarray of bool, uint8, int16 or float32, 3-D
        Never written to.
    size : sequence of int
        Of the window along each axis; odd.
    steps : sequence of int
        Only every so many-th place along each axis is given.
    is_whole : bool
        Whether to cut off, axis by axis, what follows the point of a mean, as filters of integers do.
    n_threads : int, optional
        By default all processors this process may use, and one for less than 0.5 Mvoxels. Changes no byte.

    Returns
    -------
    ndarray of float32
        Equal to ``scipy.ndimage.uniform_filter(values, size, output=numpy.float32)``, what is beyond the
        ends of an axis being reflected; with `is_whole` to that of an output of int16.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels). What a lattice leaves out along one axis is not averaged along the next ones.
    """
    if values.ndim != 3 or values.dtype not in (np.bool_, np.uint8, np.int16, np.float32):
        raise UsageError(f"means are taken of volumes of 16 bits or float32, not of {values.dtype}")
    if len(size) != 3 or any(width < 1 or width % 2 == 0 for width in size) or min(steps) < 1:
        raise UsageError(f"a window needs three odd sizes, and steps of at least 1, not {size} and {steps}")
    means = np.array(values, np.float32, order="C")
    for axis, (width, step) in enumerate(zip(size, steps, strict=True)):
        if width > 1 and means.size:
            _average(means, axis, int(width), is_whole, n_threads)
        if step > 1:
            means = np.ascontiguousarray(np.moveaxis(np.moveaxis(means, axis, 0)[::step], 0, axis))
    return means


def _average(
    means: NDArray[np.float32], axis: int, width: int, is_whole: bool, n_threads: int | None
) -> None:
    """Replace all lines along an axis by their running means."""
    n, flat = means.shape[axis], means.reshape(-1)
    if axis == 2:
        lines = means.size // n, n, n, 1, 0
    else:
        inner = math.prod(means.shape[axis + 1 :])
        lines = inner, n, 1, inner, n * inner
    n_blocks = means.size // (n * lines[0]) * -(-lines[0] // SIDE_BY_SIDE)

    def work(first: int, stop: int) -> None:
        average_lines(flat, first, stop, *lines, width, is_whole)

    share(work, n_blocks, 1, choose_threads(n_threads, 4 * means.size))
