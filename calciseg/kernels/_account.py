"""Values and faces of components, added up in integers."""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits, sum16, sum32
from calciseg.kernels._jit import inlined, kernel

HALF, QUARTER = np.uint64(32), np.uint64(16)


@inlined
def count_meets(words: Any, above: Any, base: Any, stride: Any, start: Any, stop: Any) -> Any:
    """Count the voxels of a row between two columns that have a neighbour in the row and slice before."""
    j, last = base + start // WIDTH, base + (stop - ONE) // WIDTH
    head, tail = ALL << (start & TOP), ALL >> (TOP - ((stop - ONE) & TOP))
    in_y, in_z = np.uint64(0), np.uint64(0)
    while j < last:
        word = words[j] & head
        in_y += count_bits(word & words[j - stride])
        in_z += count_bits(word & above[j])
        head = ALL
        j += ONE
    word = words[j] & head & tail
    in_y += count_bits(word & words[j - stride])
    in_z += count_bits(word & above[j])
    return np.int64(in_y), np.int64(in_z)


@inlined
def sum_values(image: Any, start: Any, stop: Any, flip: Any, level: Any, is_vector: Any) -> Any:
    """Return sum, sum of squares, least and largest of the foreground values between two voxels.

    Tests every voxel rather than walking the runs: that runs in vector registers, so the gaps between the
    runs of one component cost less than starting a loop for each run (five times on dense noise).
    """
    if is_vector and stop - start <= QUARTER and start + QUARTER <= np.uint64(image.size):
        total, squares, least, most = sum16(image, start, np.int16(stop - start), flip, level)
        return np.int64(total), np.int64(squares), np.int32(least), np.int32(most)
    total, squares, low, high = np.int64(0), np.int64(0), np.int32(32767), np.int32(-32768)
    if is_vector:
        while start < stop and start + HALF <= np.uint64(image.size):
            part, part_squares, least, most = sum32(
                image, start, np.int16(min(stop - start, HALF)), flip, level
            )
            total += part
            squares += part_squares
            low, high = min(low, np.int32(least)), max(high, np.int32(most))
            start += HALF
    for i in range(start, stop):
        value = np.int32(np.int16(image[i] ^ flip))
        if value < level:
            continue
        total += np.int64(value)
        squares += np.int64(np.int32(value * value))
        low, high = min(low, value), max(high, value)
    return total, squares, low, high


@inlined
def begin_row(wide: Any, narrow: Any, w: Any, n: Any, sums: Any) -> None:
    """Write the accumulators of a label that begins with some runs of a row."""
    n_voxels, n_runs, meets_y, meets_z, total, squares, low, high = sums
    narrow[n + col.N_VOXELS], narrow[n + col.N_RUNS] = n_voxels, n_runs
    narrow[n + col.MEETS_Y], narrow[n + col.MEETS_Z] = meets_y, meets_z
    narrow[n + col.MIN], narrow[n + col.MAX] = low, high
    wide[w + col.SUM], wide[w + col.SUM_SQ] = total, squares


@inlined
def add_row(wide: Any, narrow: Any, w: Any, n: Any, sums: Any) -> None:
    """Add some runs of a row to the accumulators of their label."""
    n_voxels, n_runs, meets_y, meets_z, total, squares, low, high = sums
    narrow[n + col.N_VOXELS] += n_voxels
    narrow[n + col.N_RUNS] += n_runs
    narrow[n + col.MEETS_Y] += meets_y
    narrow[n + col.MEETS_Z] += meets_z
    narrow[n + col.MIN] = min(narrow[n + col.MIN], low)
    narrow[n + col.MAX] = max(narrow[n + col.MAX], high)
    wide[w + col.SUM] += total
    wide[w + col.SUM_SQ] += squares


@kernel
def account_runs(
    image: Any, slice_of_slab: Any, n_rows: Any, n_columns: Any, flip: Any, level: Any, is_vector: Any,
    above: Any, words: Any, edges: Any, offsets: Any, labels: Any, n_known: Any, wide: Any, narrow: Any,
) -> None:  # fmt: skip
    """Add the runs of one slice to the accumulators of their labels.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
        The voxels of the slab.
    slice_of_slab, n_rows, n_columns : uint64
        Which slice of the slab, and the size of a slice.
    flip, level, is_vector : int16, int16, bool
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
    O(foreground). Runs of a row that follow each other and share a label are added as one. Faces between
    foreground voxels are counted, not the exposed ones: a component of n voxels and m such pairs along an
    axis exposes 2 n - 2 m faces there, and pairs need no look at later rows.
    """
    stride = (n_columns + TOP) // WIDTH + ONE + ONE
    shift = np.int64(32768) if flip else np.int64(0)
    for row in range(n_rows):
        base = (row + ONE) * stride + ONE
        voxel = (slice_of_slab * n_rows + row) * n_columns
        run, stop_run = np.uint64(offsets[row]), np.uint64(offsets[row + ONE])
        while run < stop_run:
            label, first = np.uint64(labels[run]), run
            start, stop = np.uint64(edges[run + run]), np.uint64(0)
            n_voxels = np.int64(0)
            while run < stop_run and np.uint64(labels[run]) == label:
                stop = np.uint64(edges[run + run + ONE])
                n_voxels += np.int64(stop) - np.int64(edges[run + run])
                run += ONE
            total, squares, least, most = sum_values(
                image, voxel + start, voxel + stop, flip, level, is_vector
            )
            squares += shift * (2 * total + n_voxels * shift)
            total += n_voxels * shift
            meets_y, meets_z = count_meets(words, above, base, stride, start, stop)
            sums = (
                n_voxels, np.int64(run - first), meets_y, meets_z,
                total, squares, least + shift, most + shift,
            )  # fmt: skip
            w, n = label * np.uint64(col.N_WIDE), label * np.uint64(col.N_NARROW)
            if label > n_known:
                n_known = label
                begin_row(wide, narrow, w, n, sums)
            else:
                add_row(wide, narrow, w, n, sums)
