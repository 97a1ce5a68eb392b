"""Running means along lines, many lines side by side."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

SIDE_BY_SIDE = 16
"""Lines of a block: their sums run in vector registers."""


@inlined
def reflected(at: Any, n: Any) -> Any:
    """Return the place that stands for one beyond the ends of a line, which goes on as in a mirror."""
    at %= 2 * n
    return at if at < n else 2 * n - 1 - at


@inlined
def load_lines(
    values: Any, base: Any, lane: Any, step: Any, n_own: Any, n: Any, width: Any, lines: Any
) -> None:
    """Copy lines side by side, drawn on beyond their ends by half a window."""
    for i in range(n + width - 1):
        source = base + reflected(i - width // 2, n) * step
        line = lines[i * SIDE_BY_SIDE : (i + 1) * SIDE_BY_SIDE]
        if lane == 1:
            row = values[source : source + n_own]  # no place of it can be negative: vector registers
            for k in range(n_own):
                line[k] = row[k]
        else:
            for k in range(n_own):
                line[k] = values[np.uint64(source + k * lane)]


@inlined
def store_means(
    sums: Any, width: Any, is_whole: Any, values: Any, at: Any, lane: Any, n_own: Any, means: Any
) -> None:
    """Write the means of one place of all lines."""
    for k in range(SIDE_BY_SIDE):
        mean = sums[k] / width
        means[k] = np.trunc(mean) if is_whole else mean
    if lane == 1:
        row = values[at : at + n_own]
        for k in range(n_own):
            row[k] = means[k]
    else:
        for k in range(n_own):
            values[np.uint64(at + k * lane)] = means[k]


@inlined
def add_row(lines: Any, i: Any, sign: Any, sums: Any) -> None:
    """Add or take away the i-th place of all lines."""
    line = lines[i * SIDE_BY_SIDE : (i + 1) * SIDE_BY_SIDE]
    for k in range(SIDE_BY_SIDE):
        sums[k] += sign * line[k]


@kernel
def average_lines(
    values: Any, first: Any, stop: Any, n_lines: Any, n: Any, lane: Any, step: Any, outer: Any, width: Any,
    is_whole: Any,
) -> None:  # fmt: skip
    """Replace lines by their running means, in place.

    Parameters
    ----------
    values : ndarray of float32, flat
        Read and written.
    first, stop : int
        Which blocks of lines.
    n_lines : int
        Lines that lie side by side, before the next set of them begins.
    n : int
        Length of a line.
    lane, step, outer : int
        From a line to the next, from a place of a line to the next, and from a set of lines to the next.
    width : int
        Of the window; odd.
    is_whole : bool
        Whether to cut off what follows the point of a mean.

    Notes
    -----
    O(values), whatever the width. A sum is carried on from place to place, in float64.
    """
    lines = np.zeros((n + width - 1) * SIDE_BY_SIDE, np.float64)
    sums, means = np.empty(SIDE_BY_SIDE, np.float64), np.empty(SIDE_BY_SIDE, np.float32)
    n_blocks = (n_lines + SIDE_BY_SIDE - 1) // SIDE_BY_SIDE
    for block in range(first, stop):
        at = block % n_blocks * SIDE_BY_SIDE
        base, n_own = block // n_blocks * outer + at * lane, min(SIDE_BY_SIDE, n_lines - at)
        load_lines(values, base, lane, step, n_own, n, width, lines)
        sums[:] = 0.0
        for i in range(width):
            add_row(lines, i, 1.0, sums)
        for i in range(n):
            if i > 0:
                add_row(lines, i + width - 1, 1.0, sums)
                add_row(lines, i - 1, -1.0, sums)
            store_means(sums, width, is_whole, values, base + i * step, lane, n_own, means)
