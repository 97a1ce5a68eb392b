"""Runs of components as callers see them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._slabs import RunSlab


class Runs(NamedTuple):
    """Runs of foreground voxels along the last axis, in raster order.

    Attributes
    ----------
    row : ndarray of int64
        Raster index of the row: ``z * n_rows + y``, or ``y`` for an image of two dimensions.
    start, stop : ndarray of int64
        Half-open columns.
    label : ndarray of uint32
        Component, from 1.
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    label: NDArray[np.uint32]


def runs_of(slab: RunSlab, rows_per_slice: int) -> Runs:
    """Return the runs of a slab with rows of the image and final labels."""
    row = np.repeat(np.arange(slab.offsets.size - 1), np.diff(slab.offsets).astype(np.int64))
    label = slab.names[slab.labels]
    is_kept = label != 0
    return Runs(
        row=(row + slab.first_slice * rows_per_slice)[is_kept],
        start=slab.edges[::2][is_kept].astype(np.int64),
        stop=slab.edges[1::2][is_kept].astype(np.int64),
        label=label[is_kept],
    )
