"""Grey openings along straight lines, the largest of several directions kept."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel


@inlined
def smallest_in_windows(line: Any, n: Any, w: Any, rising: Any, falling: Any, out: Any, first: Any) -> None:
    """Write the smallest of each `w` values in a row, from `first` on."""
    for i in range(n):
        rising[i] = line[i] if i % w == 0 else min(rising[i - 1], line[i])
    for i in range(n - 1, -1, -1):
        falling[i] = line[i] if i % w == w - 1 or i == n - 1 else min(falling[i + 1], line[i])
    for i in range(n - w + 1):
        out[first + i] = min(falling[i], rising[i + w - 1])


@inlined
def largest_in_windows(line: Any, n: Any, w: Any, rising: Any, falling: Any, out: Any) -> None:
    """Write the largest of each `w` values in a row."""
    for i in range(n):
        rising[i] = line[i] if i % w == 0 else max(rising[i - 1], line[i])
    for i in range(n - 1, -1, -1):
        falling[i] = line[i] if i % w == w - 1 or i == n - 1 else max(falling[i + 1], line[i])
    for i in range(n - w + 1):
        out[i] = max(falling[i], rising[i + w - 1])


@kernel
def open_along_rows(image: Any, slopes: Any, lengths: Any, out: Any) -> None:
    """Keep the largest opening of every pixel over lines that run from left to right.

    Parameters
    ----------
    image : ndarray of float32, C order, shape (rows, columns)
    slopes : ndarray of float64
        Rows that a line climbs per column, -1 to 1.
    lengths : ndarray of int64
        Of the lines, in columns, one for each slope.
    out : ndarray of float32, C order, same shape
        Read and written: raised to the opening where that is larger.

    Notes
    -----
    O(pixels × slopes), whatever the lengths: minima and maxima in windows by blocks (van Herk 1992, Gil and
    Werman 1993). The lines of one slope are shifted copies of each other, so each pixel lies on one.
    """
    n_rows, n_columns = image.shape
    climb = np.empty(n_columns, np.int64)
    line = np.empty(n_columns, np.float32)
    size = n_columns + lengths.max()
    rising, falling = np.empty(size, np.float32), np.empty(size, np.float32)
    padded = np.empty(size, np.float32)
    for direction in range(len(slopes)):
        for x in range(n_columns):
            climb[x] = np.int64(np.rint(slopes[direction] * x))
        lowest, highest = min(climb[0], climb[-1]), max(climb[0], climb[-1])
        for start in range(-highest, n_rows - lowest):
            first, n = 0, 0
            for x in range(n_columns):
                if 0 <= start + climb[x] < n_rows:
                    first = x if n == 0 else first
                    line[n] = image[start + climb[x], x]
                    n += 1
            if n == 0:
                continue
            w = min(lengths[direction], n)
            # The smallest value of every window, between two stretches that no window lies in.
            padded[: n + w - 1] = -np.inf
            smallest_in_windows(line, n, w, rising, falling, padded, w - 1)
            largest_in_windows(padded, n + w - 1, w, rising, falling, line)
            for i in range(n):
                y = start + climb[first + i]
                out[y, first + i] = max(out[y, first + i], line[i])
