"""From slabs labelled on their own to one numbering: forests, seams, ranks, and sums of accumulators.

Every component of a slab has a *place*: its rank among the components of all slabs in the order of their
slabs, from 1. Places grow in raster order of the first voxel, so the smallest place of a component is where
it starts and ranks of those are scipy's numbers.
"""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import unite


@inlined
def meet_rows(
    edges: Any, first: Any, stop: Any, labels: Any, names: Any,
    lower_edges: Any, lower_first: Any, lower_stop: Any, lower_labels: Any, lower_names: Any,
    reach: Any, is_face: Any, narrow: Any, pairs: Any, n: Any,
) -> Any:  # fmt: skip
    """Write the components of the runs of one row and of a row of the slab before that touch."""
    j = lower_first
    for i in range(first, stop):
        start, end = np.int64(edges[2 * i]), np.int64(edges[2 * i + 1])
        while j < lower_stop and np.int64(lower_edges[2 * j + 1]) + reach <= start:
            j += 1
        k = j
        while k < lower_stop and np.int64(lower_edges[2 * k]) < end + reach:
            own, other = names[labels[i]], lower_names[lower_labels[k]]
            shared = min(end, np.int64(lower_edges[2 * k + 1])) - max(start, np.int64(lower_edges[2 * k]))
            if is_face and shared > 0:
                narrow[np.int64(own) - 1, col.MEETS_Z] += shared
            if n == 0 or own != pairs[2 * n - 2] or other != pairs[2 * n - 1]:
                pairs[2 * n], pairs[2 * n + 1] = own, other
                n += 1
            k += 1
    return n


@kernel
def meet_seam(
    edges: Any, offsets: Any, labels: Any, names: Any, narrow: Any,
    lower_edges: Any, lower_offsets: Any, lower_labels: Any, lower_names: Any,
    connectivity: Any, pairs: Any,
) -> Any:  # fmt: skip
    """Find what touches between the first slice of a slab and the last slice of the slab before it.

    Parameters
    ----------
    edges, offsets, labels : ndarray
        Runs of the slab's first slice, as ``_sweep`` writes them (`offsets` has n_rows + 1 entries).
    names : ndarray of uint32
        Component of each provisional label, from 1.
    narrow : ndarray of int32, a row per component
        Accumulators of the slab: pairs of faces across the seam are added.
    lower_edges, lower_offsets, lower_labels, lower_names
        The same for the last slice of the slab before.
    connectivity : int
        6, 18 or 26.
    pairs : ndarray of uint32, flat
        Written: a component of the slab and one of the slab before, by turns; none twice in a row.

    Returns
    -------
    int
        How many pairs there are.

    Notes
    -----
    O(runs of the two slices × neighbouring rows): two pointers along each pair of rows.
    """
    n_rows, n = offsets.size - 1, 0
    for dy in range(-1, 2):
        if dy != 0 and connectivity == 6:
            continue
        reach = 1 if connectivity == 26 or (connectivity == 18 and dy == 0) else 0
        for y in range(max(0, -dy), min(n_rows, n_rows - dy)):
            n = meet_rows(
                edges, np.int64(offsets[y]), np.int64(offsets[y + 1]), labels, names,
                lower_edges, np.int64(lower_offsets[y + dy]), np.int64(lower_offsets[y + dy + 1]),
                lower_labels, lower_names,
                reach, dy == 0, narrow, pairs, n,
            )  # fmt: skip
    return n


@kernel
def unite_places(pairs: Any, base: Any, lower_base: Any, parent: Any) -> None:
    """Unite the places of components that touch.

    Parameters
    ----------
    pairs : ndarray of uint32, flat
        As ``meet_seam`` writes them.
    base, lower_base : int
        Places before the first of the slab, and of the slab before it.
    parent : ndarray of uint32
        Union-find forest over places.

    Notes
    -----
    O(pairs × α).
    """
    for i in range(0, pairs.size, 2):
        one, other = base + np.int64(pairs[i]), lower_base + np.int64(pairs[i + 1])
        if parent[one] != parent[other]:
            unite(parent, one, other)


@kernel
def rank_places(parent: Any) -> Any:
    """Replace every place by its final label; return how many there are.

    Parameters
    ----------
    parent : ndarray of uint32
        Union-find forest over places, whose roots are smallest; overwritten. Place 0 stays 0.

    Notes
    -----
    O(places), one ascending pass: what a place points to is smaller, so it holds its final label already.
    """
    n = 0
    for place in range(1, parent.size):
        if parent[place] == place:
            n += 1
            parent[place] = n
        else:
            parent[place] = parent[parent[place]]
    return n


@kernel
def name_labels(names: Any, base: Any, finals: Any) -> None:
    """Replace the components of a slab by their final labels, in place.

    Parameters
    ----------
    names : ndarray of uint32
        As ``resolve_labels`` writes them; 0 stays 0.
    base : int
        Places before the slab's first.
    finals : ndarray of uint32
        Final label of each place, as ``rank_places`` leaves them.

    Notes
    -----
    O(labels).
    """
    for label in range(names.size):
        if names[label]:
            names[label] = finals[base + np.int64(names[label])]


@kernel
def gather_rows(
    wide: Any, narrow: Any, finals: Any, n_met: Any, n_voxels: Any, total: Any, squares: Any, low: Any,
    high: Any, faces: Any,
) -> Any:  # fmt: skip
    """Add the rows of a slab to the columns of their final labels; return the largest label met so far.

    Parameters
    ----------
    wide, narrow : ndarray of int64 and int32, a row per component
        Accumulators of a slab; slabs come in their order.
    finals : ndarray of uint32, per row
        Final label from 1. One above `n_met` has not been met before: its columns need not be cleared.
    n_met : int
        What the slab before returned; 0 for the first.
    n_voxels, total, squares : ndarray of int64
        Updated: counts, sums and sums of squares.
    low, high : ndarray of int32
        Updated: smallest and largest value.
    faces : ndarray of int64, (n, 3)
        Updated: exposed faces, axes z, y, x.

    Notes
    -----
    O(rows).
    """
    for i in range(finals.size):
        to, n = np.int64(finals[i]) - 1, np.int64(narrow[i, col.N_VOXELS])
        if to >= n_met:
            n_met = to + 1
            n_voxels[to], total[to], squares[to] = 0, 0, 0
            low[to], high[to] = narrow[i, col.MIN], narrow[i, col.MAX]
            faces[to, 0], faces[to, 1], faces[to, 2] = 0, 0, 0
        n_voxels[to] += n
        total[to] += wide[i, col.SUM]
        squares[to] += wide[i, col.SUM_SQ]
        low[to] = min(low[to], narrow[i, col.MIN])
        high[to] = max(high[to], narrow[i, col.MAX])
        faces[to, 0] += 2 * (n - narrow[i, col.MEETS_Z])
        faces[to, 1] += 2 * (n - narrow[i, col.MEETS_Y])
        faces[to, 2] += 2 * np.int64(narrow[i, col.N_RUNS])
    return n_met
