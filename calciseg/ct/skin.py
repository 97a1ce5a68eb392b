"""The skin near a lesion, at the full resolution of the volume."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.footprints import dilated
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import distance_mm
from calciseg.settings import SkinSettings

__all__ = ["Skin", "measure_skin"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skin:
    """The skin in a box of the volume.

    Attributes
    ----------
    depth_mm : ndarray of float32
        Distance of every voxel of the box to the outer surface of the skin; infinite beyond the reach and
        beyond that of the box, 0 outside the body.
    thickness_mm : float
        Measured beside the lesion, or that of the body region.
    is_measured : bool
    """

    depth_mm: NDArray[np.float32]
    thickness_mm: float
    is_measured: bool


def measure_skin(
    hu: NDArray[np.int16],
    dense: NDArray[np.bool_],
    box: tuple[slice, ...],
    body: Body,
    grid: AnatomyGrid,
    settings: SkinSettings,
    surface_hu: float,
    reach_mm: float = np.inf,
    site: str | None = None,
) -> Skin:
    """Measure depth below the surface, and the thickness of the skin where it shows beside the lesion.

    Parameters
    ----------
    hu : ndarray of int16
        The volume in the box.
    dense : ndarray of bool
        Calcification in the box; it and its rim do not take part in measuring the thickness.
    box : tuple of slice
        Of the volume.
    body : Body
    grid : AnatomyGrid
    settings : SkinSettings
    surface_hu : float
        Where the surface lies between air and skin.
    reach_mm : float, optional
        How deep depths are of interest.
    site : str, optional
        Body region, whose thickness counts where the skin does not show.

    Returns
    -------
    Skin

    Notes
    -----
    The mean HU over depth rises from the surface to the skin and falls to the fat; the skin ends half way
    down. Where no fat lies below, the thickness of the body region is used, or where that is not known a
    middle one (0.8 to 3.1 mm over the body: Park, Korean J Dermatol 1995;33:303).
    """
    spacing = grid.volume_spacing_mm_zyx
    half_voxel_mm = max(spacing[1:]) / 2
    coarse_mm = grid.expand(body.depth_mm, box)
    is_hidden = body.is_hidden(box)
    is_air = (hu <= surface_hu) & ~is_hidden
    outside = (coarse_mm == 0) | is_air & (coarse_mm <= 2.5 * max(grid.spacing_mm_zyx[1:]))
    reach_mm = max(settings.profile_mm, reach_mm) + half_voxel_mm
    from_outside_mm = distance_mm(outside, spacing, max_distance_mm=reach_mm)
    depth_mm = np.maximum(from_outside_mm - np.float32(half_voxel_mm), np.float32(0.0))
    beside = (depth_mm > 0) & (depth_mm < settings.profile_mm) & ~is_hidden
    beside &= ~dilated(dense, settings.rim_mm, spacing)
    thickness_mm = _thickness(depth_mm[beside], hu[beside], settings)
    if thickness_mm is None:
        assumed_mm = settings.site_mm.get(site or "", settings.default_mm)
        return Skin(depth_mm=depth_mm, thickness_mm=assumed_mm, is_measured=False)
    return Skin(depth_mm=depth_mm, thickness_mm=thickness_mm, is_measured=True)


def _thickness(depth_mm: NDArray[np.float32], hu: NDArray[np.int16], settings: SkinSettings) -> float | None:
    """Find where the profile of HU over depth falls half way from skin to fat."""
    edges_mm = np.arange(0.0, settings.profile_mm + settings.bin_mm, settings.bin_mm)
    bins = np.digitize(depth_mm, edges_mm) - 1
    counts = np.bincount(bins, minlength=len(edges_mm))
    full = np.flatnonzero(counts >= settings.min_voxels)
    if len(full) < 4:
        return None
    profile = (np.bincount(bins, weights=hu, minlength=len(edges_mm)) / np.maximum(counts, 1))[full]
    centres_mm = edges_mm[full] + settings.bin_mm / 2
    peak = int(np.argmax(np.where(centres_mm <= settings.max_mm, profile, -np.inf)))
    valley = peak + int(np.argmin(profile[peak:]))
    if profile[valley] > settings.fat_hu:
        return None
    half = (profile[peak] + profile[valley]) / 2
    below = peak + int(np.argmax(profile[peak : valley + 1] < half))
    (upper, lower), (near, far) = profile[below - 1 : below + 1], centres_mm[below - 1 : below + 1]
    crossing_mm = float(near + (upper - half) / (upper - lower) * (far - near))
    return min(max(crossing_mm, settings.min_mm), settings.max_mm)
