"""How far the image is blurred, told by the edge between air and skin."""

from math import isclose

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from calciseg.settings import BlurSettings

__all__ = ["measure_blur_mm", "slice_axis"]

_SQUARE = 0.02
"""Spacings that differ by less are those of one slice's pixels."""
_AIR_HU, _TISSUE_HU = -1000.0, 0.0
_OUT, _IN = 6, 4
"""Pixels of an edge's profile before and behind its middle."""


def measure_blur_mm(
    hu: NDArray[np.int16], spacing_mm_zyx: tuple[float, float, float], settings: BlurSettings
) -> float:
    """Measure the SD of the blur within slices.

    Parameters
    ----------
    hu : ndarray of int16, 3-D
    spacing_mm_zyx : tuple of float
    settings : BlurSettings

    Returns
    -------
    float
        As the SD of a Gaussian; the default of the settings where edges are few or pixels too wide.

    Notes
    -----
    The first edge from air to tissue of each row and column, from either end, if it crosses nearly at a right
    angle: the median distance between two low levels, where what lies below the skin counts little, against
    that of a step that was blurred and sampled in the same way.
    """
    across = slice_axis(spacing_mm_zyx)
    dy, dx = (step for axis, step in enumerate(spacing_mm_zyx) if axis != across)
    if max(dy, dx) > settings.max_pixel_mm:
        return settings.default_mm
    slices = np.moveaxis(hu, across, 0)
    chosen = np.unique(np.linspace(0, len(slices) - 1, settings.n_slices).astype(np.intp))
    widths_mm = [
        one
        for image in slices[chosen]
        for turned, along, aside in (
            (image, dx, dy),
            (image[:, ::-1], dx, dy),
            (image.T, dy, dx),
            (image.T[:, ::-1], dy, dx),
        )
        for one in _edge_widths_mm(turned, along, aside, settings)
    ]
    if len(widths_mm) < settings.min_edges:
        return settings.default_mm
    sds_mm = np.linspace(0.1, 2.0, 39)
    expected_mm = [_expected_mm(sd_mm, (dy + dx) / 2, settings) for sd_mm in sds_mm]
    found_mm = float(np.interp(np.median(widths_mm), expected_mm, sds_mm)) + settings.thin_skin_mm
    return min(max(found_mm, settings.min_mm), settings.max_mm)


def _edge_widths_mm(
    image: NDArray[np.int16], along_mm: float, aside_mm: float, settings: BlurSettings
) -> list[float]:
    """Measure the first edge of each row."""
    is_tissue = image > (_AIR_HU + _TISSUE_HU) / 2
    first = is_tissue.argmax(axis=1)
    rows = np.flatnonzero(is_tissue.any(axis=1) & (first >= _OUT) & (first <= image.shape[1] - _IN))
    rows = rows[(rows > 0) & (rows < len(image) - 1)]
    at = first[rows]
    profile = image[rows[:, None], at[:, None] + np.arange(-_OUT, _IN)].astype(np.float64)
    rise = (profile[:, _OUT] - profile[:, _OUT - 1]) / along_mm
    beside = [image[rows + step, at] / 2 + image[rows + step, at - 1] / 2 for step in (-1, 1)]
    cosine = rise / np.hypot(rise, (beside[1] - beside[0]) / (2 * aside_mm))
    is_clear = (cosine > settings.min_cosine) & (profile[:, :2].max(axis=1) < settings.low_hu)
    is_clear &= profile[:, _OUT + 1 :].max(axis=1) > settings.high_hu
    widths_mm = _width(profile[is_clear], settings) * along_mm * cosine[is_clear]
    return [float(one) for one in widths_mm]


def _width(profiles: NDArray[np.float64], settings: BlurSettings) -> NDArray[np.float64]:
    """Distance between the two levels along rows that rise through them, in steps."""
    rows = np.arange(len(profiles))
    places = []
    for level in (settings.low_hu, settings.high_hu):
        behind = np.maximum((profiles > level).argmax(axis=1), 1)
        before_hu, behind_hu = profiles[rows, behind - 1], profiles[rows, behind]
        places.append(behind - (behind_hu - level) / np.maximum(behind_hu - before_hu, 1.0))
    return np.asarray(places[1] - places[0], np.float64)


def _expected_mm(sd_mm: float, step_mm: float, settings: BlurSettings) -> float:
    """Median width of a step from air to tissue, blurred, averaged over pixels, wherever it lies in one."""
    phases, within = np.arange(20) / 20, (np.arange(9) - 4) / 9
    places_mm = (np.arange(-_OUT, _OUT + 1) + phases[:, None])[..., None] * step_mm + within * step_mm
    share = (0.5 + 0.5 * erf(places_mm / (sd_mm * np.sqrt(2)))).mean(axis=-1)
    return float(np.median(_width(_AIR_HU + (_TISSUE_HU - _AIR_HU) * share, settings))) * step_mm


def slice_axis(spacing_mm_zyx: tuple[float, float, float]) -> int:
    """Tell along which axis the scanner sliced: the one whose spacing is not that of the other two.

    The voxels decide and not the way they were stored, which changes no measure. Cubes, and volumes with
    three spacings, count as axial.
    """
    dz, dy, dx = spacing_mm_zyx
    if isclose(dy, dx, rel_tol=_SQUARE):
        return 0
    if isclose(dz, dx, rel_tol=_SQUARE):
        return 1
    return 2 if isclose(dz, dy, rel_tol=_SQUARE) else 0
