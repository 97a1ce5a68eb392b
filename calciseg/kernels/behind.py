"""What lies behind an object, from what is seen on either side of it."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels._bridge import bridge_places
from calciseg.kernels._distance_request import check_spacing, check_volume

_WAYS = np.array([way for way in product((-1, 0, 1), repeat=3) if way > (0, 0, 0)], np.int64)
_BARRED = np.int32(-(2**30))


def bridge(
    values: NDArray[np.int16],
    known: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    wanted: NDArray[np.bool_],
    spacing_mm: Sequence[float],
    *,
    agree: float,
    lonely: float,
) -> NDArray[np.float64]:
    """Draw values on behind an object along the layers it lies in.

    Thirteen lines run through every wanted voxel, to its 26 neighbours. Along each the value is interpolated
    between the first known voxels on either side, and the lines are averaged: short ones and those whose
    ends are alike count more. A line within a layer has such ends, one across it has not.

    Parameters
    ----------
    values : ndarray of int16, 3-D
    known : ndarray of bool
        Where values are what they would be without the object.
    barred : ndarray of bool
        What no line crosses.
    wanted : ndarray of bool
    spacing_mm : sequence of float
        Distance between voxel centres along each axis.
    agree : float
        Ends that differ by less are alike.
    lonely : float
        A line with one end counts as one whose ends differ by so much.

    Returns
    -------
    ndarray of float64
        The values at the wanted voxels, in C order; NaN where no line has an end.

    Raises
    ------
    UsageError
        When the arguments do not fit together.

    Notes
    -----
    O(voxels that are neither known nor barred).
    """
    spacing = check_spacing(values.shape, spacing_mm)
    check_volume(values, np.int16, known, barred, wanted)
    # A rim that no line crosses saves asking at every step whether the image ends.
    shape = [n + 2 for n in values.shape]
    before, padded, places = np.full(shape, _BARRED), np.zeros(shape, np.int16), np.zeros(shape, np.bool_)
    inner = (slice(1, -1),) * 3
    before[inner] = np.where(known, np.int32(0), np.where(barred, _BARRED, np.int32(1)))
    padded[inner], places[inner] = values, wanted
    at = np.flatnonzero(places)
    out = np.full(at.size, np.nan)
    ways = _WAYS @ np.array([shape[1] * shape[2], shape[2], 1])
    lengths = np.sqrt(((_WAYS * np.array(spacing)) ** 2).sum(axis=1))
    before = before.ravel()
    bridge_places(
        padded.ravel(),
        before,
        before.copy(),
        np.flatnonzero(before > 0),
        at,
        ways,
        lengths,
        agree,
        lonely,
        out,
    )
    return out
