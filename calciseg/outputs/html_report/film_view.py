"""Pictures of a radiograph: the whole film, its lesions and what was excluded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.model import RadiographResult, Shadow, ShadowExclusion
from calciseg.outputs.html_report.cutouts import Cutout, Slice, Square, draw, middle_of
from calciseg.outputs.html_report.picture import coloured, data_uri, outline, resized, tinted, windowed
from calciseg.outputs.palette import EXCLUDED_COLOUR, rgb, rgb_of

__all__ = ["FilmPictures", "film_window"]

_LARGEST_PX = 900
_SHOWN_PERCENT = (1.0, 99.8)
_LEAST_FIELD_MM = 40.0
_LEAST_FRACTION = 0.2
"""Of the longer side of a film without a spacing."""
_SAMPLED_EVERY = 4


def film_window(values: NDArray[Any]) -> tuple[float, float]:
    """Choose the values of a film that are shown black and white."""
    step = _SAMPLED_EVERY if min(values.shape) > 64 * _SAMPLED_EVERY else 1
    low, high = np.percentile(values[::step, ::step], _SHOWN_PERCENT)
    return float(low), float(max(high, low + 1))


class FilmPictures:
    """Draws pictures of one radiograph that was measured; bright is dense.

    Parameters
    ----------
    film : RadiographResult
    """

    def __init__(self, film: RadiographResult) -> None:
        assert film.maps is not None
        assert film.values is not None
        self._film, self._labels, self._excluded = film, film.maps.labels[0], film.maps.excluded[0]
        self._slice = Slice(
            values=film.values,
            window=film_window(film.values),
            spacing_mm_yx=film.image.spacing_mm_yx,
        )

    def whole(self, largest_px: int = _LARGEST_PX) -> str:
        """Draw the film, lesions outlined in the colours of their planes, exclusions faintly in white.

        Parameters
        ----------
        largest_px : int
            The longer side of the picture.
        """
        values = self._slice.values
        scale = min(1.0, largest_px / max(values.shape))
        shape = (max(1, round(values.shape[0] * scale)), max(1, round(values.shape[1] * scale)))
        pixels = coloured(resized(windowed(values, *self._slice.window), shape, is_map=False))
        excluded = resized((self._excluded > 0).astype(np.uint8), shape, is_map=True) > 0
        tinted(pixels, outline(excluded), (255, 255, 255), 0.35)
        for lesion in self._film.lesions:
            own = (self._labels == lesion.label).astype(np.uint8) * 255
            tinted(pixels, outline(resized(own, shape, is_map=False) > 127), rgb(lesion.tissue_plane), 1.0)
        return data_uri(pixels)

    def of_lesion(self, lesion: Shadow, *, is_drawn: bool = True) -> Cutout:
        """Find a lesion and draw it, outlined in the colour of its plane, others in white."""
        colour = rgb(lesion.tissue_plane) if is_drawn else None
        return self._drawn(self._labels, lesion.label, lesion.bbox_yx, colour)

    def of_exclusion(self, exclusion: ShadowExclusion) -> Cutout | None:
        """Draw something excluded, or None where the map does not hold it."""
        label, ranges = exclusion.label, exclusion.bbox_yx
        if label is None or ranges is None or not (self._excluded[_slices(ranges)] == label).any():
            return None
        return self._drawn(self._excluded, label, ranges, rgb_of(EXCLUDED_COLOUR))

    def _drawn(
        self,
        labels: NDArray[np.unsignedinteger],
        label: int,
        ranges: tuple[tuple[int, int], tuple[int, int]],
        colour: tuple[int, int, int] | None,
    ) -> Cutout:
        spacing = self._slice.spacing_mm_yx
        shape = labels.shape
        least = _LEAST_FRACTION * max(shape) if spacing is None else _LEAST_FIELD_MM
        square, field = Square.around(ranges, spacing or (1.0, 1.0), least)
        picture = None
        if colour is not None:
            cut = square.cut(labels)
            others = (cut > 0) & (cut != label) if labels is self._labels else np.zeros_like(cut, np.bool_)
            picture = draw(self._slice, square, field, cut == label, others, colour)
        y, x = middle_of(labels[_slices(ranges)] == label)
        index = np.array([0.0, ranges[0][0] + y, ranges[1][0] + x])
        left_mm, back_mm, up_mm = (float(mm) for mm in self._film.geometry.lps_mm_from_zyx(index))
        place = (100 * (index[2] + 0.5) / shape[1], 100 * (index[1] + 0.5) / shape[0])
        return Cutout(
            data_uri=picture,
            field_mm=None if spacing is None else field,
            n_slice=1,
            n_slices=1,
            ras_mm=(-left_mm, -back_mm, up_mm),
            place_percent=(place,),
        )


def _slices(ranges: tuple[tuple[int, int], tuple[int, int]]) -> tuple[slice, slice]:
    y, x = (slice(*ends) for ends in ranges)
    return y, x
