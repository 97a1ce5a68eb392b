"""Dense labels from runs, for those who ask for them."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


@kernel
def paint_slab(
    edges: Any, offsets: Any, labels: Any, names: Any, n_columns: Any, is_blank: Any, out: Any
) -> None:
    """Write the labels of a slab's runs into a dense array.

    Parameters
    ----------
    edges, offsets, labels : ndarray
        Runs as ``_sweep`` writes them.
    names : ndarray of uint32
        Final label of each provisional label.
    n_columns : int
        Length of a row.
    is_blank : bool
        Whether `out` is zero already: then only the runs are touched, which spares the pages of a fresh
        array that hold background only.
    out : ndarray of unsigned integers, flat
        Written: the slab's voxels.

    Notes
    -----
    O(rows + foreground), or O(voxels) when `out` is not blank.
    """
    for row in range(offsets.size - 1):
        base = row * n_columns
        done = base
        for run in range(np.int64(offsets[row]), np.int64(offsets[row + 1])):
            start, stop = base + np.int64(edges[2 * run]), base + np.int64(edges[2 * run + 1])
            label = names[labels[run]]
            if not is_blank:
                out[done:start] = 0
                done = stop
            if not is_blank or label != 0:
                for i in range(start, stop):
                    out[i] = label
        if not is_blank:
            out[done : base + n_columns] = 0


@kernel
def paint_box(
    edges: Any, offsets: Any, labels: Any, names: Any, n_rows: Any, z0: Any, y0: Any, x0: Any, out: Any
) -> None:
    """Write the labels of the part of a slab that lies in a box into a dense array of zeros.

    Parameters
    ----------
    edges, offsets, labels, names : ndarray
        As in ``paint_slab``.
    n_rows : int
        Rows of a slice.
    z0, y0, x0 : int
        Where the box starts in the slab.
    out : ndarray of uint32, 3-D
        Written: the box.

    Notes
    -----
    O(runs of the rows that the box touches + its foreground).
    """
    for z in range(out.shape[0]):
        for y in range(out.shape[1]):
            row = (z0 + z) * n_rows + y0 + y
            for run in range(np.int64(offsets[row]), np.int64(offsets[row + 1])):
                start = max(np.int64(edges[2 * run]) - x0, 0)
                stop = min(np.int64(edges[2 * run + 1]) - x0, out.shape[2])
                label = names[labels[run]]
                for x in range(start, stop):
                    out[z, y, x] = label


@kernel
def mark_blocks(
    edges: Any,
    offsets: Any,
    labels: Any,
    names: Any,
    z0: Any,
    n_rows: Any,
    bounds: Any,
    factors: Any,
    out: Any,
) -> None:  # fmt: skip
    """Mark the blocks of voxels that a slab's components touch.

    Parameters
    ----------
    edges, offsets, labels, names : ndarray
        As in ``paint_slab``.
    z0, n_rows : int
        First slice of the slab, and rows of a slice.
    bounds : tuple of six int
        Where the blocks lie, half-open: z0, z1, y0, y1, x0, x1. The first block begins there.
    factors : tuple of three int
        Voxels in a block along each axis.
    out : ndarray of uint8, 3-D
        Updated: 1 in blocks that are touched.

    Notes
    -----
    O(rows + runs × blocks across a run).
    """
    bottom, top, near, far, left, right = bounds
    for row in range(offsets.size - 1):
        z, y = z0 + row // n_rows, row % n_rows
        if z < bottom or z >= top or y < near or y >= far:
            continue
        i, j = (z - bottom) // factors[0], (y - near) // factors[1]
        for run in range(np.int64(offsets[row]), np.int64(offsets[row + 1])):
            start, stop = max(np.int64(edges[2 * run]), left), min(np.int64(edges[2 * run + 1]), right)
            if start < stop and names[labels[run]]:
                for k in range((start - left) // factors[2], (stop - 1 - left) // factors[2] + 1):
                    out[i, j, k] = 1
