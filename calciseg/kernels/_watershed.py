"""Peaks of a volume, and the basins around them when it is turned upside down."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

N_LEVELS = 65536
NOBODY = np.int32(-1)


@inlined
def is_peak(values: Any, z: Any, y: Any, x: Any) -> Any:
    """Tell whether none of the 26 neighbours of a voxel is larger."""
    n_slices, n_rows, n_columns = values.shape
    value = values[z, y, x]
    for k in range(max(z - 1, 0), min(z + 2, n_slices)):
        for j in range(max(y - 1, 0), min(y + 2, n_rows)):
            for i in range(max(x - 1, 0), min(x + 2, n_columns)):
                if values[k, j, i] > value:
                    return False
    return True


@kernel
def mark_peaks(values: Any, solid: Any, out: Any) -> None:
    """Mark the voxels of a solid that no neighbour exceeds.

    Parameters
    ----------
    values : ndarray of float32, 3-D
    solid : ndarray of bool, 3-D
    out : ndarray of bool, 3-D
        Zeros before; written.

    Notes
    -----
    O(voxels + solid), 26 neighbours.
    """
    for z in range(solid.shape[0]):
        for y in range(solid.shape[1]):
            for x in range(solid.shape[2]):
                if solid[z, y, x]:
                    out[z, y, x] = is_peak(values, z, y, x)


@inlined
def append(voxel: Any, level: Any, heads: Any, tails: Any, after: Any) -> None:
    """Put a voxel at the end of the queue of its level."""
    after[voxel] = NOBODY
    if heads[level] < 0:
        heads[level] = voxel
    else:
        after[tails[level]] = voxel
    tails[level] = voxel


@kernel
def flood(levels: Any, solid: Any, shape: Any, after: Any, labels: Any) -> None:
    """Flood a solid from its labelled voxels, lowest level first, within a level in the order of arrival.

    Parameters
    ----------
    levels : ndarray of uint16, flat
    solid : ndarray of uint8, flat
    shape : tuple of three int
    after : ndarray of int32, flat
        Room for the queues: who comes after a voxel.
    labels : ndarray of int32, flat
        0 where there is no label; updated.

    Notes
    -----
    O(voxels + levels). A queue a level (Beucher and Meyer 1993); a level below the present one, found behind
    a ridge, is flooded at once.
    """
    n_slices, n_rows, n_columns = shape
    sizes, strides = (n_columns, n_rows, n_slices), (1, n_columns, n_rows * n_columns)
    heads, tails = np.full(N_LEVELS, NOBODY), np.empty(N_LEVELS, np.int32)
    for voxel in range(labels.size):
        if labels[voxel] != 0:
            append(voxel, levels[voxel], heads, tails, after)
    level: Any = np.int64(0)
    while level < N_LEVELS:
        lowest = np.int64(heads[level])
        if lowest < 0:
            level += 1
            continue
        heads[level] = after[lowest]
        row = lowest // n_columns
        place = lowest - row * n_columns, row % n_rows, row // n_rows
        for way in range(6):
            axis, is_up = way // 2, way % 2 == 1
            if place[axis] == (sizes[axis] - 1 if is_up else 0):
                continue
            beside = lowest + (strides[axis] if is_up else -strides[axis])
            if solid[beside] != 0 and labels[beside] == 0:
                labels[beside] = labels[lowest]
                append(beside, levels[beside], heads, tails, after)
                level = min(level, np.int64(levels[beside]))
