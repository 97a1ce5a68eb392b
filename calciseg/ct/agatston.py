"""Agatston-type score: area times density weight of each island of each slice."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.slice_axis import slice_axis
from calciseg.settings import AgatstonSettings

__all__ = ["agatston_unnormalised"]

_IN_SLICE_8 = np.zeros((3, 3, 3), np.bool_)
_IN_SLICE_8[1] = True


def agatston_unnormalised(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm_zyx: tuple[float, float, float],
    calcium_factor: float,
    settings: AgatstonSettings,
) -> float:
    """Score a lesion by the rules of Agatston 1990, with thresholds scaled by the tube voltage.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
        The lesion in its bounding box.
    hu : ndarray of int16
        The volume in the same box.
    spacing_mm_zyx : tuple of float
    calcium_factor : float
        Factor on every calcium threshold at this tube voltage.
    settings : AgatstonSettings

    Returns
    -------
    float
        Sum over the scanner's slices and islands (8-connected, of at least `min_area_mm2`) of area in mm2
        times weight: 1 from 130 HU, 2 from 200, 3 from 300, 4 from 400, by the island's largest HU.

    Notes
    -----
    Not a coronary score and never compared with coronary risk classes.
    """
    axis = slice_axis(spacing_mm_zyx)
    mask, hu = np.moveaxis(mask, axis, 0), np.moveaxis(hu, axis, 0)
    detect_hu, *weight_hu = np.round(np.array([settings.detect_hu, *settings.weight_hu]) * calcium_factor, 6)
    inside = mask & (hu >= detect_hu)
    islands, n = ndimage.label(inside, structure=_IN_SLICE_8)
    if n == 0:
        return 0.0
    pixel_mm2 = float(np.prod(np.delete(spacing_mm_zyx, axis)))
    numbers = islands[inside]
    areas_mm2 = np.bincount(numbers, minlength=n + 1)[1:] * pixel_mm2
    largest_hu = np.full(n + 1, np.iinfo(hu.dtype).min, hu.dtype)
    np.maximum.at(largest_hu, numbers, hu[inside])
    weights = 1 + np.digitize(largest_hu[1:], weight_hu)
    return float((areas_mm2 * weights)[areas_mm2 >= settings.min_area_mm2].sum())
