"""From slabs labelled on their own to one numbering: seams, filters, ranks, and sums of accumulators.

Every component of a slab has a *place*: its rank among the components of all slabs in the order of their
slabs, from 1. Places grow in raster order of the first voxel, so the smallest place of a component is where
it starts and ranks of those are scipy's numbers.
"""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._union import find, unite


@inlined
def add_row(wide: Any, narrow: Any, source: Any, into_wide: Any, into_narrow: Any, target: Any) -> None:
    """Add one row of accumulators to another."""
    for k in range(col.N_WIDE):
        into_wide[target, k] += wide[source, k]
    for k in range(col.Z0):
        into_narrow[target, k] += narrow[source, k]
    if narrow[source, col.Z0] < into_narrow[target, col.Z0]:
        into_narrow[target, col.FIRST_Y] = narrow[source, col.FIRST_Y]
        into_narrow[target, col.FIRST_X] = narrow[source, col.FIRST_X]
    for k in (col.Z0, col.Y0, col.X0, col.MIN):
        into_narrow[target, k] = min(into_narrow[target, k], narrow[source, k])
    for k in (col.Z1, col.Y1, col.X1, col.MAX):
        into_narrow[target, k] = max(into_narrow[target, k], narrow[source, k])


@inlined
def copy_row(wide: Any, narrow: Any, source: Any, into_wide: Any, into_narrow: Any, target: Any) -> None:
    """Copy one row of accumulators over another."""
    for k in range(col.N_WIDE):
        into_wide[target, k] = wide[source, k]
    for k in range(col.N_NARROW):
        into_narrow[target, k] = narrow[source, k]


@kernel
def compact_labels(parent: Any, n_labels: Any, wide: Any, narrow: Any) -> Any:
    """Resolve the union-find forest of a slab in place; return its number of components.

    Parameters
    ----------
    parent : ndarray of uint32
        Forest over labels 1 .. `n_labels` whose roots are smallest; becomes the component of each label,
        from 1 in raster order of the first voxel.
    n_labels : int
        Number of provisional labels.
    wide, narrow : ndarray of int64 and int32, a row per label
        Accumulators of the labels; become those of the components, row 0 being the first component's.

    Notes
    -----
    O(labels), one ascending pass: a label's parent is smaller, so it is resolved already, and rows only
    move down, so none is overwritten before it is read.
    """
    n_components = 0
    for label in range(1, n_labels + 1):
        if parent[label] == label:
            copy_row(wide, narrow, label, wide, narrow, n_components)
            n_components += 1
            parent[label] = n_components
        else:
            component = parent[parent[label]]
            parent[label] = component
            add_row(wide, narrow, label, wide, narrow, np.int64(component) - 1)
    parent[0] = 0
    return n_components


@inlined
def join_rows(
    edges: Any, first: Any, stop: Any, labels: Any, names: Any, base: Any,
    lower_edges: Any, lower_first: Any, lower_stop: Any, lower_labels: Any, lower_names: Any, lower_base: Any,
    reach: Any, is_face: Any, narrow: Any, parent: Any,
) -> None:  # fmt: skip
    """Unite the places of the runs of one row with those of a row of the slab before that they touch."""
    j = lower_first
    for i in range(first, stop):
        start, end = np.int64(edges[2 * i]), np.int64(edges[2 * i + 1])
        while j < lower_stop and np.int64(lower_edges[2 * j + 1]) + reach <= start:
            j += 1
        k = j
        while k < lower_stop and np.int64(lower_edges[2 * k]) < end + reach:
            own = np.int64(names[labels[i]])
            shared = min(end, np.int64(lower_edges[2 * k + 1])) - max(start, np.int64(lower_edges[2 * k]))
            if is_face and shared > 0:
                narrow[own - 1, col.MEETS_Z] += shared
            one, other = base + own, lower_base + np.int64(lower_names[lower_labels[k]])
            if parent[one] != parent[other]:
                unite(parent, one, other)
            k += 1


