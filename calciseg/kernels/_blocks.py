"""Blocks of voxels: sums of values."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def add_columns(row: Any, factor: Any, sums: Any) -> None:
    """Add up so many values of a row each, two in vector registers: most images have blocks of two."""
    n = row.size // 2 if factor == 2 else 0
    for k in range(n):
        sums[k] = row[2 * k] + row[2 * k + 1]
    for k in range(n, sums.size):
        total = np.int32(0)
        for x in range(k * factor, min((k + 1) * factor, row.size)):
            total += row[x]
        sums[k] = total


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
        Written.

    Notes
    -----
    O(voxels). The rows of a block are added up first, then its columns.
    """
    bottom, top, near, far, left, right = bounds
    width = right - left
    row = np.empty(width, np.int32)
    for i in range(first, stop):
        for j in range(out.shape[1]):
            row[:] = 0
            for z in range(bottom + i * factors[0], min(top, bottom + (i + 1) * factors[0])):
                for y in range(near + j * factors[1], min(far, near + (j + 1) * factors[1])):
                    base = (z * n_rows + y) * n_columns + left
                    line = image[base : base + width]  # no place of it can be negative: vector registers
                    for x in range(width):
                        row[x] += line[x]
            add_columns(row, factors[2], out[i, j])
