"""Values between the known ends of lines, the more a line counts the better its ends agree."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def count_steps(places: Any, step: Any, steps: Any) -> None:
    """Count the steps from each open place against a way to what is known; negative where nothing is."""
    for i in range(places.size):
        at = np.uint64(places[i])  # without a sign: no test whether it counts from the end
        steps[at] = steps[at - np.uint64(step)] + 1


@inlined
def weigh_line(before: Any, after: Any, first: Any, last: Any, length: Any, agree: Any, lonely: Any) -> Any:
    """Return the value that a line has at a place between its ends, and how much it counts."""
    if before > 0 and after > 0:
        apart, n = last - first, before + after
        value = (first * after + last * before) / n
    else:
        apart = lonely
        value, n = (first, 2 * before) if before > 0 else (last, 2 * after)
    return value, 1.0 / (n * length * (apart * apart + agree * agree))


@kernel
def bridge_places(
    values: Any, before: Any, after: Any, open_places: Any, places: Any, ways: Any, lengths: Any,
    agree: Any, lonely: Any, out: Any,
) -> None:  # fmt: skip
    """Interpolate along lines through each place, and average over the lines.

    Parameters
    ----------
    values : ndarray of int16, flat
    before, after : ndarray of int32, flat
        0 where the value is known, and what stays negative however many steps are added to it where no line
        crosses: all around the image at least. Written elsewhere.
    open_places : ndarray of int64
        All others, in raster order.
    places : ndarray of int64, ``(n,)``
    ways : ndarray of int64, ``(m,)``
        Steps of the lines, one of each two opposite ones: the positive one.
    lengths : ndarray of float64, ``(m,)``
        Of a step.
    agree, lonely : float
        A line weighs one over its length and over the sum of two squares: of what its ends differ by, and of
        `agree`. One with a single end counts as if they differed by `lonely`.
    out : ndarray of float64, ``(n,)``
        NaN. Updated where a line has an end.

    Notes
    -----
    O(ways x places): each open place is one step farther from what is known than the place before it.
    """
    totals, weights = np.zeros(places.size), np.zeros(places.size)
    for k in range(ways.size):
        step = ways[k]
        count_steps(open_places, step, before)
        count_steps(open_places[::-1], -step, after)
        for i in range(places.size):
            n_before, n_after = np.int64(before[places[i] - step]) + 1, np.int64(after[places[i] + step]) + 1
            if n_before <= 0 and n_after <= 0:
                continue
            first = float(values[places[i] - max(n_before, 0) * step])
            last = float(values[places[i] + max(n_after, 0) * step])
            value, weight = weigh_line(n_before, n_after, first, last, lengths[k], agree, lonely)
            totals[i] += weight * value
            weights[i] += weight
    for i in range(places.size):
        if weights[i]:
            out[i] = totals[i] / weights[i]
