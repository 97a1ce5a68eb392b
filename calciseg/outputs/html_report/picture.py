"""What the pictures of the report have in common: windows, outlines, bytes."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["ColourPixels", "GreyPixels", "coloured", "data_uri", "outline", "resized", "tinted", "windowed"]

_JPEG_QUALITY = 82

GreyPixels = NDArray[np.uint8]
ColourPixels = NDArray[np.uint8]


def windowed(values: NDArray[Any], low: float, high: float) -> GreyPixels:
    """Map values, HU or those of a film, to grey: black at ``low`` and white at ``high``."""
    scaled = (values.astype(np.float32) - low) * (255 / (high - low))
    grey: GreyPixels = np.clip(scaled, 0, 255).astype(np.uint8)
    return grey


def resized(pixels: GreyPixels, shape_yx: tuple[int, int], *, is_map: bool) -> GreyPixels:
    """Bring pixels to another size; the values of a map stay as they are."""
    how = Image.Resampling.NEAREST if is_map else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize(shape_yx[::-1], how))


def coloured(grey: GreyPixels) -> ColourPixels:
    """Return grey pixels as red, green and blue, to be drawn upon."""
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def outline(mask: NDArray[np.bool_], n_px: int = 1) -> NDArray[np.bool_]:
    """Return the pixels just outside a mask, so that a line covers nothing of it."""
    return _grown(_grown(mask, n_px).T, n_px).T & ~mask


def _grown(mask: NDArray[np.bool_], n_px: int) -> NDArray[np.bool_]:
    """Grow a mask up and down."""
    grown = mask.copy()
    for step in range(1, n_px + 1):
        grown[step:] |= mask[:-step]
        grown[:-step] |= mask[step:]
    return grown


def tinted(pixels: ColourPixels, mask: NDArray[np.bool_], rgb: tuple[int, int, int], opacity: float) -> None:
    """Lay a colour over some pixels, in place."""
    mixed = (1 - opacity) * pixels[mask] + opacity * np.asarray(rgb)
    pixels[mask] = mixed.astype(np.uint8)


def data_uri(pixels: ColourPixels) -> str:
    """Return a picture as it stands in a page; thin coloured lines keep their colour."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
