"""Dense components, parted or asked for in boxes: no mask of a whole volume is made."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import Components, SlabLabeller, n_threads_allowed, sparse_zeros

__all__ = ["is_in_box", "joined", "painted", "parted"]

_NOTHING_HU = np.iinfo(np.int16).min
_SLAB_SLICES = 8


def is_in_box(found: Components, box: tuple[slice, ...]) -> NDArray[np.bool_]:
    """Tell which voxels of a box belong to any component.

    Parameters
    ----------
    found : Components
        Of the volume.
    box : tuple of slice

    Returns
    -------
    ndarray of bool, of the shape of the box
    """
    return found.labels_in([end for part in box for end in (part.start, part.stop)]) > 0


def painted(
    parts: Sequence[Components], shape_zyx: tuple[int, int, int]
) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Paint a map of components, those of each part numbered after those of the part before it.

    Parameters
    ----------
    parts : sequence of Components
        Of the volume.
    shape_zyx : tuple of int
        Of the volume.

    Returns
    -------
    ndarray of uint16 or uint32
        The smaller type where the numbers fit.
    """
    n_labels = sum(found.n_components for found in parts)
    dtype = np.uint16 if n_labels <= np.iinfo(np.uint16).max else np.uint32
    map_zyx: NDArray[np.uint16] | NDArray[np.uint32] = sparse_zeros(shape_zyx, dtype)
    first = 0
    for found in parts:
        found.paint_over(map_zyx, first)
        first += found.n_components
    return map_zyx


def parted(
    found: Components,
    hu: NDArray[np.int16],
    is_chosen: Callable[[tuple[slice, ...]], NDArray[np.bool_]],
) -> tuple[Components, Components]:
    """Part the voxels of components in two and label each part anew.

    Parameters
    ----------
    found : Components
        Of the volume.
    hu : ndarray of int16
        The volume.
    is_chosen : callable
        Tells of a box of the volume which voxels belong to the first part.

    Returns
    -------
    tuple of two Components
        What was chosen, and what was not.
    """
    if not found.n_components:
        return found, found

    def parts(box: tuple[slice, ...]) -> tuple[NDArray[np.bool_], ...]:
        is_dense, is_first = is_in_box(found, box), is_chosen(box)
        return is_dense & is_first, is_dense & ~is_first

    chosen, other = _labelled(parts, 2, _across(found), hu)
    return chosen, other


def joined(found: Components, added: Components, hu: NDArray[np.int16]) -> Components:
    """Label the voxels of two sets of components anew, as one.

    Parameters
    ----------
    found, added : Components
        Of the volume.
    hu : ndarray of int16
        The volume.

    Returns
    -------
    Components
    """
    both = [each for each in (found, added) if each.n_components]
    if len(both) < 2:
        return both[0] if both else found
    ends = [_across(each) for each in both]
    across = tuple(
        slice(min(one.start, other.start), max(one.stop, other.stop))
        for one, other in zip(*ends, strict=True)
    )
    return _labelled(lambda box: (is_in_box(found, box) | is_in_box(added, box),), 1, across, hu)[0]


def _across(found: Components) -> tuple[slice, ...]:
    """Rows and columns that components reach."""
    bounds = found.table["bbox"].reshape(-1, 3, 2)
    return tuple(slice(int(bounds[:, k, 0].min()), int(bounds[:, k, 1].max())) for k in (1, 2))


def _labelled(
    parts: Callable[[tuple[slice, ...]], tuple[NDArray[np.bool_], ...]],
    n_parts: int,
    across: tuple[slice, ...],
    hu: NDArray[np.int16],
) -> list[Components]:
    """Label masks that are told slab by slab, with the HU of the volume in them."""
    labellers = [SlabLabeller(hu.shape, np.int16, _NOTHING_HU + 1) for _ in range(n_parts)]

    def add(first: int) -> None:
        box = slice(first, min(first + _SLAB_SLICES, hu.shape[0])), *across
        slab = np.full((box[0].stop - first, *hu.shape[1:]), _NOTHING_HU, np.int16)
        for labeller, part in zip(labellers, parts(box), strict=True):
            slab[:, *across] = np.where(part, hu[box], np.int16(_NOTHING_HU))
            labeller.add(slab, first)

    with ThreadPoolExecutor(n_threads_allowed()) as pool:
        list(pool.map(add, range(0, hu.shape[0], _SLAB_SLICES)))
    return [labeller.finish() for labeller in labellers]
