"""Medians of whole numbers of two bytes, by counting them."""

from typing import Any

import numpy as np

from calciseg.kernels._jit import inlined, kernel

N_VALUES = 2**16
LOWEST = -(2**15)


@inlined
def find_rank(counts: Any, rank: Any) -> Any:
    """Return the number of the bin that holds the value of a rank, from 0."""
    i, n = 0, np.int64(counts[0])
    while n <= rank:
        i += 1
        n += counts[i]
    return i


@kernel
def find_median(values: Any, mask: Any) -> Any:
    """Return the median of the values where a mask is, NaN where that is nowhere.

    Parameters
    ----------
    values : ndarray of int16, flat
    mask : ndarray of uint8, flat
        1 inside, 0 outside.

    Notes
    -----
    O(voxels): nothing is copied or sorted.
    """
    counts = np.zeros(N_VALUES, np.int32)
    n = np.int64(0)
    for i in range(values.size):
        counts[np.int64(values[i]) - LOWEST] += mask[i]
        n += mask[i]
    if n == 0:
        return np.nan
    return (find_rank(counts, (n - 1) // 2) + find_rank(counts, n // 2)) / 2 + LOWEST
