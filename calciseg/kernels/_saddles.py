"""Peaks of basins, and the widest passage between each two that touch."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import find, unite


@inlined
def widen(first: Any, second: Any, n_basins: Any, width: Any, keys: Any, widths: Any, n: Any) -> Any:
    """Keep the widest passage of a pair in a table of open addresses; return how many pairs it holds."""
    key = np.int64(min(first, second)) * n_basins + max(first, second)
    mask = np.int64(keys.size - 1)
    # A multiplicative hash spreads keys that follow one another.
    at = (key * np.int64(0x9E3779B97F4A7C1)) >> np.int64(20) & mask
    while keys[at] != key:
        if keys[at] < 0:
            keys[at] = key
            n += 1
            break
        at = (at + 1) & mask
    widths[at] = max(widths[at], width)
    return n


@kernel
def measure_basins(basins: Any, depths: Any, peaks: Any, keys: Any, widths: Any) -> Any:
    """Find the deepest place of each basin, and the passages between basins over faces.

    Parameters
    ----------
    basins : ndarray of int32, 3-D
        0 outside.
    depths : ndarray of float32, 3-D
        Not negative.
    peaks : ndarray of float64, ``(n_basins + 1,)``
        Updated.
    keys : ndarray of int64
        A power of two long, -1 before; written: the pairs, as ``first * (n_basins + 1) + second``.
    widths : ndarray of float64
        Zeros before; written: of each pair, the largest of the lesser depth on either side of a face.

    Returns
    -------
    bool
        Whether the table was large enough.

    Notes
    -----
    O(voxels).
    """
    n_slices, n_rows, n_columns = basins.shape
    n = 0
    for z in range(n_slices):
        for y in range(n_rows):
            for x in range(n_columns):
                own, depth = basins[z, y, x], depths[z, y, x]
                if own == 0:
                    continue
                peaks[own] = max(peaks[own], depth)
                for axis in range(3):
                    k, j, i = z + (axis == 0), y + (axis == 1), x + (axis == 2)
                    if k == n_slices or j == n_rows or i == n_columns:
                        continue
                    other = basins[k, j, i]
                    if other != 0 and other != own:
                        n = widen(own, other, peaks.size, min(depth, depths[k, j, i]), keys, widths, n)
                if 2 * n > keys.size:
                    return False
    return True


@kernel
def join_basins(peaks: Any, pairs: Any, passages: Any, ratio: Any, roots: Any) -> None:
    """Join basins over wide passages.

    Parameters
    ----------
    peaks : ndarray of float64, ``(n_basins + 1,)``
        Updated: that of a root becomes that of all it holds.
    pairs : ndarray of int64, ``(n, 2)``
        In the order in which they are asked.
    passages : ndarray of float64, ``(n,)``
    ratio : float
        Of a passage to the lower of two peaks.
    roots : ndarray of int64, ``(n_basins + 1,)``
        Each basin its own before; updated: the smallest basin that each is joined with.
    """
    for k in range(len(pairs)):
        a, b = find(roots, pairs[k, 0]), find(roots, pairs[k, 1])
        if a != b and passages[k] >= ratio * min(peaks[a], peaks[b]):
            peaks[unite(roots, a, b)] = max(peaks[a], peaks[b])
    for i in range(roots.size):
        roots[i] = find(roots, i)
