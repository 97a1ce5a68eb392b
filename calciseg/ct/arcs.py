"""Arcs and rings around a lumen: the cross-sections of a calcified wall."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calciseg.settings import VesselSettings

__all__ = ["Arcs", "degrees_around", "find_arcs"]

_SECTOR_DEGREES = 20.0


class Arcs(NamedTuple):
    """The pieces of a component that are arcs around a darker middle.

    Attributes
    ----------
    fraction : float
        Share of the component that lies in such pieces.
    degrees : float
        How far they reach around the lumen: the median by voxels; 0 without any.
    """

    fraction: float
    degrees: float


class _Circle(NamedTuple):
    """Centre, in the two directions across, radius, and how far the wall reaches around it."""

    first_mm: float
    second_mm: float
    radius_mm: float
    degrees: float


def find_arcs(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    axis: NDArray[np.float64],
    piece_mm: float,
    settings: VesselSettings,
) -> Arcs:
    """Find the pieces of a component which are arcs around a darker middle.

    Parameters
    ----------
    mask : ndarray of bool
        The component, in a box with room for its lumen.
    hu : ndarray of int16
        The volume in the same box.
    spacing_mm : ndarray of float64, shape ``(3,)``
    axis : ndarray of float64, shape ``(3,)``
        Unit vector across which the component is cut.
    piece_mm : float
        Length of a piece.
    settings : VesselSettings

    Returns
    -------
    Arcs

    Notes
    -----
    Kockelkoren, PMC5218397, for arcs and rings of calcified walls.
    """
    places = np.argwhere(mask)
    middle_mm = (places * spacing_mm).mean(axis=0)
    across = np.linalg.svd(axis[None, :])[2][1:].T
    wall_mm = places * spacing_mm - middle_mm
    along_mm, plane_mm = wall_mm @ axis, wall_mm @ across
    piece = np.floor((along_mm - along_mm.min()) / piece_mm + 1e-6).astype(int)
    least_mm = max(settings.min_radius_mm, settings.min_radius_voxels * float(spacing_mm[1:].max()))
    wall_hu, degrees = hu[mask], list[float]()  # one a voxel
    for number in np.unique(piece):
        wall = np.flatnonzero(piece == number)
        circle = _fit(plane_mm[wall], least_mm, settings)
        if circle is None:
            continue
        ends_mm = along_mm[wall].min(), along_mm[wall].max()
        lumen_hu = _lumen_hu(circle, ends_mm, middle_mm, axis, across, hu, spacing_mm, settings)
        if _is_dark(lumen_hu, wall_hu[wall], settings):
            degrees += len(wall) * [circle.degrees]
    return Arcs(len(degrees) / len(places), float(np.median(degrees)) if degrees else 0.0)


def _fit(wall_mm: NDArray[np.float64], least_mm: float, settings: VesselSettings) -> _Circle | None:
    """Fit a circle to the wall (Kasa 1976); None if the wall is no arc of it."""
    if len(wall_mm) < settings.min_voxels:
        return None
    system = np.c_[2 * wall_mm, np.ones(len(wall_mm))]
    a, b, c = np.linalg.lstsq(system, (wall_mm**2).sum(axis=1), rcond=None)[0]
    radius_mm = float(np.sqrt(max(c + a * a + b * b, 0.0)))
    if not least_mm <= radius_mm <= settings.max_radius_mm:
        return None
    offsets_mm = wall_mm - (a, b)
    scatter_mm = float(np.hypot(*offsets_mm.T).std())
    degrees = degrees_around(offsets_mm)
    is_arc = (
        scatter_mm <= min(settings.max_scatter_fraction * radius_mm, settings.max_scatter_mm)
        and degrees >= settings.min_arc_degrees
    )
    return _Circle(a, b, radius_mm, degrees) if is_arc else None


def degrees_around(offsets_mm: NDArray[np.float64]) -> float:
    """Tell on how much of a circumference there are voxels, by sectors of 20 degrees.

    Parameters
    ----------
    offsets_mm : ndarray of float64, shape ``(n, 2)``
        From the middle, across the lumen.
    """
    sectors = np.unique(np.floor(np.degrees(np.arctan2(*offsets_mm.T)) / _SECTOR_DEGREES))
    return _SECTOR_DEGREES * len(sectors)


def _lumen_hu(
    circle: _Circle,
    ends_mm: tuple[float, float],
    middle_mm: NDArray[np.float64],
    axis: NDArray[np.float64],
    across: NDArray[np.float64],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    settings: VesselSettings,
) -> NDArray[np.int16]:
    """List the HU in the middle of a circle, not beyond the ends of its wall."""
    a, b = circle.first_mm, circle.second_mm
    reach_mm = settings.lumen_fraction * circle.radius_mm
    # A box around the cylinder.
    centres_mm = middle_mm + across @ (a, b) + np.outer(ends_mm, axis)
    low = np.maximum(np.floor((centres_mm.min(axis=0) - reach_mm) / spacing_mm), 0).astype(int)
    stop = np.minimum(np.ceil((centres_mm.max(axis=0) + reach_mm) / spacing_mm) + 1, hu.shape).astype(int)
    part = hu[tuple(slice(first, last) for first, last in zip(low, stop, strict=True))]
    part_mm = (np.argwhere(np.ones(part.shape, np.bool_)) + low) * spacing_mm - middle_mm
    along = part_mm @ axis
    is_within = (along >= ends_mm[0]) & (along <= ends_mm[1])
    is_within &= np.hypot(*(part_mm @ across - (a, b)).T) <= reach_mm
    return np.asarray(part.reshape(-1)[is_within], np.int16)


def _is_dark(middle: NDArray[np.int16], wall_hu: NDArray[np.int16], settings: VesselSettings) -> bool:
    """Look into the middle of a circle: a lumen is blood throughout."""
    return bool(
        middle.size > 0
        and middle.mean() >= settings.lumen_low_hu
        # Dark throughout: a plaque that bulges is dark in its middle only before and behind it.
        and np.percentile(middle, 90) <= settings.max_lumen_fraction * np.percentile(wall_hu, 75)
    )
