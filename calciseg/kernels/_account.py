"""Statistics of components, added up run by run in integers."""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits
from calciseg.kernels._jit import inlined, kernel


@inlined
def count_meets(words: Any, base: Any, start: Any, stop: Any) -> Any:
    """Count the set bits of a row of words between two columns."""
    first, last = start // WIDTH, (stop - ONE) // WIDTH
    head = ALL << (start & TOP)
    tail = ALL >> (TOP - ((stop - ONE) & TOP))
    if first == last:
        return count_bits(words[base + first] & head & tail)
    n = count_bits(words[base + first] & head) + count_bits(words[base + last] & tail)
    for j in range(first + ONE, last):
        n += count_bits(words[base + j])
    return n


@inlined
def clear_row(w: Any, n: Any, wide: Any, narrow: Any, z: Any, y: Any, start: Any) -> None:
    """Begin the accumulators of a label with its first run."""
    for k in range(col.N_WIDE):
        wide[w + k] = 0
    for k in range(col.MEETS_Z + 1):
        narrow[n + k] = 0
    narrow[n + col.Z0] = z
    narrow[n + col.Y0], narrow[n + col.Y1] = y, y + 1
    narrow[n + col.X0], narrow[n + col.X1] = start, 0
    narrow[n + col.MIN], narrow[n + col.MAX] = 2**31 - 1, -(2**31)
    narrow[n + col.FIRST_Y], narrow[n + col.FIRST_X] = y, start


@inlined
def add_moments(wide: Any, w: Any, z: Any, y: Any, start: Any, stop: Any) -> None:
    """Add the coordinates of a run and their products: sums over columns in closed form."""
    n = stop - start
    x = n * (start + stop - 1) // 2
    xx = (stop * (stop - 1) * (2 * stop - 1) - start * (start - 1) * (2 * start - 1)) // 6
    wide[w + col.SUM_Z] += n * z
    wide[w + col.SUM_Y] += n * y
    wide[w + col.SUM_X] += x
    wide[w + col.SUM_ZZ] += n * z * z
    wide[w + col.SUM_YY] += n * y * y
    wide[w + col.SUM_XX] += xx
    wide[w + col.SUM_ZY] += n * z * y
    wide[w + col.SUM_ZX] += x * z
    wide[w + col.SUM_YX] += x * y


@inlined
def add_values(image: Any, at: Any, n_voxels: Any, flip: Any, wide: Any, w: Any, narrow: Any, n: Any) -> None:
    """Add the voxel values of a run: sum, sum of squares, smallest, largest."""
    shift = np.int64(32768) if flip else np.int64(0)
    total, squares = np.int64(0), np.int64(0)
    low, high = np.int64(2**31 - 1), np.int64(-(2**31))
    for i in range(at, at + n_voxels):
        value = np.int64(np.int16(image[i] ^ flip)) + shift
        total += value
        squares += value * value
        low, high = min(low, value), max(high, value)
    wide[w + col.SUM] += total
    wide[w + col.SUM_SQ] += squares
    narrow[n + col.MIN] = min(narrow[n + col.MIN], low)
    narrow[n + col.MAX] = max(narrow[n + col.MAX], high)


@kernel
def account_runs(
    image: Any, slice_of_slab: Any, z0: Any, n_rows: Any, n_columns: Any, flip: Any, above: Any, words: Any,
    edges: Any, offsets: Any, labels: Any, n_known: Any, wide: Any, narrow: Any,
) -> None:  # fmt: skip
    """Add the runs of one slice to the accumulators of their labels.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
        The voxels of the slab.
    slice_of_slab, z0, n_rows, n_columns : uint64
        Which slice of the slab, where the slab starts, and the size of a slice.
    flip : int16
        As in ``pack_rows``.
    above, words : ndarray of uint64, flat
        The slice before and this one, as written by ``pack_rows``.
    edges, offsets, labels : ndarray
        Runs of this slice, as written by ``extract_runs`` and ``connect_runs``.
    n_known : uint64
        Labels that were there before this slice: those above it begin with their first run here.
    wide, narrow : ndarray of int64 and int32, flat
        Accumulators in the columns of ``_layout``, a row per label.

    Notes
    -----
    O(foreground). Faces between foreground voxels are counted, not the exposed ones: a component of n voxels
    and m such pairs along an axis exposes 2 n - 2 m faces there, and pairs need no look at later rows.
    """
    stride = (n_columns + TOP) // WIDTH + ONE + ONE
    z = np.int64(slice_of_slab + z0)
    for row in range(n_rows):
        base = (row + ONE) * stride + ONE
        voxel = (slice_of_slab * n_rows + row) * n_columns
        y = np.int64(row)
        for run in range(np.uint64(offsets[row]), np.uint64(offsets[row + ONE])):
            start, stop = np.uint64(edges[run + run]), np.uint64(edges[run + run + ONE])
            label = np.uint64(labels[run])
            w, n = label * np.uint64(col.N_WIDE), label * np.uint64(col.N_NARROW)
            if label > n_known:
                n_known = label
                clear_row(w, n, wide, narrow, z, y, np.int64(start))
            narrow[n + col.N_VOXELS] += stop - start
            narrow[n + col.N_RUNS] += 1
            narrow[n + col.MEETS_Y] += count_meets(words, base - stride, start, stop)
            narrow[n + col.MEETS_Z] += count_meets(above, base, start, stop)
            narrow[n + col.Z1] = z + 1
            narrow[n + col.Y0] = min(narrow[n + col.Y0], y)
            narrow[n + col.Y1] = max(narrow[n + col.Y1], y + 1)
            narrow[n + col.X0] = min(narrow[n + col.X0], np.int64(start))
            narrow[n + col.X1] = max(narrow[n + col.X1], np.int64(stop))
            add_moments(wide, w, z, y, np.int64(start), np.int64(stop))
            add_values(image, voxel + start, stop - start, flip, wide, w, narrow, n)
