"""Images brought down to blocks of whole voxels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calciseg.errors import UsageError
from calciseg.kernels._blocks import add_blocks
from calciseg.kernels._dense import check_box, check_factors
from calciseg.kernels._distance_request import share
from calciseg.kernels._request import as_flat, choose_threads


def sum_in_blocks(
    image: ArrayLike,
    box: Sequence[int],
    factors: tuple[int, int, int],
    *,
    n_threads: int | None = None,
) -> NDArray[np.int32]:
    """Add up the values of blocks of voxels.

    Parameters
    ----------
    image : ndarray of int16, 3-D
        C order is read in place, any other is copied. Never written to.
    box : sequence of int
        Half-open bounds z0, z1, y0, y1, x0, x1.
    factors : tuple of int
        Voxels in a block along each axis, from the start of the box; the last block may be smaller. At most
        65 535 voxels in all, so that no sum overflows.
    n_threads : int, optional
        By default all processors this process may use, and one for less than 2 Mvoxels. Changes no byte.

    Returns
    -------
    ndarray of int32, 3-D

    Raises
    ------
    UsageError
        When the image is no volume of int16, or box and factors do not fit it.

    Notes
    -----
    O(voxels), about one read pass.
    """
    array = np.asarray(image)
    if array.dtype != np.int16 or array.ndim != 3:
        raise UsageError(f"blocks are summed in volumes of int16, not {array.dtype} of {array.ndim} axes")
    bounds = check_box(array.shape, box)
    out = np.empty(check_factors(bounds, factors), np.int32)
    flat, ends = as_flat(array), tuple(end for pair in bounds for end in pair)
    _, n_rows, n_columns = array.shape

    def add(first: int, stop: int) -> None:
        add_blocks(flat, n_rows, n_columns, ends, factors, first, stop, out)

    share(add, out.shape[0], 1, choose_threads(n_threads, array.size))
    return out
