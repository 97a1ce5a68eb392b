"""Label one slab: threshold, runs, contacts and statistics in one sweep over its slices.

Union-find by the smaller label over *provisional* labels, which are given in raster order to runs that touch
no earlier run; so the root of a component is the label of its first run, and ranks of roots are scipy's
numbers. Two-pass run-based labelling: He, Chao, Suzuki, IEEE Trans. Image Process. 17(5), 2008; contacts are
found on 64-bit words and implied ones dropped, after Grana's block-based decision trees (IEEE Trans. Image
Process. 19(6), 2010), here as masks.
"""

from typing import Any

import numpy as np

from calciseg.kernels._account import account_runs
from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits, lowest_bit, pack_rows
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import find, unite

ZERO = np.uint64(0)
TWO = np.uint64(2)


@kernel
def extract_runs(
    words: Any, n_rows: Any, n_columns: Any, edges: Any, n_runs: Any, offsets: Any, ranks: Any
) -> Any:
    """Write the runs of one slice from the transitions of its words and return the new number of runs.

    Parameters
    ----------
    words : ndarray of uint64, flat
        One slice as written by ``pack_rows``, within its border of zero words.
    n_rows, n_columns, n_runs : uint64
        Size of the slice, and the number of runs written so far.
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
    for row in range(n_rows):
        base = (row + ONE) * stride + ONE
        offsets[row] = k >> ONE
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


@inlined
def join(contacts: Any, here: Any, there: Any, n_here: Any, n_there: Any, labels: Any, parent: Any) -> None:
    """Unite the runs of two rows that meet at the set bits of `contacts`.

    `here` and `there` hold the bits at which runs of the two rows start, `n_here` and `n_there` the number
    of the run before the first of them. A run's number is that plus the rank of the bit: no search, no map.
    """
    while contacts:
        upto = contacts ^ (contacts - ONE)
        contacts &= contacts - ONE
        run = n_here + count_bits(here & upto)
        other = labels[n_there + count_bits(there & upto)]
        own = labels[run]
        # Most contacts of a dense image repeat what is known: two loads settle that without any find.
        if own == other:
            continue
        labels[run] = find(parent, other) if own == 0 else unite(parent, own, other)


@kernel
def connect_runs(  # noqa: C901 -- one word's contacts with its four earlier rows are one thought
    above: Any, ranks_above: Any, words: Any, ranks: Any, n_rows: Any, n_columns: Any, connectivity: Any,
    offsets: Any, labels: Any, parent: Any, n_labels: Any,
) -> Any:  # fmt: skip
    """Label the runs of one slice by their contacts with earlier ones; return the new number of labels.

    The earlier rows of row (z, y) are u = (z-1, y), a = (z, y-1), b = (z-1, y-1) and d = (z-1, y+1). With
    bits ``c`` of this row and ``n`` of another, overlapping runs meet in a stretch of ``c & n``, counted once
    at its first bit; diagonal-only contacts are an end in one row beside a start in the other. A contact is
    dropped when a foreground voxel of a row handled before touches both voxels of it.

    Parameters
    ----------
    above, words : ndarray of uint64, flat
        The slice before this one (zeros for the first) and this slice, as written by ``pack_rows``.
    ranks_above, ranks : ndarray of uint32, flat
        As written by ``extract_runs``.
    n_rows, n_columns, n_labels : uint64
        Size of the slice; provisional labels so far.
    connectivity : uint64
        6, 18 or 26.
    offsets : ndarray of uint32, n_rows + 1
        First run of each row of this slice.
    labels : ndarray of uint32
        Written: provisional label of each run, from 1.
    parent : ndarray of uint32
        Union-find forest over provisional labels; grows by the new ones.

    Notes
    -----
    O(words + runs + contacts × α).
    """
    stride = (n_columns + TOP) // WIDTH + TWO
    edge = ALL if connectivity >= np.uint64(18) else ZERO
    corner = ALL if connectivity == np.uint64(26) else ZERO
    for row in range(n_rows):
        start = np.uint64(offsets[row])
        stop = np.uint64(offsets[row + ONE])
        if start == stop:
            continue
        for run in range(start, stop):
            labels[run] = 0
        base = (row + ONE) * stride + ONE
        for j in range(base, base + stride - TWO):
            c = words[j]
            if c == ZERO:
                continue
            c_m, c_p = (c << ONE) | (words[j - ONE] >> TOP), (c >> ONE) | (words[j + ONE] << TOP)
            here, n_here = c & ~c_m, np.uint64(ranks[j]) - ONE
            ends, starts = c & ~c_p & edge, here & edge

            u, a, b, d = above[j], words[j - stride], above[j - stride], above[j + stride]
            u_m, u_p = (u << ONE) | (above[j - ONE] >> TOP), (u >> ONE) | (above[j + ONE] << TOP)
            i = j - stride
            a_m, a_p = (a << ONE) | (words[i - ONE] >> TOP), (a >> ONE) | (words[i + ONE] << TOP)
            b_m, b_p = (b << ONE) | (above[i - ONE] >> TOP), (b >> ONE) | (above[i + ONE] << TOP)
            i = j + stride
            d_m, d_p = (d << ONE) | (above[i - ONE] >> TOP), (d >> ONE) | (above[i + ONE] << TOP)

            met_u = (c & u & ~(c_m & u_m) & ~(a & b & ~edge)) | (starts & ~u & u_m)
            end_u = ends & ~u & u_p
            near = (u & edge) | ((u_m | u_p) & corner)
            left, right = (u & corner) | (u_m & edge), (u & corner) | (u_p & edge)
            met_a = (c & a & ~(c_m & a_m) & ~near) | (starts & ~a & a_m & ~left)
            end_a = ends & ~a & a_p & ~right
            far, near = edge & ~(u | u_m | u_p), u | u_m | a | a_m
            met_d = (c & d & ~(c_m & d_m) & far) | (starts & corner & ~d & d_m & ~(u | u_m))
            end_d = ends & corner & ~d & d_p & ~(u | u_p)
            met_b = (c & b & ~(c_m & b_m) & far & ~(a | a_m | a_p)) | (starts & corner & ~b & b_m & ~near)
            end_b = ends & corner & ~b & b_p & ~(u | u_p | a | a_p)

            if met_u | end_u:
                there, rank = u & ~u_m, np.uint64(ranks_above[j]) - ONE
                join(met_u, here, there, n_here, rank, labels, parent)
                join(end_u, here, there, n_here, rank + ONE, labels, parent)
            if met_a | end_a:
                there, rank = a & ~a_m, np.uint64(ranks[j - stride]) - ONE
                join(met_a, here, there, n_here, rank, labels, parent)
                join(end_a, here, there, n_here, rank + ONE, labels, parent)
            # One branch for both: where u or a covers the run, as inside any blob, neither is needed.
            if met_b | end_b | met_d | end_d:
                there, rank = b & ~b_m, np.uint64(ranks_above[j - stride]) - ONE
                join(met_b, here, there, n_here, rank, labels, parent)
                join(end_b, here, there, n_here, rank + ONE, labels, parent)
                there, rank = d & ~d_m, np.uint64(ranks_above[j + stride]) - ONE
                join(met_d, here, there, n_here, rank, labels, parent)
                join(end_d, here, there, n_here, rank + ONE, labels, parent)
        for run in range(start, stop):
            if labels[run] == 0:
                n_labels += ONE
                parent[n_labels] = n_labels
                labels[run] = n_labels
    return n_labels


@kernel
def sweep_slab(
    image: Any, z0: Any, shape: Any, flip: Any, level: Any, connectivity: Any, is_vector: Any,
    edges: Any, offsets: Any, labels: Any, parent: Any, wide: Any, narrow: Any,
) -> Any:  # fmt: skip
    """Label a slab of slices on its own; return its number of runs and of provisional labels.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
        The voxels of the slab.
    z0 : uint64
        Where the slab starts in the volume.
    shape : tuple of three uint64
        Slices, rows and columns of the slab.
    flip, level : int16
        As in ``pack_rows``; `flip` also restores uint16 values for the statistics.
    connectivity : uint64
        6, 18 or 26.
    is_vector : bool
        As in ``pack_rows``.
    edges, offsets, labels, parent, wide, narrow : ndarray
        Written, as the functions above say; room for the worst case.

    Notes
    -----
    O(voxels / 64 + foreground + contacts × α). One slice is packed, scanned, connected and measured before
    the next is read, so its voxels are still in the cache when the statistics need them again.
    """
    n_slices, n_rows, n_columns = shape
    size = (n_rows + TWO) * ((n_columns + TOP) // WIDTH + TWO)
    words, above = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    ranks, ranks_above = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
    n_runs, n_labels = ZERO, ZERO
    for z in range(n_slices):
        pack_rows(image, z * n_rows * n_columns, n_rows, n_columns, flip, level, words, is_vector)
        rows = offsets[z * n_rows : (z + ONE) * n_rows + ONE]
        n_runs = extract_runs(words, n_rows, n_columns, edges, n_runs, rows, ranks)
        n_known = n_labels
        n_labels = connect_runs(
            above, ranks_above, words, ranks, n_rows, n_columns, connectivity, rows, labels, parent, n_labels
        )
        account_runs(
            image, z, z0, n_rows, n_columns, flip, level,
            above, words, edges, rows, labels, n_known, wide, narrow,
        )  # fmt: skip
        words, above = above, words
        ranks, ranks_above = ranks_above, ranks
    return n_runs, n_labels
