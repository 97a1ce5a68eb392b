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
def add_row(wide: Any, narrow: Any, source: Any, into_wide: Any, into_narrow: Any, target: Any) -> None:
    """Add one row of accumulators to another."""
    for k in range(col.N_WIDE):
        into_wide[target, k] += wide[source, k]
    for k in range(col.Z0):
        into_narrow[target, k] += narrow[source, k]
    # Rows come in raster order of their first voxels, so the row that is there keeps its own.
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
def resolve_labels(
    parent: Any, wide: Any, narrow: Any, low: Any, high: Any, min_voxels: Any, seed: Any, names: Any
) -> Any:
    """Resolve the union-find forest of a slab; return its number of components.

    Parameters
    ----------
    parent : ndarray of uint32
        Forest over labels from 1 whose roots are smallest; flattened.
    wide, narrow : ndarray of int64 and int32, a row per label
        Accumulators of the labels; those of the roots become those of the components.
    low, high : int
        A component that lies between these slices, both excluded, cannot go on in another slab: it is
        dropped here when it fails a filter, before its row is kept.
    min_voxels, seed : int and float
        The filters.
    names : ndarray of uint32
        Written: the component of each label, from 1 in raster order of the first voxel; 0 when dropped.

    Notes
    -----
    O(labels), two ascending passes: a label's parent is smaller, so it is resolved already.
    """
    for label in range(1, names.size):
        if parent[label] != label:
            parent[label] = parent[parent[label]]
            add_row(wide, narrow, label, wide, narrow, parent[label])
    n_components = 0
    names[0] = 0
    for label in range(1, names.size):
        if parent[label] != label:
            names[label] = names[parent[label]]
            continue
        is_whole = narrow[label, col.Z0] > low and narrow[label, col.Z1] < high
        if is_whole and (narrow[label, col.N_VOXELS] < min_voxels or narrow[label, col.MAX] < seed):
            names[label] = 0
        else:
            n_components += 1
            names[label] = n_components
    return n_components


@kernel
def take_roots(parent: Any, names: Any, wide: Any, narrow: Any, into_wide: Any, into_narrow: Any) -> None:
    """Copy the accumulators of roots to the rows of their components.

    Parameters
    ----------
    parent, names, wide, narrow : ndarray
        As ``resolve_labels`` leaves them.
    into_wide, into_narrow : ndarray of int64 and int32, a row per component
        Written.

    Notes
    -----
    O(labels).
    """
    for label in range(1, names.size):
        if parent[label] == label and names[label]:
            copy_row(wide, narrow, label, into_wide, into_narrow, np.int64(names[label]) - 1)


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
def flatten_places(parent: Any) -> None:
    """Make every place point to its root, in place.

    Parameters
    ----------
    parent : ndarray of uint32
        Union-find forest over places, whose roots are smallest.

    Notes
    -----
    O(places), one ascending pass.
    """
    for place in range(1, parent.size):
        parent[place] = parent[parent[place]]


@kernel
def add_rows(wide: Any, narrow: Any, rows: Any, into_wide: Any, into_narrow: Any, targets: Any) -> None:
    """Add rows of accumulators to rows of another slab.

    Parameters
    ----------
    wide, narrow : ndarray of int64 and int32
        Accumulators to add.
    rows, targets : ndarray of int64
        Which rows, and what to add each to.
    into_wide, into_narrow : ndarray of int64 and int32
        Updated.

    Notes
    -----
    O(rows).
    """
    for i in range(rows.size):
        add_row(wide, narrow, rows[i], into_wide, into_narrow, targets[i])


@kernel
def gather_rows(wide: Any, narrow: Any, finals: Any, is_begun: Any, into_wide: Any, into_narrow: Any) -> None:
    """Add rows of accumulators to the rows of their final labels.

    Parameters
    ----------
    wide, narrow : ndarray of int64 and int32, a row per component
        Accumulators to add, in raster order of first voxels.
    finals : ndarray of uint32, per row
        Final label from 1, or 0 to drop it.
    is_begun : ndarray of bool, per final label
        Updated: which rows of the outcome hold something already.
    into_wide, into_narrow : ndarray of int64 and int32, a row per final label
        Updated. Need not be cleared: the first row to come is copied.

    Notes
    -----
    O(rows).
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
