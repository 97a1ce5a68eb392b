"""Grey openings along straight lines, the largest of several directions kept; sixteen lines side by side."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

LANES = 16
"""Lines side by side: what they hold in between fits in the second cache."""


@inlined
def take_smaller(one: Any, i: Any, other: Any, j: Any, out: Any, at: Any) -> None:
    """Write the smaller of two, lane by lane."""
    for k in range(LANES):
        out[at + k] = min(one[i + k], other[j + k])


@inlined
def take_larger(one: Any, i: Any, other: Any, j: Any, out: Any, at: Any) -> None:
    """Write the larger of two, lane by lane."""
    for k in range(LANES):
        out[at + k] = max(one[i + k], other[j + k])


@inlined
def smallest_in_windows(image: Any, places: Any, n: Any, w: Any, rising: Any, held: Any, least: Any) -> None:
    """Write the smallest of each `w` columns of sixteen lines; those of column i lie at ``places[i]``.

    It stands in `least` where the window ends; before the first and after the last of them stands -inf.
    """
    least[: (w - 1) * LANES] = -np.inf
    least[n * LANES : (n + w - 1) * LANES] = -np.inf
    held[:] = np.inf
    for i in range(n):
        if i % w == 0:
            held[:] = np.inf
        take_smaller(held, 0, image, places[i], held, 0)
        take_smaller(held, 0, held, 0, rising, i * LANES)
    for i in range(n - 1, -1, -1):
        if i % w == w - 1 or i == n - 1:
            held[:] = np.inf
        take_smaller(held, 0, image, places[i], held, 0)
        if i <= n - w:
            take_smaller(held, 0, rising, (i + w - 1) * LANES, least, (i + w - 1) * LANES)


@inlined
def raise_to_largest(least: Any, places: Any, n: Any, w: Any, rising: Any, held: Any, out: Any) -> None:
    """Raise sixteen lines of `out` to the largest of the windows that hold a column."""
    n_windows = n + w - 1
    for i in range(n_windows):
        if i % w == 0:
            held[:] = -np.inf
        take_larger(held, 0, least, i * LANES, held, 0)
        take_larger(held, 0, held, 0, rising, i * LANES)
    for i in range(n_windows - 1, -1, -1):
        if i % w == w - 1 or i == n_windows - 1:
            held[:] = -np.inf
        take_larger(held, 0, least, i * LANES, held, 0)
        if i < n:
            take_larger(out, places[i], rising, (i + w - 1) * LANES, out, places[i])
            take_larger(out, places[i], held, 0, out, places[i])


@inlined
def open_short_line(image: Any, places: Any, n: Any, out: Any) -> None:
    """Raise a line of `out` that is no longer than the window to the smallest value of it."""
    least = np.float32(np.inf)
    for i in range(n):
        least = min(least, image[places[i]])
    for i in range(n):
        out[places[i]] = max(out[places[i]], least)


@inlined
def lay_lines(climb: Any, start: Any, n_lines: Any, n_rows: Any, places: Any) -> Any:
    """Write where so many lines from row ``start`` on lie, column by column in which any is on the image.

    Returns how many columns that are.
    """
    n, stride = 0, n_rows + 2 * LANES
    for x in range(len(climb)):
        row = start + climb[x]
        if -n_lines < row < n_rows:
            places[n] = x * stride + LANES + row
            n += 1
    return n


@kernel
def open_along_columns(image: Any, n_rows: Any, slopes: Any, lengths: Any, out: Any) -> None:
    """Keep the largest opening of every pixel over lines that run from column to column.

    Parameters
    ----------
    image : ndarray of float32, flat, of shape (columns, LANES + rows + LANES)
        Columns one after the other, -inf before and after each.
    n_rows : int
    slopes : ndarray of float64
        Rows that a line climbs per column, -1 to 1.
    lengths : ndarray of int64
        Of the lines, in columns, one for each slope.
    out : ndarray of float32, flat, same shape
        Read and written: raised to the opening where that is larger.

    Notes
    -----
    O(pixels × slopes), whatever the lengths: minima and maxima in windows by blocks (van Herk 1992, Gil and
    Werman 1993). The lines of one slope are shifted copies of each other, so each pixel lies on one. What
    lies off the image has the smallest value, so no window that reaches there is kept.
    """
    n_columns, longest = image.size // (n_rows + 2 * LANES), 0
    for length in lengths:
        longest = max(longest, length)
    climb, places = np.empty(n_columns, np.int64), np.empty(n_columns, np.int64)
    size = (n_columns + longest) * LANES
    rising, least = np.empty(size, np.float32), np.empty(size, np.float32)
    held = np.empty(LANES, np.float32)
    for direction in range(len(slopes)):
        for x in range(n_columns):
            climb[x] = np.int64(np.rint(slopes[direction] * x))
        first, last = -max(climb[0], climb[-1]), n_rows - min(climb[0], climb[-1])
        w = lengths[direction]
        # In two corners lines are shorter than the window.
        for start in range(first, last):
            n = lay_lines(climb, start, 1, n_rows, places)
            if n >= w:
                break
            open_short_line(image, places, n, out)
        for start in range(last - 1, first - 1, -1):
            n = lay_lines(climb, start, 1, n_rows, places)
            if n >= w:
                break
            open_short_line(image, places, n, out)
        for start in range(first, last, LANES):
            n = lay_lines(climb, start, LANES, n_rows, places)
            if n >= w:
                smallest_in_windows(image, places, n, w, rising, held, least)
                raise_to_largest(least, places, n, w, rising, held, out)
