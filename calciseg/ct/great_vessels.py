"""Large round vessels of the trunk: discs of even blood with an edge around, slice after slice."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.settings import TrunkArterySettings

__all__ = ["BloodLook", "GreatVessel", "find_great_vessel"]

_N_RAYS = 24
_TURNS = 2 * np.pi * np.arange(_N_RAYS) / _N_RAYS
_RAYS = np.stack([np.sin(_TURNS), np.cos(_TURNS)], axis=1)
_INSIDE, _AT_WALL_MM, _BEYOND_MM = (0.0, 0.4, 0.8), (-1.5, -0.75, 0.0, 0.75), (1.0, 2.0)
"""Where rays are looked at: as shares of the lumen's radius, and from the edge."""
_LUMEN_MM = 2.0
"""So far within the edge nothing of the wall is seen any more."""
_WALL_WORTH = 0.9
"""A dense wall tells a little less of a vessel than an edge."""


class BloodLook(NamedTuple):
    """What blood looks like in an image: HU between two limits, its noise, and how dense its wall is."""

    low_hu: float
    high_hu: float
    sd_hu: float
    dense_hu: float


class GreatVessel(NamedTuple):
    """What is seen of the vessel whose wall a component is.

    Attributes
    ----------
    radius_mm : float
    edge : float
        Share of the circumference on which its edge or its dense wall is seen.
    """

    radius_mm: float
    edge: float


class _Circle(NamedTuple):
    row_mm: float
    column_mm: float
    radius_mm: float
    worth: float


