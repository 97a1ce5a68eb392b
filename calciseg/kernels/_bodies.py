"""A body among others: how deep its voxels lie, what is seen from its surface, what lies beside it."""

from typing import Any

import numpy as np

from calciseg.kernels._distance import spread_across_planes, spread_in_planes
from calciseg.kernels._jit import inlined, kernel
from calciseg.kernels._morphology import dilate_few


@inlined
def along(start: Any, way: Any, step: Any, shape: Any) -> Any:
    """Return the place so many steps from a start; beyond its edge the image goes on as it is there."""
    z = min(max(start[0] + step * way[0], 0), shape[0] - 1)
    y = min(max(start[1] + step * way[1], 0), shape[1] - 1)
    x = min(max(start[2] + step * way[2], 0), shape[2] - 1)
    return (z * shape[1] + y) * shape[2] + x


@inlined
def look_once(
    within: Any, ending: Any, values: Any, shape: Any, start: Any, way: Any, n_steps: Any, rise: Any,
    lowest: Any,
) -> Any:  # fmt: skip
    """Look along a way: return the step at which it leaves, else 0, and whether it came to an end."""
    for step in range(1, n_steps + 1):
        at = along(start, way, step, shape)
        is_ended = ending[at] != 0
        if within[at] == 0:
            return step, is_ended
        if is_ended or values[at] > lowest + rise:
            return 0, is_ended
        lowest = min(lowest, values[at])
    return 0, False


@kernel
def look_along(
    mask: Any, within: Any, ending: Any, values: Any, shape: Any, ways: Any, n_steps: Any, rise: Any,
    held: Any, crossed: Any,
) -> Any:  # fmt: skip
    """Look from every voxel of a body along every way, and return how many looks begin, leave and end.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        The body; looks begin where the first step leads out of it.
    within, ending : ndarray of uint8, flat
        A look goes on in the first of these, and ends where the second is.
    values : ndarray of int16, flat
        They may not rise, along a look, by more than `rise` above their least.
    shape : tuple of three int
    ways : ndarray of int64, ``(m, 3)``
    n_steps : ndarray of int64, ``(m,)``
    rise : float
    held : ndarray of int64, ``(m,)``
        Updated: how many looks along each way do not leave.
    crossed : ndarray of bool, flat
        Updated: what looks that leave came through.

    Notes
    -----
    O(mask x ways x steps).
    """
    n_looks, n_free, n_ended = 0, 0, 0
    for place in range(mask.size):
        if mask[place] == 0:
            continue
        row = place // shape[2]
        start = row // shape[1], row % shape[1], place % shape[2]
        for k in range(len(ways)):
            way = ways[k, 0], ways[k, 1], ways[k, 2]
            if mask[along(start, way, 1, shape)] != 0:
                continue
            left, is_ended = look_once(
                within, ending, values, shape, start, way, n_steps[k], rise, values[place]
            )
            n_looks += 1
            n_ended += is_ended
            n_free += left > 0
            held[k] += left == 0
            for step in range(1, left):
                crossed[along(start, way, step, shape)] = True
    return n_looks, n_free, n_ended


@kernel
def depths_within(mask: Any, shape: Any, spacing: Any) -> Any:
    """Return how deep each voxel of a body lies, in C order; beyond the array is outside.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
    shape : tuple of three int
    spacing : tuple of three float

    Returns
    -------
    ndarray of float32, ``(n,)``
    """
    n_slices, n_rows, n_columns = shape[0] + 2, shape[1] + 2, shape[2] + 2
    outside = np.ones(n_slices * n_rows * n_columns, np.uint8)
    n = 0
    for z in range(shape[0]):
        for y in range(shape[1]):
            to = ((z + 1) * n_rows + y + 1) * n_columns + 1
            at = (z * shape[1] + y) * shape[2]
            for x in range(shape[2]):
                if mask[at + x] != 0:
                    outside[to + x] = 0
                    n += 1
    all_mm = np.empty(outside.size, np.float32)
    first, plane = np.int64(0), n_rows * n_columns
    spread_in_planes(
        outside, first, n_slices, n_rows, n_columns, spacing[1], spacing[2], np.inf, np.bool_(False), all_mm
    )
    spread_across_planes(n_slices, first, plane, plane, spacing[0], np.inf, all_mm)
    depths = np.empty(n, np.float32)
    n = 0
    for place in range(outside.size):
        if outside[place] == 0:
            depths[n] = all_mm[place]
            n += 1
    return depths


