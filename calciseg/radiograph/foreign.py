"""What does not belong to the patient: letters beside the body, metal and letters over it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage
from skimage.morphology import disk

from calciseg.model import ExclusionReason
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.film import Film
from calciseg.radiograph.grid import Array, Mask
from calciseg.settings import RadiographSettings

__all__ = ["Foreign", "find_foreign", "find_metal"]

_SMALLEST_MM2 = 2.0
_RIM_MM = 0.8
_GROW = 2 / 3
"""Of what metal stands out by at least: it reaches as far as this."""
_COARSE = 4
"""Blocks between those that the width of a body is measured on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Foreign:
    """What does not belong to the patient, on the working grid.

    Attributes
    ----------
    metal : ndarray of bool
        Over the body, with its rim; letters of metal, too.
    markers : ndarray of bool
        Letters: what is dense beside the body, and metal at the margin of the film.
    """

    metal: Mask = field(repr=False)
    markers: Mask = field(repr=False)

    def reason_of(self, candidate: Candidate, settings: RadiographSettings) -> ExclusionReason | None:
        """Tell what a candidate is that is mostly metal; None for another one."""
        metal = self.metal[candidate.window][candidate.core]
        if metal.mean() < settings.metal_overlap:
            return None
        is_marker = 2 * self.markers[candidate.window][candidate.core].sum() > metal.sum()
        return ExclusionReason.MARKER if is_marker else ExclusionReason.METAL


def find_foreign(film: Film, settings: RadiographSettings) -> Foreign:
    """Find what does not belong to the patient.

    Parameters
    ----------
    film : Film
    settings : RadiographSettings

    Returns
    -------
    Foreign
    """
    metal = find_metal(film, settings)
    return Foreign(metal=metal, markers=_markers_beside(film) | _at_margin(metal, settings))


def _markers_beside(film: Film) -> Mask:
    """Find what is dense in the open field beside the body."""
    outside = film.is_open & ~ndimage.binary_dilation(film.is_body, iterations=3)
    dense = outside & (film.image > film.air + 0.15 * film.span)
    # What touches the edge of the field is the edge.
    labels, n = ndimage.label(dense, np.ones((3, 3)))
    if not n:
        return dense
    rim = film.is_open & ~ndimage.binary_erosion(film.is_open, iterations=3, border_value=0)
    sizes = np.bincount(labels.ravel()) * film.grid.block_mm2
    sizes[np.unique(labels[rim])] = 0
    sizes[0] = 0
    return np.isin(labels, np.flatnonzero(sizes >= _SMALLEST_MM2))


def find_metal(film: Film, settings: RadiographSettings) -> Mask:
    """Find what is far too dense for its width to be bone or a deposit: wires, clips, letters.

    Parameters
    ----------
    film : Film
    settings : RadiographSettings

    Returns
    -------
    ndarray of bool
        On the working grid, with its rim.
    """
    radius = max(1, round(film.grid.blocks(settings.metal_width_mm / 2)))
    per_mm = settings.metal_times_soft * film.span / min(_width_mm(film), settings.trunk_mm)
    hat = film.image - _opened(film.image, disk(radius))
    labels, n = ndimage.label(
        (hat > _GROW * settings.metal_least * film.span) & film.is_body, np.ones((3, 3))
    )
    found = np.zeros(film.image.shape, np.bool_)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == number
        peak = float(np.percentile(hat[box][part], 90))
        if peak < settings.metal_least * film.span:
            continue
        core = np.pad(part & (hat[box] > 0.5 * peak), 1)
        width_mm = 2 * float(ndimage.distance_transform_edt(core).max()) * film.grid.block_mm
        if peak >= per_mm * width_mm:
            found[box] |= part
    rim = max(1, round(film.grid.blocks(_RIM_MM)))
    return np.asarray(ndimage.binary_dilation(found, iterations=rim), np.bool_) if n else found


def _width_mm(film: Film) -> float:
    """Return the diameter of the largest disk in the body: its range is that of so much tissue, or so."""
    inside = np.pad(film.is_body[::_COARSE, ::_COARSE], 1)
    return float(2 * _COARSE * film.grid.block_mm * ndimage.distance_transform_edt(inside).max())


def _opened(image: Array, element: Mask) -> Array:
    """Open an image with a disk: row by row of it, which is several times quicker than all at once."""
    least = _extreme(image, element, ndimage.minimum_filter1d, np.minimum)
    return _extreme(least, element, ndimage.maximum_filter1d, np.maximum)


def _extreme(image: Array, element: Mask, along: Callable[..., Array], of_two: np.ufunc) -> Array:
    reach = len(element) // 2
    found: Array | None = None
    for width in np.unique(element.sum(axis=1)):
        rows = np.pad(along(image, int(width), axis=1), ((reach, reach), (0, 0)), mode="symmetric")
        for down in np.flatnonzero(element.sum(axis=1) == width):
            row = rows[down : down + len(image)]
            found = row.copy() if found is None else of_two(found, row, out=found)
    assert found is not None
    return found


def _at_margin(metal: Mask, settings: RadiographSettings) -> Mask:
    """Tell which parts of the metal lie at the margin of the film, as markers do."""
    labels, n = ndimage.label(metal, np.ones((3, 3)))
    if not n:
        return metal
    near = np.zeros(metal.shape, np.bool_)
    size = np.asarray(metal.shape, np.float64)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == number
        middle = np.argwhere(part).mean(axis=0) + [side.start for side in box]
        if (np.minimum(middle, size - middle) < settings.marker_edge_share * size).any():
            near[box] |= part
    return near
