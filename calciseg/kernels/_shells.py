"""Shells around many small components of a volume, one after the other."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

NEAR = np.uint8(2)


@inlined
def spread(state: Any, box: Any, place: Any, ball: Any, mark: Any) -> None:
    """Mark what a ball around each voxel of a run reaches in a box."""
    z, y, start, stop = place
    for k in range(ball[0].size):
        row_z, row_y = z + ball[0][k] - box[0], y + ball[1][k] - box[2]
        if row_z < 0 or row_z >= box[1] - box[0] or row_y < 0 or row_y >= box[3] - box[2]:
            continue
        base = (row_z * (box[3] - box[2]) + row_y) * (box[5] - box[4]) - box[4]
        for x in range(max(start - ball[2][k], box[4]), min(stop + ball[2][k], box[5])):
            state[base + x] |= mark


@kernel
def gather_shell(image: Any, n_rows: Any, n_columns: Any, box: Any, state: Any, values: Any) -> Any:
    """Write the values of the voxels whose state is 1, and return how many there are."""
    n, at = 0, 0
    for z in range(box[0], box[1]):
        for y in range(box[2], box[3]):
            base = (z * n_rows + y) * n_columns
            for x in range(box[4], box[5]):
                if state[at] == 1:
                    values[n] = image[base + x]
                    n += 1
                at += 1
    return n


@kernel
def look_at_shells(
    image: Any, shape: Any, runs: Any, offsets: Any, first: Any, stop: Any, boxes: Any, inner: Any,
    outer: Any, low: Any, high: Any, counts: Any, medians: Any,
) -> None:  # fmt: skip
    """Measure the shells around some components.

    Parameters
    ----------
    image : ndarray of int16, flat, C order
    shape : tuple of three int
    runs : ndarray of int64, ``(n_runs, 4)``
        Slice, row, and half-open columns.
    offsets : ndarray of int64, ``(n_components + 1,)``
        Where the runs of each component begin.
    first, stop : int
        Which components.
    boxes : ndarray of int64, ``(n_components, 6)``
        Half-open boxes that hold the shells.
    inner, outer : tuple of three ndarray of int64
        Balls: where they reach, in slices and rows, and how many voxels to either side there.
    low, high : float
    counts : ndarray of int64, ``(n_components, 2)``
        Written: the voxels of each shell, and those between `low` and `high`.
    medians : ndarray of float64
        Written; NaN of what is empty.

    Notes
    -----
    O(boxes + runs x balls).
    """
    for i in range(first, stop):
        box = boxes[i]
        n_voxels = (box[1] - box[0]) * (box[3] - box[2]) * (box[5] - box[4])
        state, values = np.zeros(n_voxels, np.uint8), np.empty(n_voxels, np.float64)
        for run in range(offsets[i], offsets[i + 1]):
            place = runs[run, 0], runs[run, 1], runs[run, 2], runs[run, 3]
            spread(state, box, place, outer, np.uint8(1))
            spread(state, box, place, inner, NEAR)
        n = gather_shell(image, shape[1], shape[2], box, state, values)
        n_between = 0
        for k in range(n):
            n_between += low < values[k] < high
        counts[i, 0], counts[i, 1] = n, n_between
        medians[i] = np.nan
        if n:
            ordered = np.sort(values[:n])
            medians[i] = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
