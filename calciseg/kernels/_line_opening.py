"""Grey openings along straight lines, the largest of several directions kept."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import kernel


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
    longest = 0
    for i in range(len(lengths)):
        longest = max(longest, lengths[i])
    rising = np.empty(n_columns + longest, np.float32)
    falling = np.empty(n_columns + longest, np.float32)
    padded = np.empty(n_columns + longest, np.float32)
    for direction in range(len(slopes)):
        width = lengths[direction]
        for x in range(n_columns):
            climb[x] = np.int64(np.rint(slopes[direction] * x))
        lowest, highest = min(climb[0], climb[-1]), max(climb[0], climb[-1])
        for start in range(-highest, n_rows - lowest):
            first, n = 0, 0
            for x in range(n_columns):
                y = start + climb[x]
                if 0 <= y < n_rows:
                    if n == 0:
                        first = x
                    line[n] = image[y, x]
                    n += 1
            if n == 0:
                continue
            w = min(width, n)
            n_windows = n - w + 1
            # The smallest value of every window, between two stretches of -infinity.
            for i in range(n):
                rising[i] = line[i] if i % w == 0 else min(rising[i - 1], line[i])
            for i in range(n - 1, -1, -1):
                falling[i] = line[i] if i % w == w - 1 or i == n - 1 else min(falling[i + 1], line[i])
            for i in range(w - 1):
                padded[i] = -np.inf
                padded[n_windows + w - 1 + i] = -np.inf
            for i in range(n_windows):
                padded[w - 1 + i] = min(falling[i], rising[i + w - 1])
            # The largest of the windows that hold a pixel.
            n_padded = n + w - 1
            for i in range(n_padded):
                rising[i] = padded[i] if i % w == 0 else max(rising[i - 1], padded[i])
            for i in range(n_padded - 1, -1, -1):
                is_last = i % w == w - 1 or i == n_padded - 1
                falling[i] = padded[i] if is_last else max(falling[i + 1], padded[i])
            for i in range(n):
                x = first + i
                y = start + climb[x]
                value = max(falling[i], rising[i + w - 1])
                if value > out[y, x]:
                    out[y, x] = value
