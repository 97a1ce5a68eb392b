"""Regions of a hand, and the calciseg hand index."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.kernels import dilate_mm, distance_mm
from calciseg.model import HandIndex, Shadow
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Mask, Places
from calciseg.settings import HandIndexSettings

__all__ = ["REGIONS", "HandRegions", "find_hand_regions", "hand_index"]

REGIONS = ("fingertip", "finger", "palm")
_FINGERTIP, _FINGER, _PALM = (np.uint8(1 + n) for n in range(len(REGIONS)))
_ROOT_BLOCKS = 2
"""A finger begins so near the palm."""
_TELLING = 3
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

    def region_of(self, blocks: Places) -> str | None:
        """Return the region that most of these blocks lie in, or None if none of them lies in the hand."""
        n_in_region = np.bincount(self.labels[blocks], minlength=1 + len(REGIONS))[1:]
        return REGIONS[int(n_in_region.argmax())] if n_in_region.any() else None

    def site_of(self, blocks: Places) -> str | None:
        """Return the site that the region is."""
        region = self.region_of(blocks)
        return None if region is None else _SITES[region]


def find_hand_regions(film: Film, settings: HandIndexSettings, *, is_finger: bool = False) -> HandRegions:
    """Divide the silhouette of a hand: what is narrow is a finger, its end is the fingertip.

    The palm ends with the wrist, so far from the roots of the fingers; the forearm belongs to no region.
    Where no finger is seen all that is wide is palm.

    Parameters
    ----------
    film : Film
    settings : HandIndexSettings
    is_finger : bool
        The film is one of a finger: without anything wide all of it is finger, and its tip is not known.

    Returns
    -------
    HandRegions
    """
    labels = np.where(film.is_body, _PALM, np.uint8(0))
    spacing_mm, radius_mm = film.grid.block_mm_yx, settings.finger_width_mm / 2
    from_skin_mm = distance_mm(~film.is_body, spacing_mm)
    wide = from_skin_mm >= radius_mm
    if not wide.any():
        return HandRegions(labels=np.where(film.is_body, _FINGER, labels) if is_finger else labels)
    palm = film.is_body & dilate_mm(wide, spacing_mm, radius_mm)
    fingers, _ = ndimage.label(film.is_body & ~palm)
    from_palm_mm = distance_mm(palm, spacing_mm)
    roots = []
    for number, box in enumerate(ndimage.find_objects(fingers), start=1):
        finger = fingers[box] == number
        length_mm = float(from_palm_mm[box][finger].max())
        if length_mm < settings.fingertip_mm:
            continue  # the fold between two fingers
        labels[box][finger] = _FINGER
        labels[box][finger & (from_palm_mm[box] >= length_mm - settings.fingertip_mm)] = _FINGERTIP
        root = np.argwhere(finger & (from_palm_mm[box] <= _ROOT_BLOCKS * film.grid.block_mm))
        roots.append((root.mean(axis=0) + [side.start for side in box]) * spacing_mm)
    if roots:
        palm_mm = settings.palm_widths * 2 * float(from_skin_mm.max())
        labels[_beyond(roots, palm_mm, labels == _PALM, spacing_mm)] = 0
    return HandRegions(labels=labels)


def _beyond(
    roots: list[NDArray[np.float64]], reach_mm: float, palm: Mask, spacing_mm: tuple[float, float]
) -> Places:
    """Return what of a palm lies farther than so from the roots of its fingers.

    The third nearest root tells: the thumb's lies nearer to the wrist, those of another hand farther away.
    """
    rows, columns = np.nonzero(palm)
    away_mm = [np.hypot(rows * spacing_mm[0] - root[0], columns * spacing_mm[1] - root[1]) for root in roots]
    third = min(_TELLING, len(roots)) - 1
    is_far = np.partition(away_mm, third, axis=0)[third] > reach_mm
    return rows[is_far], columns[is_far]


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
        None where an area or a density was not measured, or no palm is seen: a finger is no hand.
    """
    if not (regions.labels == _PALM).any():
        return None
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
    return 1 + sum(density >= level for level in settings.grade_levels) if density > 0 else 0
