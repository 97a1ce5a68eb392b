"""The whole volume from the front and from the side, lesions coloured by their plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.model import ImageResult, TissuePlane
from calciseg.outputs.html_report.patient_view import PatientView
from calciseg.outputs.html_report.picture import coloured, data_uri, resized, tinted, windowed
from calciseg.outputs.palette import rgb

__all__ = ["Overview", "overviews", "thumbnail"]

_LARGEST_PX_YX = (560, 560)
_WINDOW_HU = (-250.0, 1100.0)
_FRONT_TO_BACK, _RIGHT_TO_LEFT = 1, 2
_SEEN = 64
"""Of 255: how much of a pixel of the picture a lesion covers to be drawn."""
_NOTHING = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A projection, ready for a page."""

    name: str
    sides: tuple[str, str]
    """What is on the left and on the right of the picture."""
    data_uri: str
    shape_yx: tuple[int, int]


def overviews(image: ImageResult) -> tuple[Overview, ...]:
    """Draw maximum intensity projections from the front and from the side.

    Parameters
    ----------
    image : ImageResult
        One that was measured.
    """
    view = PatientView.of_geometry(image.geometry)
    sizes_mm = [n * step_mm for n, step_mm in zip(view.shape, view.spacing_mm, strict=True)]
    # One scale for both, so that they can be compared.
    px_per_mm = min(_LARGEST_PX_YX[0] / sizes_mm[0], _LARGEST_PX_YX[1] / max(sizes_mm[1:]))
    n_px = [max(1, round(size_mm * px_per_mm)) for size_mm in sizes_mm]
    front, side = ((n_px[0], n_px[_RIGHT_TO_LEFT]), (n_px[0], n_px[_FRONT_TO_BACK]))
    return (
        Overview(
            name="from the front",
            sides=("R", "L"),
            data_uri=_projection(image, view, _FRONT_TO_BACK, front),
            shape_yx=front,
        ),
        Overview(
            name="from the side",
            sides=("A", "P"),
            data_uri=_projection(image, view, _RIGHT_TO_LEFT, side),
            shape_yx=side,
        ),
    )


def thumbnail(image: ImageResult, largest_px: int = 160) -> str:
    """Draw the projection from the front, small, as a data URI."""
    view = PatientView.of_geometry(image.geometry)
    height_mm, width_mm = (view.shape[axis] * view.spacing_mm[axis] for axis in (0, _RIGHT_TO_LEFT))
    px_per_mm = largest_px / max(height_mm, width_mm)
    shape = (max(1, round(height_mm * px_per_mm)), max(1, round(width_mm * px_per_mm)))
    return _projection(image, view, _FRONT_TO_BACK, shape)


def _projection(image: ImageResult, view: PatientView, axis: int, shape_yx: tuple[int, int]) -> str:
    assert image.hu is not None
    hu = view.of_array(image.hu)
    pixels = coloured(resized(windowed(hu.max(axis=axis), *_WINDOW_HU), shape_yx, is_map=False))
    shadow = _outermost_plane(image, view, axis)
    # From the inside outwards, so that the plane nearest to the skin is drawn last.
    for tissue_plane in reversed(TissuePlane):
        own = (shadow == tissue_plane.map_value).astype(np.uint8) * 255
        if own.any():
            # A lesion narrower than a pixel would be lost.
            seen = ndimage.binary_dilation(resized(own, shape_yx, is_map=False) > _SEEN)
            tinted(pixels, seen, rgb(tissue_plane), 0.85)
    return data_uri(pixels)


def _outermost_plane(image: ImageResult, view: PatientView, axis: int) -> NDArray[np.uint8]:
    """Project the planes of the lesions, box by box: most of a body is none."""
    assert image.maps is not None
    labels, planes = view.of_array(image.maps.labels), view.of_array(image.maps.planes)
    shadow = np.full([n for i, n in enumerate(view.shape) if i != axis], _NOTHING, np.uint8)
    for lesion in image.lesions:
        box = tuple(slice(*ends) for ends in view.of_ranges(lesion.bbox_zyx))
        own = np.where(labels[box] == lesion.label, planes[box], _NOTHING)
        part = tuple(ends for i, ends in enumerate(box) if i != axis)
        np.minimum(shadow[part], own.min(axis=axis), out=shadow[part])
    return shadow
