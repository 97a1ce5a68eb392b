"""Streaks that metal throws across its slices."""

import numpy as np

from calciseg.phantom.fields import FloatArray, smooth_curve
from calciseg.phantom.grid import ScanGrid

__all__ = ["add_metal_streaks", "draw_rays"]

_METAL_AT_HU = 4000.0
_RANGE_MM = 45.0
_N_ANGLES = 720


def draw_rays(rng: np.random.Generator) -> FloatArray:
    """Draw the strength of the rays around the metal by their angle; all slices share them."""
    rays = smooth_curve(rng, _N_ANGLES, 90)
    rays[-24:] += (rays[0] - rays[-1]) * np.linspace(0, 1, 24)
    return rays


def add_metal_streaks(image: FloatArray, rays: FloatArray, grid: ScanGrid) -> None:
    """Add dark bands along the metal and fine rays around it to a slice, in place.

    A drawing of beam hardening and photon starvation, not a simulation of them: along the longest way
    through the metal the image is darkened, and rays of random sign fade with the distance.
    """
    is_metal = image > _METAL_AT_HU
    _, dy_mm, dx_mm = grid.spacing_mm_zyx
    rows, columns = np.nonzero(is_metal)
    if len(rows) < 2:
        return
    y_mm, x_mm = rows * dy_mm, columns * dx_mm
    long_x, long_y = np.linalg.eigh(np.cov(np.stack([x_mm, y_mm])))[1][:, 1]
    dy = (np.arange(image.shape[0]) * dy_mm - y_mm.mean())[:, None]
    dx = (np.arange(image.shape[1]) * dx_mm - x_mm.mean())[None, :]
    distance_mm = np.hypot(dx, dy)
    index = ((np.arctan2(dy, dx) / (2 * np.pi) + 0.5) * (_N_ANGLES - 1)).astype(int)
    band = np.exp(-((np.abs(dx * long_y - dy * long_x) / (3.0 + 0.12 * distance_mm)) ** 2))
    strength_hu = 160.0 * min(1.0, float(np.sqrt(len(rows) * dy_mm * dx_mm / 90.0)))
    streak = strength_hu * (0.38 * rays[index] - 1.3 * band) * np.exp(-distance_mm / _RANGE_MM)
    image += np.where(is_metal, 0, streak).astype(image.dtype)
