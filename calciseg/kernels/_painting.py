"""Arrays painted from the slabs of some components."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._paint import mark_blocks, paint_box, paint_slab
from calciseg.kernels._slabs import RunSlab
from calciseg.kernels._together import work_together

Names = NDArray[np.uint32]
Span = tuple[int, int]


def paint_all(
    slabs: Sequence[RunSlab],
    n_rows: int,
    n_columns: int,
    dense: NDArray[Any],
    named: Callable[[Names], Names],
    is_blank: bool,
    threads: int,
) -> None:
    """Paint the runs of all slabs into an array of the image's shape, under other names."""
    bits = dense.reshape(-1).view(f"u{dense.dtype.itemsize}")
    plane = n_rows * n_columns

    def paint(slab: RunSlab) -> None:
        names = named(slab.names)
        if is_blank and not names.any():
            return  # most slabs hold none of a few components
        part = bits[slab.first_slice * plane : (slab.first_slice + slab.n_slices) * plane]
        paint_slab(slab.edges, slab.offsets, slab.labels, names, n_columns, is_blank, part)

    work_together(paint, slabs, threads)


def paint_part(slabs: Sequence[RunSlab], n_rows: int, zs: Span, ys: Span, xs: Span) -> NDArray[np.uint32]:
    """Return the labels of a box."""
    dense = np.zeros((zs[1] - zs[0], ys[1] - ys[0], xs[1] - xs[0]), np.uint32)
    for slab in slabs:
        low, high = max(zs[0], slab.first_slice), min(zs[1], slab.first_slice + slab.n_slices)
        if low < high:
            part = dense[low - zs[0] : high - zs[0]]
            runs = slab.edges, slab.offsets, slab.labels, slab.names
            paint_box(*runs, n_rows, low - slab.first_slice, ys[0], xs[0], part)
    return dense


def touch_blocks(
    slabs: Sequence[RunSlab],
    n_rows: int,
    bounds: Sequence[Span],
    factors: tuple[int, int, int],
    n_blocks: tuple[int, int, int],
) -> NDArray[np.bool_]:
    """Return which blocks of a box hold a voxel of any component."""
    blocks = np.zeros(n_blocks, np.uint8)
    ends = tuple(end for span in bounds for end in span)
    for slab in slabs:
        runs = slab.edges, slab.offsets, slab.labels, slab.names
        mark_blocks(*runs, slab.first_slice, n_rows, ends, factors, blocks)
    return blocks.view(np.bool_)
