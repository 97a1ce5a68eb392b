"""The components of one slab: its union-find forest resolved, its accumulators gathered at the roots."""

from typing import Any

import numpy as np

from calciseg.kernels import _layout as col
from calciseg.kernels._jit import inlined, kernel


@kernel
def resolve_labels(
    parent: Any, wide: Any, narrow: Any, n_first: Any, last: Any, min_voxels: Any, seed: Any, names: Any
) -> Any:
    """Resolve the union-find forest of a slab; return its number of components.

    Parameters
    ----------
    parent : ndarray of uint32
        Forest over labels from 1 whose roots are smallest; flattened.
    wide, narrow : ndarray of int64 and int32, a row per label
        Accumulators of the labels; those of the roots become those of the components.
    n_first : int
        Labels up to this begin in the slab's first slice, and may go on in the slab before.
    last : ndarray of uint32
        Labels of the runs that may go on in the slab after: those of the last slice.
    min_voxels, seed : int and float
        The filters. A component that cannot go on is dropped here when it fails one, before its row is kept.
    names : ndarray of uint32
        Written: the component of each label, from 1 in raster order of the first voxel; 0 when dropped.

    Notes
    -----
    O(labels), two ascending passes: a label's parent is smaller, so it is resolved already.
    """
    for label in range(1, names.size):
        root = parent[parent[label]]
        if root != label:
            parent[label] = root
            add_row(wide, narrow, label, wide, narrow, root)
    is_filtered = min_voxels > 1 or seed > -np.inf
    names[:] = 0
    for i in range(last.size if is_filtered else 0):
        names[parent[last[i]]] = 1
    n_components = 0
    for label in range(1, names.size):
        if parent[label] != label:
            names[label] = names[parent[label]]
            continue
        may_drop = is_filtered and label > n_first and names[label] == 0
        if may_drop and (narrow[label, col.N_VOXELS] < min_voxels or narrow[label, col.MAX] < seed):
            names[label] = 0
        else:
            n_components += 1
            names[label] = n_components
    return n_components


@inlined
def add_row(wide: Any, narrow: Any, source: Any, into_wide: Any, into_narrow: Any, target: Any) -> None:
    """Add one row of accumulators to another."""
    for k in range(col.N_WIDE):
        into_wide[target, k] += wide[source, k]
    for k in range(col.MIN):
        into_narrow[target, k] += narrow[source, k]
    into_narrow[target, col.MIN] = min(into_narrow[target, col.MIN], narrow[source, col.MIN])
    into_narrow[target, col.MAX] = max(into_narrow[target, col.MAX], narrow[source, col.MAX])


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
            to = np.int64(names[label]) - 1
            for k in range(col.N_WIDE):
                into_wide[to, k] = wide[label, k]
            for k in range(col.N_NARROW):
                into_narrow[to, k] = narrow[label, k]
