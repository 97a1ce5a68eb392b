"""A radiograph with its lesions outlined in the colours of their planes."""

import numpy as np

from calciseg.model import RadiographResult
from calciseg.outputs.html_report.picture import data_uri, outline, resized, tinted, windowed
from calciseg.outputs.palette import rgb

__all__ = ["radiograph_picture"]

_LARGEST_PX = 900
_SHOWN_PERCENT = (1.0, 99.8)
_EXCLUDED_RGB = (255, 255, 255)


def radiograph_picture(image: RadiographResult) -> str:
    """Draw a radiograph, bright is dense, as a data URI; what was excluded is outlined faintly in white.

    Parameters
    ----------
    image : RadiographResult
        One that was measured.
    """
    assert image.maps is not None
    assert image.values is not None
    values = image.values
    scale = min(1.0, _LARGEST_PX / max(values.shape))
    shape = (max(1, round(values.shape[0] * scale)), max(1, round(values.shape[1] * scale)))
    low, high = np.percentile(values, _SHOWN_PERCENT)
    grey = resized(windowed(values, float(low), float(max(high, low + 1))), shape, is_map=False)
    pixels = np.repeat(grey[..., np.newaxis], 3, axis=2)
    excluded = (image.maps.excluded[0] > 0).astype(np.uint8)
    tinted(pixels, outline(resized(excluded, shape, is_map=True) > 0), _EXCLUDED_RGB, 0.35)
    for lesion in image.lesions:
        own = (image.maps.labels[0] == lesion.label).astype(np.uint8) * 255
        tinted(pixels, outline(resized(own, shape, is_map=False) > 127), rgb(lesion.tissue_plane), 1.0)
    return data_uri(pixels)
