"""Background that a slice's foreground encloses, from the runs of the background."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import find, unite


@inlined
def unite_with_row_before(parent: Any, starts: Any, stops: Any, run: Any, j: Any, lower_stop: Any) -> Any:
    """Unite a run with those of the row before from `j` on that share a column; return the first of them."""
    while j < lower_stop and stops[j] <= starts[run]:
        j += 1
    k = j
    while k < lower_stop and starts[k] < stops[run]:
        unite(parent, run + 1, k + 1)
        k += 1
    return j


@kernel
def fill_enclosed(mask: Any, first: Any, stop: Any, n_rows: Any, n_columns: Any, out: Any) -> None:
    """Write slices with their enclosed background set.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        0 is background.
    first, stop : int
        The slices to write, half-open.
    n_rows, n_columns : int
        Size of a slice.
    out : ndarray of uint8, flat
        Written: 1 in the foreground and in what it encloses, else 0.

    Notes
    -----
    O(voxels + contacts × α). Runs of background are united with those of the row before that they share a
    column with; label 0 is the outside, the smallest and so the root of all that reaches the slice's edge.
    """
    most = n_rows * ((n_columns + 1) // 2) + 1
    starts, stops = np.empty(most, np.uint32), np.empty(most, np.uint32)
    parent, offsets = np.empty(most + 1, np.uint32), np.empty(n_rows + 1, np.int64)
    for z in range(first, stop):
        n = 0
        parent[0] = 0
        for y in range(n_rows):
            offsets[y] = n
            base = (z * n_rows + y) * n_columns
            j, lower_stop = offsets[max(y - 1, 0)], n
            x = 0
            while x < n_columns:
                if mask[base + x]:
                    x += 1
                    continue
                begin = x
                while x < n_columns and not mask[base + x]:
                    x += 1
                starts[n], stops[n] = begin, x
                parent[n + 1] = n + 1
                if begin == 0 or x == n_columns or y == 0 or y == n_rows - 1:
                    unite(parent, n + 1, 0)
                j = unite_with_row_before(parent, starts, stops, n, j, lower_stop)
                n += 1
        offsets[n_rows] = n
        for y in range(n_rows):
            base = (z * n_rows + y) * n_columns
            out[base : base + n_columns] = 1
            for run in range(offsets[y], offsets[y + 1]):
                if find(parent, run + 1) == 0:
                    out[base + np.int64(starts[run]) : base + np.int64(stops[run])] = 0
