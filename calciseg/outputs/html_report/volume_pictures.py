"""Pictures of a CT volume: lesions and what was excluded, each on the axial slice where it is largest."""

import numpy as np
from numpy.typing import NDArray

from calciseg.model import Exclusion, ImageResult, Lesion
from calciseg.outputs.html_report.cutouts import Cutout, Slice, Square, draw, largest_slice, middle_of
from calciseg.outputs.html_report.patient_view import IndexRanges, PatientView
from calciseg.outputs.palette import EXCLUDED_COLOUR, rgb, rgb_of

__all__ = ["VolumePictures"]

_SOFT_TISSUE_HU = (-160.0, 240.0)
_CALCIUM_HU = (-200.0, 1000.0)
_LEAST_FIELD_MM = 60.0
_EXCLUDED_FIELD_MM = 100.0


class VolumePictures:
    """Draws pictures of one image that was measured.

    Parameters
    ----------
    image : ImageResult
    """

    def __init__(self, image: ImageResult) -> None:
        assert image.maps is not None
        assert image.hu is not None
        self._geometry = image.geometry
        self._view = PatientView.of_geometry(image.geometry)
        self._hu = self._view.of_array(image.hu)
        self._labels = self._view.of_array(image.maps.labels)
        self._excluded = self._view.of_array(image.maps.excluded)

    def of_lesion(self, lesion: Lesion, *, is_drawn: bool = True) -> Cutout:
        """Find a lesion and draw it in a soft-tissue window, outlined in its colour, others in white."""
        ranges = self._view.of_ranges(lesion.bbox_zyx)
        colour = rgb(lesion.tissue_plane) if is_drawn else None
        return self._drawn(self._labels, lesion.label, ranges, _LEAST_FIELD_MM, _SOFT_TISSUE_HU, colour)

    def of_exclusion(self, exclusion: Exclusion) -> Cutout | None:
        """Draw something excluded, or None where the map does not hold it."""
        ranges = None if exclusion.label is None else self._found(exclusion)
        if ranges is None or exclusion.label is None:
            return None
        return self._drawn(
            self._excluded, exclusion.label, ranges, _EXCLUDED_FIELD_MM, _CALCIUM_HU, rgb_of(EXCLUDED_COLOUR)
        )

    def _found(self, exclusion: Exclusion) -> IndexRanges | None:
        """Return a box around part of something excluded: near its centre, else wherever it is."""
        whole: IndexRanges = ((0, self._view.shape[0]), (0, self._view.shape[1]), (0, self._view.shape[2]))
        near = whole if exclusion.centroid_lps_mm is None else self._near(exclusion.centroid_lps_mm)
        for ranges in (near, whole):
            part = self._excluded[_slices(ranges)] == exclusion.label
            if part.any():
                i_slice = largest_slice(part)
                ends = [(i_slice, i_slice + 1)]
                for axis in (0, 1):
                    along = np.flatnonzero(part[i_slice].any(axis=1 - axis))
                    ends.append((int(along[0]), int(along[-1]) + 1))
                (z0, z1), (y0, y1), (x0, x1) = (
                    (start + first, start + last)
                    for (start, _), (first, last) in zip(ranges, ends, strict=True)
                )
                return ((z0, z1), (y0, y1), (x0, x1))
        return None

    def _near(self, centre_lps_mm: tuple[float, float, float]) -> IndexRanges:
        inverse = np.linalg.inv(self._geometry.affine_lps_mm_from_zyx)
        zyx = [round(float(i)) for i in (inverse @ (*centre_lps_mm, 1.0))[:3]]
        (z0, _), (y0, _), (x0, _) = self._view.of_ranges(
            ((zyx[0], zyx[0] + 1), (zyx[1], zyx[1] + 1), (zyx[2], zyx[2] + 1))
        )
        ends = []
        for middle, n, step_mm in zip((z0, y0, x0), self._view.shape, self._view.spacing_mm, strict=True):
            reach = round(_EXCLUDED_FIELD_MM / 2 / step_mm)
            ends.append((min(max(middle - reach, 0), n), min(max(middle + reach + 1, 0), n)))
        return (ends[0], ends[1], ends[2])

    def _drawn(
        self,
        labels: NDArray[np.unsignedinteger],
        label: int,
        ranges: IndexRanges,
        least_field_mm: float,
        window_hu: tuple[float, float],
        colour: tuple[int, int, int] | None,
    ) -> Cutout:
        box = labels[_slices(ranges)] == label
        i_box = largest_slice(box)
        i_slice = ranges[0][0] + i_box
        y, x = middle_of(box[i_box])
        spacing = (self._view.spacing_mm[1], self._view.spacing_mm[2])
        square, field_mm = Square.around((ranges[1], ranges[2]), spacing, least_field_mm)
        picture = None
        if colour is not None:
            cut = square.cut(labels[i_slice])
            shown = Slice(values=self._hu[i_slice], window=window_hu, spacing_mm_yx=spacing)
            others = (cut > 0) & (cut != label) if labels is self._labels else np.zeros_like(cut, np.bool_)
            picture = draw(shown, square, field_mm, cut == label, others, colour)
        point = (i_slice, ranges[1][0] + y, ranges[2][0] + x)
        n_slices = self._view.shape[0]
        return Cutout(
            data_uri=picture,
            field_mm=field_mm,
            n_slice=n_slices - i_slice if self._view.is_flipped[0] else i_slice + 1,
            n_slices=n_slices,
            ras_mm=self._ras_mm(point),
            place_percent=self._places(point),
        )

    def _ras_mm(self, point: tuple[int, int, int]) -> tuple[float, float, float]:
        index = np.asarray(self._view.zyx_of(point), dtype=np.float64)
        x, y, z = (float(mm) for mm in self._geometry.lps_mm_from_zyx(index))
        return -x, -y, z

    def _places(self, point: tuple[int, int, int]) -> tuple[tuple[float, float], ...]:
        down, back, left = (100 * (i + 0.5) / n for i, n in zip(point, self._view.shape, strict=True))
        return (left, down), (back, down)


def _slices(ranges: IndexRanges) -> tuple[slice, slice, slice]:
    z, y, x = (slice(*ends) for ends in ranges)
    return z, y, x
