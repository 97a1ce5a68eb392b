"""Agatston-type score: area times density weight of each island of each slice."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

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
        Sum over slices and islands (8-connected, of at least `min_area_mm2`) of area in mm2 times weight:
        1 from 130 HU, 2 from 200, 3 from 300, 4 from 400, by the island's largest HU.

    Notes
    -----
    Not a coronary score and never compared with coronary risk classes.
    """
    islands, n = ndimage.label(mask & (hu >= settings.detect_hu * calcium_factor), structure=_IN_SLICE_8)
    if n == 0:
        return 0.0
    areas_mm2 = np.bincount(islands.reshape(-1), minlength=n + 1)[1:] * spacing_mm_zyx[1] * spacing_mm_zyx[2]
    largest_hu, inside = np.full(n + 1, np.iinfo(hu.dtype).min, hu.dtype), islands > 0
    np.maximum.at(largest_hu, islands[inside], hu[inside])
    peaks = largest_hu[1:] / calcium_factor
    weights = 1 + np.digitize(peaks, settings.weight_hu)
    return float((areas_mm2 * weights)[areas_mm2 >= settings.min_area_mm2].sum())
