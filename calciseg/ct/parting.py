"""Dense components, parted or asked for in boxes: no mask of a whole volume is made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import Components, SlabLabeller, n_threads_allowed

__all__ = ["is_in_box", "parted"]

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


def parted(
    found: Components,
    hu: NDArray[np.int16],
    grow_hu: float,
    is_chosen: Callable[[tuple[slice, ...]], NDArray[np.bool_]],
) -> tuple[Components, Components]:
    """Part the voxels of components in two and label each part anew.

    Parameters
    ----------
    found : Components
        Of the volume; all their voxels reach `grow_hu`.
    hu : ndarray of int16
        The volume.
    grow_hu : float
        The calcium threshold.
    is_chosen : callable
        Tells of a box of the volume which voxels belong to the first part.

    Returns
    -------
    tuple of two Components
        What was chosen, and what was not.
    """
    labellers = [SlabLabeller(hu.shape, np.int16, grow_hu) for _ in range(2)]
    bounds = found.table["bbox"].reshape(-1, 3, 2)
    if not found.n_components:
        return found, found
    across = tuple(slice(int(bounds[:, k, 0].min()), int(bounds[:, k, 1].max())) for k in (1, 2))

    def add(first: int) -> None:
        box = slice(first, min(first + _SLAB_SLICES, hu.shape[0])), *across
        is_dense, is_first = is_in_box(found, box), is_chosen(box)
        slab = np.full((is_dense.shape[0], *hu.shape[1:]), _NOTHING_HU, np.int16)
        for labeller, part in zip(labellers, (is_dense & is_first, is_dense & ~is_first), strict=True):
            slab[:, *across] = np.where(part, hu[box], np.int16(_NOTHING_HU))
            labeller.add(slab, first)

    with ThreadPoolExecutor(n_threads_allowed()) as pool:
        list(pool.map(add, range(0, hu.shape[0], _SLAB_SLICES)))
    chosen, other = (labeller.finish() for labeller in labellers)
    return chosen, other
