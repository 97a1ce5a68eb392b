"""What the pixels of one lesion of a radiograph show: a rim, a lucent centre, a lobulated outline.

A projection adds up what lies behind one another: a solid ball is brightest in its middle, a shell at its
edge. Levels are not looked for: nobody knows where down was.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from calciseg.clinical.lesion_features import solidity
from calciseg.kernels import distance_mm, fill_holes_in_slices
from calciseg.model import Shadow
from calciseg.settings import ClassifierSettings

__all__ = ["shadow_features"]

_SURROUNDINGS_PIXELS = 5
_INNER_PART = 0.5
"""The inside: pixels deeper than this part of the greatest depth below the outline."""


def shadow_features(
    values: NDArray[np.uint16], labels_yx: NDArray[np.generic], shadow: Shadow, settings: ClassifierSettings
) -> tuple[str, ...]:
    """Name the features of a lesion that is large enough to show any.

    Parameters
    ----------
    values : ndarray of uint16, shape (rows, columns)
        The radiograph; bright is dense.
    labels_yx : ndarray of int
        Its label map.
    shadow : Shadow
    settings : ClassifierSettings

    Returns
    -------
    tuple of str
        Empty too where the radiograph has no spacing: nobody knows how large the lesion is.
    """
    if shadow.area_mm2 is None or shadow.area_mm2 < settings.feature_area_mm2:
        return ()
    box = tuple(
        slice(max(low - _SURROUNDINGS_PIXELS, 0), high + _SURROUNDINGS_PIXELS) for low, high in shadow.bbox_yx
    )
    mask = np.asarray(labels_yx[box] == shadow.label)
    return tuple(_seen(mask, values[box].astype(np.float64), settings))


def _seen(
    mask: NDArray[np.bool_], values: NDArray[np.float64], settings: ClassifierSettings
) -> Iterator[str]:
    filled = fill_holes_in_slices(mask)
    around = binary_dilation(filled, iterations=_SURROUNDINGS_PIXELS) & ~filled
    if around.any():
        contrast = values - np.median(values[around])
        depth = distance_mm(~np.pad(filled, 1), (1.0, 1.0))[1:-1, 1:-1]
        inner = depth > _INNER_PART * depth.max()
        inside, rim = contrast[inner].mean(), contrast[filled & ~inner].mean()
        if rim >= settings.shadow_rim_ratio * max(inside, 0.0) and rim > 0:
            yield "peripheral_rim"
            if inside <= settings.shadow_lucent_fraction * rim:
                yield "lucent_center"
    if solidity(filled[np.newaxis]) < settings.lobulated_solidity:
        yield "lobulated"
