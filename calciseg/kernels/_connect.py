"""Runs of a slice united with the earlier ones that they touch."""

from typing import Any

import numpy as np

from calciseg.kernels._bits import ALL, ONE, TOP, WIDTH, count_bits, lowest_bit
from calciseg.kernels._contacts import N_LANES, find_contacts, find_faces
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import unite

ZERO, TWO = np.uint64(0), np.uint64(2)
SIX, EIGHT, FULL = np.uint64(6), np.uint64(N_LANES), np.uint64(26)


@inlined
def join(
    contacts: Any,
    here: Any,
    n_here: Any,
    there_words: Any,
    there_ranks: Any,
    j: Any,
    labels: Any,
    parent: Any,
) -> None:
    """Unite the runs of two rows that meet at the set bits of `contacts`.

    `here` holds the bits at which runs of the one row start, `n_here` the number of the run before the first
    of them; the other row is word `j` of `there_words`. A run's number is that plus the rank of the bit: no
    search, no map.
    """
    if contacts == ZERO:
        return
    word = there_words[j]
    there, n_there = word & ~((word << ONE) | (there_words[j - ONE] >> TOP)), np.uint64(there_ranks[j]) - ONE
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
def connect_runs(
    above: Any, ranks_above: Any, words: Any, ranks: Any, n_rows: Any, n_columns: Any, connectivity: Any,
    offsets: Any, labels: Any, parent: Any, n_labels: Any,
) -> Any:  # fmt: skip
    """Label the runs of one slice by their contacts with earlier ones; return the new number of labels.

    Parameters
    ----------
    above, words : ndarray of uint64, flat
        The slice before this one (zeros for the first) and this slice, as written by ``pack_rows``, readable
        for eight words more.
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
    n_words = (n_columns + TOP) // WIDTH
    stride = n_words + TWO
    corner = ALL if connectivity == FULL else ZERO
    found = np.zeros(4 * N_LANES, np.uint64)
    labels[np.uint64(offsets[0]) : np.uint64(offsets[n_rows])] = 0
    for row in range(n_rows):
        start = np.uint64(offsets[row])
        stop = np.uint64(offsets[row + ONE])
        if start == stop:
            continue
        base = (row + ONE) * stride + ONE
        for first in range(base, base + n_words, EIGHT):
            if connectivity == SIX:
                busy = find_faces(above, words, first, stride, found)
            else:
                busy = find_contacts(above, words, first, stride, corner, found)
            left = base + n_words - first
            if left < EIGHT:
                busy &= (ONE << left) - ONE
            while busy:
                k = lowest_bit(busy)
                busy &= busy - ONE
                j = first + k
                here = words[j] & ~((words[j] << ONE) | (words[j - ONE] >> TOP))
                n_here = np.uint64(ranks[j]) - ONE
                join(found[k], here, n_here, above, ranks_above, j, labels, parent)
                join(found[k + EIGHT], here, n_here, words, ranks, j - stride, labels, parent)
                if connectivity == SIX:
                    continue
                j_b, j_d = j - stride, j + stride
                join(found[k + TWO * EIGHT], here, n_here, above, ranks_above, j_b, labels, parent)
                join(found[k + TWO * EIGHT + EIGHT], here, n_here, above, ranks_above, j_d, labels, parent)
        for run in range(start, stop):
            if labels[run] == 0:
                n_labels += ONE
                parent[n_labels] = n_labels
                labels[run] = n_labels
    return n_labels
