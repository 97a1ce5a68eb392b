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
    all_mm = np.argwhere(np.ones(mask.shape, np.bool_)) * spacing_mm
    in_component = mask.reshape(-1)
    all_mm -= all_mm[in_component].mean(axis=0)
    along_mm = all_mm @ axis
    plane_mm = all_mm @ np.linalg.svd(axis[None, :])[2][1:].T
    values = hu.reshape(-1)
    piece = np.floor((along_mm - along_mm[in_component].min()) / piece_mm + 1e-6).astype(int)
    least_mm = max(settings.min_radius_mm, settings.min_radius_voxels * float(spacing_mm[1:].max()))
    n_hollow = 0
    for number in np.unique(piece[in_component]):
        wall = (piece == number) & in_component
        is_within = (along_mm >= along_mm[wall].min()) & (along_mm <= along_mm[wall].max())
        inside = (piece == number) & is_within  # not beyond the wall's ends
        if _is_hollow(plane_mm[wall], plane_mm[inside], values[wall], values[inside], least_mm, settings):
            n_hollow += int(wall.sum())
    return n_hollow / float(in_component.sum())


def _is_hollow(
    wall_mm: NDArray[np.float64],
    all_mm: NDArray[np.float64],
    wall_hu: NDArray[np.int16],
    all_hu: NDArray[np.int16],
    least_mm: float,
    settings: VesselSettings,
) -> bool:
    """Fit a circle to the wall (Kasa 1976) and look into its middle."""
    if len(wall_mm) < settings.min_voxels:
        return False
    system = np.c_[2 * wall_mm, np.ones(len(wall_mm))]
    a, b, c = np.linalg.lstsq(system, (wall_mm**2).sum(axis=1), rcond=None)[0]
    radius_mm = float(np.sqrt(max(c + a * a + b * b, 0.0)))
    if not least_mm <= radius_mm <= settings.max_radius_mm:
        return False
    offsets_mm = wall_mm - (a, b)
    scatter_mm = float(np.hypot(*offsets_mm.T).std())
    sectors = np.unique(np.floor(np.degrees(np.arctan2(*offsets_mm.T)) / 20.0))
    lumen_mm = settings.lumen_fraction * radius_mm
    middle = all_hu[np.hypot(*(all_mm - (a, b)).T) <= lumen_mm]
    return bool(
        scatter_mm <= min(settings.max_scatter_fraction * radius_mm, settings.max_scatter_mm)
        and 20.0 * len(sectors) >= settings.min_arc_degrees
        and middle.size > 0
        and middle.mean() >= settings.lumen_low_hu
        # Dark throughout: a plaque that bulges is dark in its middle only before and behind it.
        and np.percentile(middle, 90) <= settings.max_lumen_fraction * np.percentile(wall_hu, 75)
    )
