"""One lesion on the axial slice where it is largest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.model import ImageResult, Lesion
from calciseg.outputs.html_report.patient_view import PatientView
from calciseg.outputs.html_report.picture import data_uri, outline, resized, tinted, windowed
from calciseg.outputs.palette import rgb

__all__ = ["SCALE_BAR_MM", "LesionPicture", "lesion_picture"]

SCALE_BAR_MM = 10

_SIZE_PX = 240
_LEAST_FIELD_MM = 60.0
_MARGIN = 1.6
"""The field of view over the extent of the lesion."""
_SOFT_TISSUE_HU = (-160.0, 240.0)
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionPicture:
    """A picture, ready for a page."""

    data_uri: str
    field_mm: float
    """Width and height of what it shows."""
    n_slice: int
    """Counted from 1 along the label map's own axis."""
    n_slices: int


def lesion_picture(image: ImageResult, lesion: Lesion) -> LesionPicture:
    """Draw a lesion: soft-tissue window, outlined in the colour of its plane, others in white, a scale bar.

    Parameters
    ----------
    image : ImageResult
        One that was measured.
    lesion : Lesion
        One of its lesions.
    """
    assert image.maps is not None
    assert image.hu is not None
    view = PatientView.of_geometry(image.geometry)
    labels = view.of_array(image.maps.labels)
    ranges = view.of_ranges(lesion.bbox_zyx)
    box = labels[tuple(slice(*ends) for ends in ranges)] == lesion.label
    areas = box.sum(axis=(1, 2))
    largest = np.flatnonzero(areas == areas.max())
    i_slice = ranges[0][0] + int(largest[largest.size // 2])
    dy, dx = view.spacing_mm[1:]
    extent_mm = max((ranges[1][1] - ranges[1][0]) * dy, (ranges[2][1] - ranges[2][0]) * dx)
    field_mm = max(_LEAST_FIELD_MM, extent_mm * _MARGIN)
    window = _Window.around(ranges[1:], (dy, dx), field_mm)
    grey = window.cut(windowed(view.of_array(image.hu)[i_slice], *_SOFT_TISSUE_HU), is_map=False)
    here = window.cut(labels[i_slice] == lesion.label, is_map=True) > 0
    others = (window.cut(labels[i_slice] > 0, is_map=True) > 0) & ~here
    pixels = np.repeat(grey[..., np.newaxis], 3, axis=2)
    tinted(pixels, outline(others), _WHITE, 0.5)
    tinted(pixels, outline(here), rgb(lesion.tissue_plane), 1.0)
    _draw_scale_bar(pixels, field_mm)
    n_slices = view.shape[0]
    return LesionPicture(
        data_uri=data_uri(pixels),
        field_mm=field_mm,
        n_slice=n_slices - i_slice if view.is_flipped[0] else i_slice + 1,
        n_slices=n_slices,
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """A square part of a slice, which may reach beyond its edges."""

    start_yx: tuple[int, int]
    n_yx: tuple[int, int]

    @classmethod
    def around(
        cls, ranges_yx: tuple[tuple[int, int], ...], spacing_mm_yx: tuple[float, float], field_mm: float
    ) -> "_Window":
        n_y, n_x = (round(field_mm / step_mm) for step_mm in spacing_mm_yx)
        start_y, start_x = (
            (start + end - n) // 2 for (start, end), n in zip(ranges_yx, (n_y, n_x), strict=True)
        )
        return cls((start_y, start_x), (n_y, n_x))

    def cut(self, pixels: NDArray[np.uint8] | NDArray[np.bool_], *, is_map: bool) -> NDArray[np.uint8]:
        part = np.zeros(self.n_yx, np.uint8)
        source, target = [], []
        for start, n, n_all in zip(self.start_yx, self.n_yx, pixels.shape, strict=True):
            low, high = max(start, 0), min(start + n, n_all)
            source.append(slice(low, high))
            target.append(slice(low - start, high - start))
        part[tuple(target)] = pixels[tuple(source)]
        return resized(part, (_SIZE_PX, _SIZE_PX), is_map=is_map)


def _draw_scale_bar(pixels: NDArray[np.uint8], field_mm: float) -> None:
    n_px = round(SCALE_BAR_MM / field_mm * _SIZE_PX)
    bottom, left = _SIZE_PX - 10, 10
    pixels[bottom - 1 : bottom + 4, left - 1 : left + n_px + 1] = 0
    pixels[bottom : bottom + 3, left : left + n_px] = 255
