"""Medians of parts of volumes."""

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._distance_request import as_flat_mask, check_volume
from calciseg.kernels._medians import find_median
from calciseg.kernels._request import as_flat


def median_where(values: NDArray[np.int16], mask: NDArray[np.bool_]) -> float:
    """Find the median of the values of a volume where a mask is.

    Parameters
    ----------
    values : ndarray of int16, 3-D
    mask : ndarray of bool
        Of the shape of the values.

    Returns
    -------
    float
        Equal to ``numpy.median(values[mask])``; NaN where the mask is empty.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels), and a tenth of the time of a median of a copy.
    """
    check_volume(values, np.int16, mask)
    return float(find_median(as_flat(values), as_flat_mask(mask)))
