"""Voxels of components on the sides of the image."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


@kernel
def count_border(
    edges: Any, offsets: Any, labels: Any, names: Any, z0: Any, n_slices: Any, n_rows: Any, n_columns: Any,
    is_at_ends: Any, counts: Any,
) -> None:  # fmt: skip
    """Add the voxels of a slab's runs that lie on the six sides of the volume.

    Parameters
    ----------
    edges, offsets, labels, names : ndarray
        Runs of a slab, as ``_slabs.RunSlab`` holds them.
    z0, n_slices, n_rows, n_columns : int
        First slice of the slab, and the size of the volume.
    is_at_ends : bool
        Whether any run begins in the first column or reaches the last.
    counts : ndarray of int32, (components, 6)
        Updated: voxels on the first and last slice, row and column.

    Notes
    -----
    O(rows + runs on the border rows): elsewhere at most the first and last run of a row are looked at.
    """
    for z in range(z0, z0 + (offsets.size - 1) // n_rows):
        is_end = z == 0 or z == n_slices - 1
        # Between the first row and the last one there may be nothing to look at.
        step = 1 if is_at_ends or is_end else max(1, n_rows - 1)
        for y in range(0, n_rows, step):
            row = (z - z0) * n_rows + y
            first, stop = np.int64(offsets[row]), np.int64(offsets[row + 1])
            if first == stop:
                continue
            label = names[labels[first]]
            if edges[2 * first] == 0 and label:
                counts[label - 1, 4] += 1
            label = names[labels[stop - 1]]
            if edges[2 * stop - 1] == n_columns and label:
                counts[label - 1, 5] += 1
            for side, is_on in ((0, z == 0), (1, z == n_slices - 1), (2, y == 0), (3, y == n_rows - 1)):
                if not is_on:
                    continue
                for run in range(first, stop):
                    label = names[labels[run]]
                    if label:
                        counts[label - 1, side] += np.int32(edges[2 * run + 1]) - np.int32(edges[2 * run])
