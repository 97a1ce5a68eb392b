"""Label one slab: threshold, runs, contacts and statistics in one sweep over its slices.

Union-find by the smaller label over *provisional* labels, which are given in raster order to runs that touch
no earlier run; so the root of a component is the label of its first run, and ranks of roots are scipy's
numbers. Two-pass run-based labelling: He, Chao, Suzuki, IEEE Trans. Image Process. 17(5), 2008.
"""

from typing import Any

import numpy as np

from calciseg.kernels._account import account_runs
from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits, lowest_bit, pack_rows, write_bits
from calciseg.kernels._connect import EIGHT, TWO, ZERO, connect_runs
from calciseg.kernels._jit import kernel

NO_ROOM = ALL
"""In place of a number of runs: there are more than the workspace was made for."""


@kernel
def extract_runs(
    words: Any,
    n_rows: Any,
    n_columns: Any,
    has_compress: Any,
    edges: Any,
    n_runs: Any,
    offsets: Any,
    ranks: Any,
) -> Any:
    """Write the runs of one slice from the transitions of its words and return the new number of runs.

    Returns ``NO_ROOM`` as soon as a row might not fit into `edges`.

    Parameters
    ----------
    words : ndarray of uint64, flat
        One slice as written by ``pack_rows``, within its border of zero words.
    n_rows, n_columns, n_runs : uint64
        Size of the slice, and the number of runs written so far.
    has_compress : bool
        Whether the processor writes the edges of a word in one go.
    edges : ndarray of uint16 or uint32, flat
        Written: start and stop (half-open) of each run, interleaved.
    offsets : ndarray of uint32, n_rows + 1
        Written: number of the first run of each row of this slice, and of the next slice.
    ranks : ndarray of uint32, flat, laid out as `words`
        Written for rows with foreground: how many runs start before each word.

    Notes
    -----
    O(words + runs).
    """
    stride = (n_columns + TOP) // WIDTH + TWO
    k = n_runs * TWO
    # A row has at most one edge more than columns, and a word of junk may follow.
    last = np.uint64(edges.size) - (n_columns + ONE) - WIDTH
    for row in range(n_rows):
        base = (row + ONE) * stride + ONE
        offsets[row] = k >> ONE
        if k > last:
            return NO_ROOM
        any_set = ZERO
        for j in range(stride - TWO):
            any_set |= words[base + j]
        if any_set == ZERO:
            continue
        carry = ZERO
        for j in range(stride - TWO):
            word = words[base + j]
            ranks[base + j] = (k + ONE) >> ONE
            turns = word ^ ((word << ONE) | carry)
            carry = word >> TOP
            if has_compress:
                write_bits(edges, k, turns, j * WIDTH)
                k += count_bits(turns)
                continue
            while turns:
                edges[k] = j * WIDTH + lowest_bit(turns)
                k += ONE
                turns &= turns - ONE
        if carry:
            # The last word is full up to its end: the run stops with the row.
            edges[k] = n_columns
            k += ONE
    offsets[n_rows] = k >> ONE
    return k >> ONE


@kernel
def sweep_slab(
    image: Any, shape: Any, flip: Any, level: Any, connectivity: Any, is_vector: Any, has_compress: Any,
    edges: Any, offsets: Any, labels: Any, parent: Any, wide: Any, narrow: Any,
) -> Any:  # fmt: skip
    """Label a slab of slices on its own; return its number of runs and of provisional labels.

    Where the slab has more runs than there is room for, the number of runs is ``NO_ROOM``.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
        The voxels of the slab.
    shape : tuple of three uint64
        Slices, rows and columns of the slab.
    flip, level : int16
        As in ``pack_rows``; `flip` also restores uint16 values for the statistics.
    connectivity : uint64
        6, 18 or 26.
    is_vector, has_compress : bool
        As in ``pack_rows`` and ``extract_runs``.
    edges, offsets, labels, parent, wide, narrow : ndarray
        Written, as the functions above say; as much room in each as `edges` has for runs.

    Notes
    -----
    O(voxels / 64 + foreground + contacts × α). One slice is packed, scanned, connected and measured before
    the next is read, so its voxels are still in the cache when the statistics need them again.
    """
    n_slices, n_rows, n_columns = shape
    size = (n_rows + TWO) * ((n_columns + TOP) // WIDTH + TWO)
    words, above = np.zeros(size + EIGHT, np.uint64), np.zeros(size + EIGHT, np.uint64)
    ranks, ranks_above = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
    n_runs, n_labels = ZERO, ZERO
    for z in range(n_slices):
        pack_rows(image, z * n_rows * n_columns, n_rows, n_columns, flip, level, words, is_vector)
        rows = offsets[z * n_rows : (z + ONE) * n_rows + ONE]
        n_runs = extract_runs(words, n_rows, n_columns, has_compress, edges, n_runs, rows, ranks)
        if n_runs == NO_ROOM:
            break
        n_known = n_labels
        n_labels = connect_runs(
            above, ranks_above, words, ranks, n_rows, n_columns, connectivity, rows, labels, parent, n_labels
        )
        account_runs(
            image, z, n_rows, n_columns, flip, level, is_vector,
            above, words, edges, rows, labels, n_known, wide, narrow,
        )  # fmt: skip
        words, above = above, words
        ranks, ranks_above = ranks_above, ranks
    return n_runs, n_labels