def find_great_vessel(
    points_zyx: NDArray[np.intp],
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> GreatVessel | None:
    """Find the large vessel whose wall a dense component is.

    Parameters
    ----------
    points_zyx : ndarray of int, shape ``(n, 3)``
        Voxels of the component.
    hu : ndarray of int16
        The volume; the vessel runs more or less along its first axis.
    spacing_mm : ndarray of float64, shape ``(3,)``
    blood : BloodLook
    settings : TrunkArterySettings

    Returns
    -------
    GreatVessel or None

    Notes
    -----
    In a slice the component lies on a circle whose inside is as even as blood and whose edge is darker
    around, or dense. Bowel, kidneys and the gallbladder are round, too, but not so even, not on
    all sides, or not for long.
    """
    slices = np.unique(points_zyx[:, 0])
    some = slices[np.linspace(0, len(slices) - 1, min(len(slices), settings.n_slices)).astype(int)].tolist()
    clear: dict[int, _Circle] = {}
    for n_seen, z in enumerate(some, 1):
        wall_mm = points_zyx[points_zyx[:, 0] == z][:, 1:] * spacing_mm[1:]
        circle = _circle_at(hu[z], wall_mm, spacing_mm[1:], blood, settings)
        if circle is not None and circle.worth >= settings.min_edge:
            clear[z] = circle
        if 2 * (n_seen - len(clear)) > len(some):
            return None
    circles = _alike(clear, settings)
    if 2 * len(circles) < len(some):
        return None
    radius_mm = float(np.median([one.radius_mm for one in circles.values()]))
    typical = min(circles, key=lambda z: abs(circles[z].radius_mm - radius_mm))
    ends = [
        _worth_beyond(hu, spacing_mm, typical, int(end), way, circles[typical], blood, settings)
        for end, way in ((slices[0], -1), (slices[-1], 1))
    ]
    seen = [worths for worths in ends if worths]
    if not seen or any(np.mean(worths) < settings.min_edge_beyond for worths in seen):
        return None
    return GreatVessel(
        radius_mm=radius_mm,
        edge=float(np.mean([one.worth for one in circles.values()])),
    )


def _alike(circles: dict[int, _Circle], settings: TrunkArterySettings) -> dict[int, _Circle]:
    """Keep the circles whose radius is that of most."""
    radius_mm = np.median([one.radius_mm for one in circles.values()])
    return {
        z: one
        for z, one in circles.items()
        if abs(one.radius_mm - radius_mm) <= settings.max_radius_change_mm
    }


def _circle_at(
    plane: NDArray[np.int16],
    wall_mm: NDArray[np.float64],
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> _Circle | None:
    """Find the best circle that goes through what lies of a wall in a slice."""
    middle_mm = wall_mm.mean(axis=0)
    in_wall_mm = wall_mm[np.hypot(*(wall_mm - middle_mm).T).argmin()]  # of a long arc at its inner side
    radii_mm = np.arange(settings.min_radius_mm, settings.max_radius_mm + 1e-6, settings.radius_step_mm)
    depths_mm = settings.max_off_wall_mm * np.array([-1, 0, 1])
    turns = np.radians(np.arange(0, 360, settings.turn_degrees))
    radii_mm, depths_mm, turns = (
        one.reshape(-1) for one in np.meshgrid(radii_mm, depths_mm, turns, indexing="ij")
    )
    directions = np.stack([np.sin(turns), np.cos(turns)], axis=1)
    centres_mm = in_wall_mm + (radii_mm + depths_mm)[:, None] * directions
    away_mm = np.hypot(*np.moveaxis(centres_mm[:, None] - wall_mm, -1, 0))
    is_on = np.abs(away_mm - radii_mm[:, None]) <= settings.max_off_wall_mm
    holds = is_on.mean(axis=1) >= settings.min_share_on_wall
    best = _best(plane, centres_mm[holds], radii_mm[holds], spacing_mm, blood, settings)
    return best and _near(plane, best, settings.aside_mm, spacing_mm, blood, settings)


def _near(
    plane: NDArray[np.int16],
    circle: _Circle,
    aside_mm: float,
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> _Circle | None:
    """Find the best circle that lies little aside of one."""
    offsets_mm = aside_mm * np.linspace(-1, 1, 5)
    moves = np.stack(np.meshgrid(offsets_mm, offsets_mm, offsets_mm / 2, indexing="ij"), -1).reshape(-1, 3)
    tried = moves + np.array(circle[:3])
    return _best(plane, tried[:, :2], tried[:, 2], spacing_mm, blood, settings)


def _worth_beyond(
    hu: NDArray[np.int16],
    spacing_mm: NDArray[np.float64],
    number: int,
    end: int,
    way: int,
    circle: _Circle,
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> list[float]:
    """Follow a vessel from a slice to an end of its calcification, and tell how clear its edge is beyond."""
    n_slices = max(1, int(settings.stride_mm / spacing_mm[0]))
    stride_mm = n_slices * float(spacing_mm[0])
    aside_mm = settings.aside_mm + settings.aside_fraction * stride_mm
    step = way * n_slices
    reach_mm = abs(end - number) * float(spacing_mm[0]) + settings.beyond_mm
    worths = []
    for k in range(1, int(np.ceil(reach_mm / stride_mm)) + 1):
        at = number + k * step
        if not 0 <= at < hu.shape[0]:
            break
        found = _near(hu[at], circle, aside_mm, spacing_mm[1:], blood, settings)
        circle = found or circle
        if (at - end) * step > 0:
            worths.append(found.worth if found else 0.0)
    return worths


def _best(
    plane: NDArray[np.int16],
    centres_mm: NDArray[np.float64],
    radii_mm: NDArray[np.float64],
    spacing_mm: NDArray[np.float64],
    blood: BloodLook,
    settings: TrunkArterySettings,
) -> _Circle | None:
    """Choose the circle with the clearest edge among those that are lumina."""

    def at(places_mm: NDArray[np.float64]) -> NDArray[np.float32]:
        places = np.moveaxis(places_mm / spacing_mm, -1, 0)
        # Whatever lies beyond the image is no lumen and no edge.
        return ndimage.map_coordinates(plane, places, np.float32, order=1, mode="constant", cval=-2000)

    def along(reach_mm: NDArray[np.float64]) -> NDArray[np.float32]:
        return at(centres_mm[:, None, None] + reach_mm[:, :, None, None] * _RAYS)

    most_sd_hu = settings.max_noise * blood.sd_hu
    # A third of what is looked at inside is the middle: were it farther from blood, the rest of an even
    # inside could not make up for it.
    middle_hu, aside_hu = at(centres_mm), np.sqrt(2) * most_sd_hu
    may_be = (middle_hu >= blood.low_hu - aside_hu) & (middle_hu <= blood.high_hu + aside_hu)
    if not may_be.any():
        return None
    centres_mm, radii_mm = centres_mm[may_be], radii_mm[may_be]
    inside = along((radii_mm - _LUMEN_MM)[:, None] * np.array(_INSIDE))
    mean_hu, sd_hu = inside.mean(axis=(1, 2)), inside.std(axis=(1, 2))
    is_lumen = (mean_hu >= blood.low_hu) & (mean_hu <= blood.high_hu)
    is_lumen &= sd_hu <= most_sd_hu
    if not is_lumen.any():
        return None
    centres_mm, radii_mm, mean_hu = centres_mm[is_lumen], radii_mm[is_lumen], mean_hu[is_lumen]
    outside_hu = along(radii_mm[:, None] + _BEYOND_MM).min(axis=1)
    is_dense = along(radii_mm[:, None] + _AT_WALL_MM).max(axis=1) >= blood.dense_hu
    edge = np.clip((mean_hu[:, None] - outside_hu) / settings.edge_step_hu, 0, 1)
    edge[outside_hu <= -1500] = 0
    edge[is_dense] = _WALL_WORTH
    worth = edge.mean(axis=1)
    best = int(worth.argmax())
    row_mm, column_mm = centres_mm[best].tolist()
    return _Circle(row_mm, column_mm, float(radii_mm[best]), float(worth[best]))
