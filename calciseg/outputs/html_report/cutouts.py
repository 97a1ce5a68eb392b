"""A lesion, or something excluded, on one slice: a small square picture and the place that it shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.outputs.html_report.picture import (
    ColourPixels,
    coloured,
    data_uri,
    outline,
    resized,
    tinted,
    windowed,
)

__all__ = ["PICTURE_PX", "SCALE_BAR_MM", "Cutout", "Slice", "Square", "draw", "largest_slice", "middle_of"]

SCALE_BAR_MM = 10
PICTURE_PX = 200
"""Width and height of a picture."""

_LINE_PX = 2
_MARGIN = 1.6
"""The field of view over the extent of what is shown."""
_WHITE = (255, 255, 255)

RangesYx = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    """A place in an image, and a picture of it, ready for a page."""

    data_uri: str | None
    """None where there is no room for the picture."""
    field_mm: float | None
    """Width and height of what it shows; None where no spacing is stated."""
    n_slice: int
    """Counted from 1 along the label map's own axis."""
    n_slices: int
    ras_mm: tuple[float, float, float]
    """A voxel in the middle of it, in the coordinates of the viewer, which are those of NIfTI."""
    place_percent: tuple[tuple[float, float], ...]
    """The same place on each picture of the overview: from its left, from its top."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """What is drawn: pixels, and which of them belong to what."""

    values: NDArray[Any]
    window: tuple[float, float]
    """The values that are black and white."""
    spacing_mm_yx: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Square:
    """A square part of a slice, which may reach beyond its edges."""

    start_yx: tuple[int, int]
    n_yx: tuple[int, int]

    @classmethod
    def around(
        cls, ranges_yx: RangesYx, spacing_yx: tuple[float, float], least_field: float
    ) -> tuple["Square", float]:
        """Choose the square around a box and return it with its width, in the unit of the spacing."""
        extent = max((end - start) * step for (start, end), step in zip(ranges_yx, spacing_yx, strict=True))
        field = max(least_field, extent * _MARGIN)
        n_y, n_x = (max(1, round(field / step)) for step in spacing_yx)
        start_y, start_x = (
            (start + end - n) // 2 for (start, end), n in zip(ranges_yx, (n_y, n_x), strict=True)
        )
        return cls((start_y, start_x), (n_y, n_x)), field

    def cut(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return that part of a slice, zero where it reaches beyond the edges."""
        part = np.zeros(self.n_yx, pixels.dtype)
        source, target = [], []
        for start, n, n_all in zip(self.start_yx, self.n_yx, pixels.shape, strict=True):
            low, high = max(start, 0), max(min(start + n, n_all), 0)
            source.append(slice(low, high))
            target.append(slice(low - start, max(high - start, low - start)))
        part[tuple(target)] = pixels[tuple(source)]
        return part


def draw(
    shown: Slice,
    square: Square,
    field: float,
    here: NDArray[np.bool_],
    others: NDArray[np.bool_],
    rgb: tuple[int, int, int],
) -> str:
    """Draw part of a slice: outlined in a colour, others in white, a scale bar; return it as a data URI.

    Parameters
    ----------
    shown : Slice
    square : Square
    field : float
        Its width, in mm or, without a spacing, in pixels.
    here, others : ndarray of bool
        Cut out already.
    rgb : tuple of int
    """
    grey = windowed(square.cut(shown.values), *shown.window)
    pixels = coloured(resized(grey, (PICTURE_PX, PICTURE_PX), is_map=False))
    for mask, colour, opacity in ((others, _WHITE, 0.5), (here, rgb, 1.0)):
        if mask.any():
            grown = resized(mask.astype(np.uint8), (PICTURE_PX, PICTURE_PX), is_map=True) > 0
            tinted(pixels, outline(grown, _LINE_PX), colour, opacity)
    if shown.spacing_mm_yx is not None:
        _draw_scale_bar(pixels, field)
    return data_uri(pixels)


def largest_slice(box: NDArray[np.bool_]) -> int:
    """Return the middle one of the slices on which a mask is largest."""
    areas = np.count_nonzero(box, axis=(1, 2))
    largest = np.flatnonzero(areas == areas.max())
    return int(largest[largest.size // 2])


def middle_of(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the pixel of a mask that is nearest to its centre of mass."""
    pixels = np.argwhere(mask)
    y, x = pixels[np.argmin(((pixels - pixels.mean(axis=0)) ** 2).sum(axis=1))]
    return int(y), int(x)


def _draw_scale_bar(pixels: ColourPixels, field_mm: float) -> None:
    n_px = round(SCALE_BAR_MM / field_mm * PICTURE_PX)
    bottom, left = PICTURE_PX - 10, 10
    pixels[bottom - 1 : bottom + 4, left - 1 : left + n_px + 1] = 0
    pixels[bottom : bottom + 3, left : left + n_px] = 255
