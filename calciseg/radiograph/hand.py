"""Regions of a hand, and the calciseg hand index."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import dilate_mm, distance_mm
from calciseg.model import HandIndex, Shadow
from calciseg.radiograph.film import Film
from calciseg.settings import HandIndexSettings

__all__ = ["REGIONS", "HandRegions", "find_hand_regions", "hand_index"]

REGIONS = ("fingertip", "finger", "palm")
_SITES = {"fingertip": "fingertip", "finger": "finger", "palm": "hand"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandRegions:
    """Which region of the hand a block of the working grid belongs to.

    Attributes
    ----------
    labels : ndarray of uint8
        1 + index in :data:`REGIONS`, 0 outside the hand.
    """

    labels: NDArray[np.uint8] = field(repr=False)

    def region_of(self, row: float, column: float) -> str | None:
        """Return the region at a place, or None."""
        label = int(self.labels[int(row), int(column)])
        return REGIONS[label - 1] if label else None

    def site_of(self, row: float, column: float) -> str | None:
        """Return the site that the region is."""
        region = self.region_of(row, column)
        return None if region is None else _SITES[region]


def find_hand_regions(film: Film, settings: HandIndexSettings) -> HandRegions:
    """Divide the silhouette of a hand: what is narrow is a finger, its end is the fingertip."""
    labels = np.where(film.is_body, np.uint8(3), np.uint8(0))
    spacing_mm, radius_mm = (film.grid.block_mm,) * 2, settings.finger_width_mm / 2
    wide = distance_mm(~film.is_body, spacing_mm) >= radius_mm
    if not wide.any():
        return HandRegions(labels=labels)
    palm = film.is_body & dilate_mm(wide, spacing_mm, radius_mm)
    fingers, _ = ndimage.label(film.is_body & ~palm)
    from_palm_mm = distance_mm(palm, spacing_mm)
    for number, box in enumerate(ndimage.find_objects(fingers), start=1):
        finger = fingers[box] == number
        length_mm = float(from_palm_mm[box][finger].max())
        if length_mm < settings.fingertip_mm:
            continue  # the fold between two fingers
        labels[box][finger] = 2
        labels[box][finger & (from_palm_mm[box] >= length_mm - settings.fingertip_mm)] = 1
    return HandRegions(labels=labels)


def hand_index(
    lesions: tuple[Shadow, ...],
    regions: HandRegions,
    region_of_lesion: tuple[str | None, ...],
    block_mm2: float,
    settings: HandIndexSettings,
) -> HandIndex | None:
    """Sum coverage times density grade times weight over the regions.

    Parameters
    ----------
    lesions : tuple of Shadow
    regions : HandRegions
    region_of_lesion : tuple of str or None
    block_mm2 : float
        Area of a block of the working grid.
    settings : HandIndexSettings

    Returns
    -------
    HandIndex or None
        None where an area or a density was not measured.
    """
    weights = {
        "fingertip": settings.fingertip_weight,
        "finger": settings.finger_weight,
        "palm": settings.palm_weight,
    }
    coverage = dict.fromkeys(REGIONS, 0.0)
    value = 0.0
    for lesion, region in zip(lesions, region_of_lesion, strict=True):
        if lesion.area_mm2 is None or lesion.density_grade is None:
            return None
        if region is None:
            continue
        region_mm2 = float((regions.labels == 1 + REGIONS.index(region)).sum()) * block_mm2
        percent = 100 * lesion.area_mm2 / region_mm2
        coverage[region] += percent
        value += percent * _grade(lesion.density_grade, settings) * weights[region]
    return HandIndex(value=value, coverage_percent=coverage)


def _grade(density: float, settings: HandIndexSettings) -> int:
    return 1 + sum(density >= level for level in settings.grade_levels)
