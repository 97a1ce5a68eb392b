"""The largest distance between corners of the voxels of a mask.

It is reached between vertices of the convex outlines of the layers of corners: those are few, and most pairs
of layers lie too near to each other to be looked at.
"""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def find_ends(mask: Any, n_slices: Any, n_rows: Any, n_columns: Any, ends: Any) -> None:
    """Find the first corner and the last of each row of corners; the first lies after the last in none."""
    ends[:, :, 0], ends[:, :, 1] = n_columns + 1, -1
    for z in range(n_slices):
        for y in range(n_rows):
            first, last = (z * n_rows + y) * n_columns, (z * n_rows + y + 1) * n_columns - 1
            start = first
            while first <= last and mask[first] == 0:
                first += 1
            if first > last:
                continue
            while mask[last] == 0:
                last -= 1
            for dz in range(2):
                for dy in range(2):
                    row = ends[z + dz, y + dy]
                    row[0], row[1] = min(row[0], first - start), max(row[1], last + 1 - start)


@inlined
def outline_layer(rows: Any, side: Any, sign: Any, start: Any, corners: Any) -> Any:
    """List the vertices of one side of a layer's outline from place `start`; return where they end."""
    stop = start
    for y in range(rows.shape[0]):
        if rows[y, 1] < 0:
            continue
        x = rows[y, side]
        while stop - start >= 2:
            (y1, x1), (y2, x2) = corners[stop - 2], corners[stop - 1]
            if sign * ((y2 - y1) * (x - x1) - (x2 - x1) * (y - y1)) > 0:
                break
            stop -= 1
        corners[stop, 0], corners[stop, 1] = y, x
        stop += 1
    return stop


@inlined
def bound_layer(corners: Any, start: Any, stop: Any, bounds: Any) -> None:
    """Find the first and the last row and column of the corners of a layer."""
    for axis in range(2):
        bounds[axis, 0], bounds[axis, 1] = np.iinfo(np.int64).max, -1
        for i in range(start, stop):
            bounds[axis, 0] = min(bounds[axis, 0], corners[i, axis])
            bounds[axis, 1] = max(bounds[axis, 1], corners[i, axis])


@inlined
def square_mm2(one: Any, other: Any, spacing: Any) -> Any:
    """Square the distance between two places on an axis."""
    apart = one * spacing - other * spacing
    return apart * apart


@inlined
def widest_mm2(one: Any, other: Any, spacing: Any) -> Any:
    """Square the largest distance between places of two ranges on an axis."""
    return max(square_mm2(one[0], other[1], spacing), square_mm2(one[1], other[0], spacing))


@inlined
def farthest_mm2(some: Any, others: Any, across_mm2: Any, spacing_y: Any, spacing_x: Any, best: Any) -> Any:
    """Return the largest square of a distance between corners of two layers, or the best so far."""
    for i in range(some.shape[0]):
        for j in range(others.shape[0]):
            square = across_mm2 + square_mm2(some[i, 0], others[j, 0], spacing_y)
            best = max(best, square + square_mm2(some[i, 1], others[j, 1], spacing_x))
    return best


@kernel
def widest(mask: Any, shape: Any, spacing: Any) -> Any:
    """Return the largest distance between corners of the voxels of a mask; 0 of an empty one.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        Non-zero inside.
    shape : tuple of int
        Of the mask, in three dimensions.
    spacing : tuple of float
        Millimetres.

    Notes
    -----
    O(voxels + pairs of vertices of layers that lie far enough apart).
    """
    (n_slices, n_rows, n_columns), (spacing_z, spacing_y, spacing_x) = shape, spacing
    n_layers = n_slices + 1
    ends = np.empty((n_layers, n_rows + 1, 2), np.int64)
    find_ends(mask, n_slices, n_rows, n_columns, ends)
    corners = np.empty((2 * n_layers * (n_rows + 1), 2), np.int64)
    starts, bounds = np.zeros(n_layers + 1, np.int64), np.empty((n_layers, 2, 2), np.int64)
    for z in range(n_layers):
        middle = outline_layer(ends[z], 0, 1, starts[z], corners)
        starts[z + 1] = outline_layer(ends[z], 1, -1, middle, corners)
        bound_layer(corners, starts[z], starts[z + 1], bounds[z])
    best = 0.0
    for apart in range(n_slices, -1, -1):  # the farthest first: they leave the fewest others to look at
        for a in range(n_layers - apart):
            b = a + apart
            some, others = corners[starts[a] : starts[a + 1]], corners[starts[b] : starts[b + 1]]
            if not some.size or not others.size:
                continue
            across_mm2 = square_mm2(a, b, spacing_z)
            most_mm2 = across_mm2 + widest_mm2(bounds[a, 0], bounds[b, 0], spacing_y)
            most_mm2 += widest_mm2(bounds[a, 1], bounds[b, 1], spacing_x)
            if most_mm2 > best:
                best = farthest_mm2(some, others, across_mm2, spacing_y, spacing_x, best)
    return np.sqrt(best)
