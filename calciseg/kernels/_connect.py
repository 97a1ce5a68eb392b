"""Contacts of the runs of a slice with earlier ones, found on 64-bit words.

Contacts that others imply are dropped, after Grana's block-based decision trees (IEEE Trans. Image Process.
19(6), 2010), here as masks.
"""

from typing import Any

import numpy as np

from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import unite

ZERO = np.uint64(0)
TWO = np.uint64(2)


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
        labels[run] = parent[other] if own == 0 else unite(parent, own, other)


@kernel
def connect_runs(  # noqa: C901 -- one word's contacts with its four earlier rows are one thought
    above: Any, ranks_above: Any, words: Any, ranks: Any, n_rows: Any, n_columns: Any, is_full: Any,
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
    is_full : bool
        Whether corners connect: 26 neighbours, not 18.
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
    corner = ALL if is_full else ZERO
    labels[np.uint64(offsets[0]) : np.uint64(offsets[n_rows])] = 0
    for row in range(n_rows):
        start = np.uint64(offsets[row])
        stop = np.uint64(offsets[row + ONE])
        if start == stop:
            continue
        base = (row + ONE) * stride + ONE
        for j in range(base, base + stride - TWO):
            c = words[j]
            if c == ZERO:
                continue
            c_m, c_p = (c << ONE) | (words[j - ONE] >> TOP), (c >> ONE) | (words[j + ONE] << TOP)
            here, n_here = c & ~c_m, np.uint64(ranks[j]) - ONE
            ends = c & ~c_p

            i = j - stride
            u, a = above[j], words[i]
            u_m, u_p = (u << ONE) | (above[j - ONE] >> TOP), (u >> ONE) | (above[j + ONE] << TOP)
            a_m, a_p = (a << ONE) | (words[i - ONE] >> TOP), (a >> ONE) | (words[i + ONE] << TOP)
            met_u, end_u = (c & u & ~(c_m & u_m)) | (here & ~u & u_m), ends & ~u & u_p
            near = u | ((u_m | u_p) & corner)
            left, right = (u & corner) | u_m, (u & corner) | u_p
            met_a = (c & a & ~(c_m & a_m) & ~near) | (here & ~a & a_m & ~left)
            end_a = ends & ~a & a_p & ~right
            if met_u | end_u:
                there, rank = u & ~u_m, np.uint64(ranks_above[j]) - ONE
                join(met_u, here, there, n_here, rank, labels, parent)
                join(end_u, here, there, n_here, rank + ONE, labels, parent)
            if met_a | end_a:
                there, rank = a & ~a_m, np.uint64(ranks[i]) - ONE
                join(met_a, here, there, n_here, rank, labels, parent)
                join(end_a, here, there, n_here, rank + ONE, labels, parent)

            # Where u covers the run, as inside any blob, neither b nor d is needed.
            far, left, right = c & ~(u | u_m | u_p), here & ~(u | u_m) & corner, ends & ~(u | u_p) & corner
            if (far | left | right) == ZERO:
                continue
            b, d, k = above[i], above[j + stride], j + stride
            b_m, b_p = (b << ONE) | (above[i - ONE] >> TOP), (b >> ONE) | (above[i + ONE] << TOP)
            d_m, d_p = (d << ONE) | (above[k - ONE] >> TOP), (d >> ONE) | (above[k + ONE] << TOP)
            met_d, end_d = (far & d & ~(c_m & d_m)) | (left & ~d & d_m), right & ~d & d_p
            met_b = (far & b & ~(c_m & b_m) & ~(a | a_m | a_p)) | (left & ~b & b_m & ~(a | a_m))
            end_b = right & ~b & b_p & ~(a | a_p)
            if met_b | end_b | met_d | end_d:
                there, rank = b & ~b_m, np.uint64(ranks_above[i]) - ONE
                join(met_b, here, there, n_here, rank, labels, parent)
                join(end_b, here, there, n_here, rank + ONE, labels, parent)
                there, rank = d & ~d_m, np.uint64(ranks_above[k]) - ONE
                join(met_d, here, there, n_here, rank, labels, parent)
                join(end_d, here, there, n_here, rank + ONE, labels, parent)
        for run in range(start, stop):
            if labels[run] == 0:
                n_labels += ONE
                parent[n_labels] = n_labels
                labels[run] = n_labels
    return n_labels


@kernel
def connect_faces(
    above: Any, ranks_above: Any, words: Any, ranks: Any, n_rows: Any, n_columns: Any,
    offsets: Any, labels: Any, parent: Any, n_labels: Any,
) -> Any:  # fmt: skip
    """Label the runs of one slice by the faces they share with earlier ones; return the number of labels.

    Parameters and notes as for ``connect_runs``, of which this is what is left when diagonals do not count.
    """
    stride = (n_columns + TOP) // WIDTH + TWO
    labels[np.uint64(offsets[0]) : np.uint64(offsets[n_rows])] = 0
    for row in range(n_rows):
        start = np.uint64(offsets[row])
        stop = np.uint64(offsets[row + ONE])
        if start == stop:
            continue
        base = (row + ONE) * stride + ONE
        for j in range(base, base + stride - TWO):
            c, u, i = words[j], above[j], j - stride
            a = words[i]
            if c & (u | a) == ZERO:
                continue
            c_m = (c << ONE) | (words[j - ONE] >> TOP)
            u_m, a_m = (u << ONE) | (above[j - ONE] >> TOP), (a << ONE) | (words[i - ONE] >> TOP)
            here, n_here = c & ~c_m, np.uint64(ranks[j]) - ONE
            met_u = c & u & ~(c_m & u_m) & ~(a & above[i])
            if met_u:
                join(met_u, here, u & ~u_m, n_here, np.uint64(ranks_above[j]) - ONE, labels, parent)
            met_a = c & a & ~(c_m & a_m)
            if met_a:
                join(met_a, here, a & ~a_m, n_here, np.uint64(ranks[i]) - ONE, labels, parent)
        for run in range(start, stop):
            if labels[run] == 0:
                n_labels += ONE
                parent[n_labels] = n_labels
                labels[run] = n_labels
    return n_labels