@kernel
def join_seam(
    edges: Any, offsets: Any, labels: Any, names: Any, base: Any, narrow: Any,
    lower_edges: Any, lower_offsets: Any, lower_labels: Any, lower_names: Any, lower_base: Any,
    connectivity: Any, parent: Any,
) -> None:  # fmt: skip
    """Unite what touches between the first slice of a slab and the last slice of the slab before it.

    Parameters
    ----------
    edges, offsets, labels : ndarray
        Runs of the slab's first slice, as ``_sweep`` writes them (`offsets` has n_rows + 1 entries).
    names : ndarray of uint32
        Component of each provisional label, from 1.
    base : int
        Places before the slab's first.
    narrow : ndarray of int32, a row per component
        Accumulators of the slab: pairs of faces across the seam are added.
    lower_edges, lower_offsets, lower_labels, lower_names, lower_base
        The same for the last slice of the slab before.
    connectivity : int
        6, 18 or 26.
    parent : ndarray of uint32
        Union-find forest over places.

    Notes
    -----
    O(runs of the two slices × neighbouring rows): two pointers along each pair of rows.
    """
    n_rows = offsets.size - 1
    for dy in range(-1, 2):
        if dy != 0 and connectivity == 6:
            continue
        reach = 1 if connectivity == 26 or (connectivity == 18 and dy == 0) else 0
        for y in range(max(0, -dy), min(n_rows, n_rows - dy)):
            join_rows(
                edges, np.int64(offsets[y]), np.int64(offsets[y + 1]), labels, names, base,
                lower_edges, np.int64(lower_offsets[y + dy]), np.int64(lower_offsets[y + dy + 1]),
                lower_labels, lower_names, lower_base,
                reach, dy == 0, narrow, parent,
            )  # fmt: skip


@kernel
def tally_places(narrow: Any, base: Any, parent: Any, n_voxels: Any, highest: Any) -> None:
    """Add the voxel counts and maxima of a slab's components to those of their roots.

    Parameters
    ----------
    narrow : ndarray of int32, a row per component
        Accumulators of the slab.
    base : int
        Places before the slab's first.
    parent : ndarray of uint32
        Union-find forest over places.
    n_voxels, highest : ndarray of int64 and int32, per place
        Updated at roots only.

    Notes
    -----
    O(places). Needed by filters only: without one, ranks need no sums.
    """
    for i in range(narrow.shape[0]):
        root = find(parent, base + i + 1)
        n_voxels[root] += narrow[i, col.N_VOXELS]
        highest[root] = max(highest[root], narrow[i, col.MAX])


@kernel
def rank_places(parent: Any, is_kept: Any) -> Any:
    """Turn a forest over places into final labels, in place; return how many there are.

    Parameters
    ----------
    parent : ndarray of uint32
        Forest whose roots are smallest; becomes the final label of each place, 0 where dropped.
    is_kept : ndarray of bool, per place, or of size 0
        Which roots to number; an empty array keeps all.

    Notes
    -----
    O(places), one ascending pass as in ``compact_labels``.
    """
    n_final = 0
    for place in range(1, parent.size):
        if parent[place] != place:
            parent[place] = parent[parent[place]]
        elif is_kept.size and not is_kept[place]:
            parent[place] = 0
        else:
            n_final += 1
            parent[place] = n_final
    return n_final


@kernel
def gather_rows(wide: Any, narrow: Any, finals: Any, is_begun: Any, into_wide: Any, into_narrow: Any) -> None:
    """Add rows of accumulators to the rows of their final labels.

    Parameters
    ----------
    wide, narrow : ndarray of int64 and int32, a row per component
        Accumulators to add.
    finals : ndarray of uint32, per component
        Final label from 1, or 0 to drop it.
    is_begun : ndarray of bool, per final label
        Updated: which rows of the outcome hold something already.
    into_wide, into_narrow : ndarray of int64 and int32, a row per final label
        Updated. Need not be cleared: the first row to come is copied.

    Notes
    -----
    O(components).
    """
    for i in range(finals.size):
        if finals[i] == 0:
            continue
        target = np.int64(finals[i]) - 1
        if is_begun[target]:
            add_row(wide, narrow, i, into_wide, into_narrow, target)
        else:
            is_begun[target] = True
            copy_row(wide, narrow, i, into_wide, into_narrow, target)
