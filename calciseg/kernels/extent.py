"""How far masks reach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from calciseg.kernels._distance_request import as_flat_mask, check_spacing
from calciseg.kernels._extent import widest


def feret_mm(mask: ArrayLike, spacing_mm: Sequence[float]) -> float:
    """Measure the largest distance between two corners of the voxels of a mask.

    Parameters
    ----------
    mask : ndarray of bool, 2-D or 3-D
        C order is read in place, any other is copied. Never written to.
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.

    Returns
    -------
    float
        Feret diameter; 0 of an empty mask.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    Exact. O(voxels), and the pairs of the vertices of outlines of slices that may lie as far apart.
    """
    array = np.asarray(mask)
    spacing = check_spacing(array.shape, spacing_mm)
    # Both layers of the corners of a plane lie in it.
    shape, steps = (array.shape, spacing) if array.ndim == 3 else ((1, *array.shape), (0.0, *spacing))
    return float(widest(as_flat_mask(array), shape, steps))
