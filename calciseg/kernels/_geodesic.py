"""Shortest ways inside a mask."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def push(keys: Any, items: Any, n: Any, key: Any, item: Any) -> None:
    """Add to a binary heap of `n` entries."""
    at = n
    while at > 0 and keys[(at - 1) // 2] > key:
        keys[at], items[at] = keys[(at - 1) // 2], items[(at - 1) // 2]
        at = (at - 1) // 2
    keys[at], items[at] = key, item


@inlined
def pop(keys: Any, items: Any, n: Any) -> None:
    """Drop the smallest of a binary heap of `n` entries; the last one takes its place."""
    key, item = keys[n - 1], items[n - 1]
    at = 0
    while 2 * at + 1 < n - 1:
        child = 2 * at + 1
        if child + 1 < n - 1 and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = key, item


@inlined
def grown(array: Any, n: Any) -> Any:
    """Return an array of twice the length that begins with the same `n` entries."""
    larger = np.empty(2 * array.size, array.dtype)
    for i in range(n):
        larger[i] = array[i]
    return larger


@kernel
def walk(  # noqa: C901 -- Dijkstra's loop with its neighbours in place
    mask: Any, shape: Any, spacing: Any, limit: Any, distance: Any
) -> None:
    """Find shortest ways from the zeros of `distance` through a mask, over 26 neighbours.

    Parameters
    ----------
    mask : ndarray of uint8, flat, C order
        Where ways may lead.
    shape, spacing : tuple of three int and of three float
        Size of the volume and millimetres between voxels.
    limit : float
        Longest way of interest, in millimetres.
    distance : ndarray of float32, flat
        0 at the seeds and infinite elsewhere; updated.

    Notes
    -----
    O(m log m) for m voxels within reach. Dijkstra, Numer. Math. 1, 1959. Ways are sums of steps in float32,
    taken in order of length, so the result does not depend on the order of equal ones.
    """
    n_slices, n_rows, n_columns = shape
    keys, items, n = np.empty(1024, np.float32), np.empty(1024, np.int64), 0
    for i in range(distance.size):
        if distance[i] == 0:
            if n == keys.size:
                keys, items = grown(keys, n), grown(items, n)
            push(keys, items, n, np.float32(0), i)
            n += 1
    while n:
        key, at = keys[0], items[0]
        pop(keys, items, n)
        n -= 1
        if key > distance[at]:
            continue
        z, y, x = at // (n_rows * n_columns), at // n_columns % n_rows, at % n_columns
        for dz in range(-1 if z else 0, 2 if z + 1 < n_slices else 1):
            for dy in range(-1 if y else 0, 2 if y + 1 < n_rows else 1):
                for dx in range(-1 if x else 0, 2 if x + 1 < n_columns else 1):
                    to = at + (dz * n_rows + dy) * n_columns + dx
                    if not mask[to]:
                        continue
                    step = (dz * spacing[0]) ** 2 + (dy * spacing[1]) ** 2 + (dx * spacing[2]) ** 2
                    way = np.float32(key + np.sqrt(step))
                    if way < distance[to] and way <= limit:
                        distance[to] = way
                        if n == keys.size:
                            keys, items = grown(keys, n), grown(items, n)
                        push(keys, items, n, way, to)
                        n += 1
