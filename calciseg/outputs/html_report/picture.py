"""What the pictures of the report have in common: windows, outlines, bytes."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["data_uri", "outline", "resized", "tinted", "windowed"]

_JPEG_QUALITY = 85

GreyPixels = NDArray[np.uint8]
ColourPixels = NDArray[np.uint8]


def windowed(hu: NDArray[Any], low_hu: float, high_hu: float) -> GreyPixels:
    """Map HU to grey, black at ``low_hu`` and white at ``high_hu``."""
    scaled = (hu.astype(np.float32) - low_hu) * (255 / (high_hu - low_hu))
    grey: GreyPixels = np.clip(scaled, 0, 255).astype(np.uint8)
    return grey


def resized(pixels: GreyPixels, shape_yx: tuple[int, int], *, is_map: bool) -> GreyPixels:
    """Bring pixels to another size; the values of a map stay as they are."""
    how = Image.Resampling.NEAREST if is_map else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(pixels).resize(shape_yx[::-1], how))


def outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels just outside a mask, so that a line covers nothing of it."""
    grown: NDArray[np.bool_] = ndimage.binary_dilation(mask, np.ones((3, 3), dtype=np.bool_))
    return grown & ~mask


def tinted(pixels: ColourPixels, mask: NDArray[np.bool_], rgb: tuple[int, int, int], opacity: float) -> None:
    """Lay a colour over some pixels, in place."""
    mixed = (1 - opacity) * pixels[mask] + opacity * np.asarray(rgb)
    pixels[mask] = mixed.astype(np.uint8)


def data_uri(pixels: ColourPixels) -> str:
    """Return a picture as it stands in a page; thin coloured lines keep their colour."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
