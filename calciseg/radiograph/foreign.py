"""What does not belong to the patient: letters beside the body, metal and letters over it."""

import numpy as np
from scipy import ndimage

from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Mask
from calciseg.settings import RadiographSettings

__all__ = ["find_markers", "find_metal"]

_SMALLEST_MM2 = 2.0
_SHARP = 0.45
"""Metal falls to the level around it within a pixel or two: share of its contrast lost in one block."""
_RIM_MM = 0.8
_BEYOND_BONE = 0.8
"""Metal stands out of its surroundings by so much of what bone does out of soft tissue."""


def find_markers(film: Film) -> Mask:
    """Find what is dense in the open field beside the body.

    Returns
    -------
    ndarray of bool
        On the working grid.
    """
    outside = film.is_open & ~ndimage.binary_dilation(film.is_body, iterations=3)
    dense = outside & (film.image > film.air + 0.15 * film.span)
    # What touches the edge of the field is the edge.
    labels, n = ndimage.label(dense, np.ones((3, 3)))
    if not n:
        return dense
    rim = film.is_open & ~ndimage.binary_erosion(film.is_open, iterations=3, border_value=0)
    sizes = np.bincount(labels.ravel()) * film.grid.block_mm**2
    sizes[np.unique(labels[rim])] = 0
    sizes[0] = 0
    return np.isin(labels, np.flatnonzero(sizes >= _SMALLEST_MM2))


def find_metal(film: Film, bone: BoneShadow, settings: RadiographSettings) -> Mask:
    """Find what is far denser than its surroundings, with an edge as sharp as the film draws one.

    Returns
    -------
    ndarray of bool
        On the working grid, with its rim.
    """
    width = max(3, round(film.grid.blocks(6.0)) | 1)
    image = film.image
    around = ndimage.percentile_filter(image[::2, ::2], 50, size=max(3, (width // 2) | 1))
    around = np.repeat(np.repeat(around, 2, axis=0), 2, axis=1)[: image.shape[0], : image.shape[1]]
    least = max(settings.metal_contrast * film.span, _BEYOND_BONE * bone.contrast)
    stands_out = (image - around) > least
    labels, n = ndimage.label(stands_out & film.is_body, np.ones((3, 3)))
    if not n:
        return np.zeros(image.shape, np.bool_)
    slope = np.hypot(*np.gradient(image))
    index = np.arange(1, n + 1)
    sharp = ndimage.maximum(slope, labels, index) > _SHARP * ndimage.maximum(image - around, labels, index)
    found = np.isin(labels, index[sharp])
    return np.asarray(
        ndimage.binary_dilation(found, iterations=max(1, round(film.grid.blocks(_RIM_MM)))), np.bool_
    )
