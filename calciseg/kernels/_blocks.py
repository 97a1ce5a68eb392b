"""Blocks of voxels: sums of values."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


@kernel
def add_blocks(
    image: Any, n_rows: Any, n_columns: Any, bounds: Any, factors: Any, first: Any, stop: Any, out: Any
) -> None:
    """Add up the values of every block of some layers.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
    n_rows, n_columns : int
        Size of a slice.
    bounds : tuple of six int
        Where the blocks lie, half-open: z0, z1, y0, y1, x0, x1. The first block begins there.
    factors : tuple of three int
        Voxels in a block along each axis.
    first, stop : int
        Layers of blocks, half-open.
    out : ndarray of int32, 3-D
        Updated; zeros before.

    Notes
    -----
    O(voxels), rows read as they lie in memory.
    """
    bottom, top, near, far, left, right = bounds
    for z in range(bottom + first * factors[0], min(top, bottom + stop * factors[0])):
        i = (z - bottom) // factors[0]
        for y in range(near, far):
            j, base = (y - near) // factors[1], (z * n_rows + y) * n_columns
            for k in range(out.shape[2]):
                x = left + k * factors[2]
                total = np.int32(0)
                for at in range(base + x, base + min(x + factors[2], right)):
                    total += np.int32(image[at])
                out[i, j, k] += total
