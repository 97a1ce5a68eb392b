"""Arcs and rings around a lumen: the cross-sections of a calcified wall."""

import numpy as np
from numpy.typing import NDArray

from calciseg.settings import VesselSettings

__all__ = ["hollow_fraction"]


def hollow_fraction(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    axis: NDArray[np.float64],
    piece_mm: float,
    settings: VesselSettings,
) -> float:
    """Share of a component that lies in pieces which are arcs around a darker middle.

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
    float

    Notes
    -----
    Kockelkoren, PMC5218397, for arcs and rings of calcified walls.
    """
    all_mm = np.indices(mask.shape).reshape(3, -1).T * spacing_mm
    in_component = mask.reshape(-1)
    all_mm -= all_mm[in_component].mean(axis=0)
    along_mm = all_mm @ axis
    plane_mm = all_mm @ np.linalg.svd(axis[None, :])[2][1:].T
    values = hu.reshape(-1)
    piece = np.floor((along_mm - along_mm[in_component].min()) / piece_mm + 1e-6).astype(int)
    least_mm = max(settings.min_radius_mm, settings.min_radius_voxels * float(spacing_mm[1:].max()))
    n_hollow = 0
    for number in np.unique(piece[in_component]):
        in_piece = np.flatnonzero(piece == number)
        wall = in_piece[in_component[in_piece]]
        circle = _fit(plane_mm[wall], least_mm, settings)
        if circle is None:
            continue
        along = along_mm[in_piece]
        # Not beyond the wall's ends.
        inside = in_piece[(along >= along_mm[wall].min()) & (along <= along_mm[wall].max())]
        if _is_dark(circle, plane_mm[inside], values[wall], values[inside], settings):
            n_hollow += len(wall)
    return n_hollow / float(in_component.sum())


def _fit(
    wall_mm: NDArray[np.float64], least_mm: float, settings: VesselSettings
) -> tuple[float, float, float] | None:
    """Fit a circle to the wall (Kasa 1976): centre and radius, or None if the wall is no arc of it."""
    if len(wall_mm) < settings.min_voxels:
        return None
    system = np.c_[2 * wall_mm, np.ones(len(wall_mm))]
    a, b, c = np.linalg.lstsq(system, (wall_mm**2).sum(axis=1), rcond=None)[0]
    radius_mm = float(np.sqrt(max(c + a * a + b * b, 0.0)))
    if not least_mm <= radius_mm <= settings.max_radius_mm:
        return None
    offsets_mm = wall_mm - (a, b)
    scatter_mm = float(np.hypot(*offsets_mm.T).std())
    sectors = np.unique(np.floor(np.degrees(np.arctan2(*offsets_mm.T)) / 20.0))
    is_arc = (
        scatter_mm <= min(settings.max_scatter_fraction * radius_mm, settings.max_scatter_mm)
        and 20.0 * len(sectors) >= settings.min_arc_degrees
    )
    return (a, b, radius_mm) if is_arc else None


def _is_dark(
    circle: tuple[float, float, float],
    all_mm: NDArray[np.float64],
    wall_hu: NDArray[np.int16],
    all_hu: NDArray[np.int16],
    settings: VesselSettings,
) -> bool:
    """Look into the middle of a circle: a lumen is blood throughout."""
    a, b, radius_mm = circle
    middle = all_hu[np.hypot(*(all_mm - (a, b)).T) <= settings.lumen_fraction * radius_mm]
    return bool(
        middle.size > 0
        and middle.mean() >= settings.lumen_low_hu
        # Dark throughout: a plaque that bulges is dark in its middle only before and behind it.
        and np.percentile(middle, 90) <= settings.max_lumen_fraction * np.percentile(wall_hu, 75)
    )
