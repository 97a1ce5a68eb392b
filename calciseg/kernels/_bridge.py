"""Values between the known ends of lines, the more a line counts the better its ends agree."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def steps_to_known(state: Any, place: Any, step: Any) -> Any:
    """Count the steps to the first known voxel; 0 where a barred one comes first."""
    n, at = 1, np.uint64(place + step)  # without a sign: no test whether it counts from the end
    while state[at] == 0:
        at += np.uint64(step)
        n += 1
    return n if state[at] == 1 else 0


@kernel
def bridge_places(
    values: Any, state: Any, places: Any, ways: Any, lengths: Any, agree: Any, lonely: Any, out: Any
) -> None:
    """Interpolate along lines through each place, and average over the lines.

    Parameters
    ----------
    values : ndarray of int16, flat
    state : ndarray of uint8, flat
        0 where the value is not known, 1 where it is, 2 what no line crosses: all around the image at least.
    places : ndarray of int64, ``(n,)``
    ways : ndarray of int64, ``(m,)``
        Steps of the lines, one of each two opposite ones.
    lengths : ndarray of float64, ``(m,)``
        Of a step.
    agree, lonely : float
        A line weighs one over its length and over the sum of two squares: of what its ends differ by, and of
        `agree`. One with a single end counts as if they differed by `lonely`.
    out : ndarray of float64, ``(n,)``
        Updated where a line has an end.

    Notes
    -----
    O(places x ways x steps).
    """
    for i in range(places.size):
        place = places[i]
        total, weights = 0.0, 0.0
        for k in range(ways.size):
            step = ways[k]
            before, after = steps_to_known(state, place, -step), steps_to_known(state, place, step)
            if before == 0 and after == 0:
                continue
            first, last, apart = 0.0, 0.0, lonely
            if before:
                first = float(values[place - before * step])
            if after:
                last = float(values[place + after * step])
            if before and after:
                apart = last - first
                value, n = (first * after + last * before) / (before + after), before + after
            else:
                value, n = first + last, 2 * (before + after)
            weight = 1.0 / (n * lengths[k] * (apart * apart + agree * agree))
            total += weight * value
            weights += weight
        if weights:
            out[i] = total / weights
