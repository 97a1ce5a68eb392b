"""Holes of masks."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._distance_request import share
from calciseg.kernels._holes import fill_enclosed
from calciseg.kernels._request import choose_threads


def fill_holes_in_slices(mask: ArrayLike, *, n_threads: int | None = None) -> NDArray[np.bool_]:
    """Fill what the mask encloses within a slice.

    Parameters
    ----------
    mask : ndarray of bool, 2-D or 3-D
        One slice, or slices along the first axis. C order is read in place, any other is copied. Never
        written to.
    n_threads : int, optional
        By default all processors this process may use, and one for less than 2 Mvoxels. Changes no byte.

    Returns
    -------
    ndarray of bool
        The mask and the background that no way along rows and columns of its slice leads out of: equal to
        ``scipy.ndimage.binary_fill_holes`` of each slice.

    Raises
    ------
    UsageError
        When the mask is not of bool, or has neither 2 nor 3 dimensions.

    Notes
    -----
    O(voxels). Memory beyond the result: at most 6 bytes a voxel of one slice and thread.
    """
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.ndim not in (2, 3):
        raise UsageError(
            f"holes are filled in masks of bool with 2 or 3 dimensions, not {array.dtype} with {array.ndim}"
        )
    out = np.empty(array.shape, np.bool_)
    if not array.size:
        return out
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    flat.flags.writeable = False
    into, (n_rows, n_columns) = out.reshape(-1).view(np.uint8), array.shape[-2:]
    n_slices = array.size // math.prod(array.shape[-2:])

    def fill(first: int, stop: int) -> None:
        fill_enclosed(flat, first, stop, n_rows, n_columns, into)

    share(fill, n_slices, 1, choose_threads(n_threads, array.size))
    return out