@inlined
def deepest_of(values: Any, depths: Any, n_chosen: Any) -> Any:
    """Return the values of so many deepest voxels, in their order; of equals the first."""
    limit = np.sort(depths.astype(np.float64))[depths.size - n_chosen]
    n_equal = n_chosen
    for depth in depths:
        n_equal -= depth > limit
    chosen, n = np.empty(n_chosen, np.float64), 0
    for i in range(depths.size):
        is_equal = depths[i] == limit
        if depths[i] > limit or (is_equal and n_equal > 0):
            chosen[n] = values[i]
            n += 1
            n_equal -= is_equal
    return chosen


@kernel
def look_inside(
    mask: Any, values: Any, shape: Any, spacing: Any, least: Any, share: Any, percent: Any
) -> Any:  # fmt: skip
    """Return depth, evenness and where the upper values of a body lie.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        Not empty.
    values : ndarray of int16, flat
    shape : tuple of three int
    spacing : tuple of three float
    least, share : int and float
        The inmost voxels are so many at least, and such a share of all.
    percent : float
        Of the voxels lie below the upper values.

    Returns
    -------
    deepest : float32
        Depth of the deepest voxel.
    mean, sd : float
        Of the values of the inmost voxels.
    inward : float
        How many times as deep as all voxels those of the upper values lie.

    Notes
    -----
    O(voxels + n log n).
    """
    depths = depths_within(mask, shape, spacing)
    own, n = np.empty(depths.size, np.float64), 0
    for place in range(mask.size):
        if mask[place] != 0:
            own[n] = values[place]
            n += 1
    inmost = deepest_of(own, depths, min(n, max(least, int(share * n))))
    mean = inmost.sum() / inmost.size
    sd = np.sqrt(((inmost - mean) ** 2).sum() / inmost.size)
    at, ordered = percent / 100 * (n - 1), np.sort(own)
    low = int(at)
    upper = ordered[low] + (at - low) * (ordered[min(low + 1, n - 1)] - ordered[low])
    deepest, of_upper, n_upper, of_all = np.float32(0), 0.0, 0, 0.0
    for i in range(n):
        deepest = max(deepest, depths[i])
        of_all += depths[i]
        if own[i] >= upper:
            of_upper += depths[i]
            n_upper += 1
    return deepest, mean, sd, of_upper / n_upper / (of_all / n)


@kernel
def count_shell(mask: Any, room: Any, first: Any, second: Any, shape: Any, rim: Any, shell: Any) -> Any:
    """Grow a body by its rim, and count the voxels of a shell around that, and those of two masks in it.

    Parameters
    ----------
    mask, room : ndarray of uint8, flat, C order
        The body, and where its rim may be; 0 or 1, as all of these.
    first, second : ndarray of uint8, flat
    shape : tuple of three int
    rim, shell : tuple of three ndarray of int64
        Balls: where they reach, in slices and rows, and how many voxels to either side there.

    Returns
    -------
    tuple of three int

    Notes
    -----
    O(voxels + mask x balls).
    """
    whole, beside = np.zeros(mask.size, np.uint8), np.zeros(mask.size, np.uint8)
    dilate_few(mask, shape, rim[0], rim[1], rim[2], whole)
    for place in range(mask.size):
        whole[place] &= room[place]
    dilate_few(whole, shape, shell[0], shell[1], shell[2], beside)
    n, n_first, n_second = 0, 0, 0
    for place in range(mask.size):
        is_beside: Any = beside[place] & (whole[place] ^ 1)
        n += is_beside
        n_first += is_beside & first[place]
        n_second += is_beside & second[place]
    return n, n_first, n_second
