"""Extent of a shadow and the word for its shape."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from calciseg.kernels import distance_mm
from calciseg.model import Morphology
from calciseg.radiograph.grid import Mask
from calciseg.settings import ShapeSettings

__all__ = ["Shape2d", "measure_shape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape2d:
    """Extent and word."""

    max_diameter_mm: float
    morphology: Morphology


def measure_shape(mask: Mask, spacing_mm_yx: tuple[float, float], settings: ShapeSettings) -> Shape2d:
    """Measure the shape of a shadow.

    Parameters
    ----------
    mask : ndarray of bool, 2-D
    spacing_mm_yx : tuple of float
    settings : ShapeSettings
        The words mean what they mean in CT; a projection tells a plaque from a nodule only by its outline,
        so what is flat in the plane of the film is a sheet from the same width on.
    """
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rim = np.argwhere(mask & ~inner)
    corners = np.concatenate([rim + np.array([dy, dx]) for dy in (0, 1) for dx in (0, 1)])
    corners_mm = corners * np.asarray(spacing_mm_yx)
    hull = ConvexHull(corners_mm)
    diameter_mm = float(pdist(corners_mm[hull.vertices]).max())
    area_mm2 = float(mask.sum()) * float(np.prod(spacing_mm_yx))
    thickness_mm = 2 * float(distance_mm(~padded, spacing_mm_yx).max())
    return Shape2d(
        max_diameter_mm=diameter_mm,
        morphology=_word(diameter_mm, area_mm2, thickness_mm, float(hull.volume), settings),
    )


def _word(
    diameter_mm: float, area_mm2: float, thickness_mm: float, hull_mm2: float, settings: ShapeSettings
) -> Morphology:
    if diameter_mm <= settings.punctate_mm:
        return Morphology.PUNCTATE
    width_mm = area_mm2 / diameter_mm
    if diameter_mm >= settings.linear_elongation * width_mm:
        is_net = area_mm2 < settings.reticular_fill * hull_mm2 and hull_mm2 > diameter_mm**2 / 4
        return Morphology.RETICULAR if is_net else Morphology.LINEAR
    if area_mm2 < settings.reticular_fill * hull_mm2:
        return Morphology.RETICULAR
    is_compact = area_mm2 <= 2 * np.pi / 4 * thickness_mm**2
    if diameter_mm >= settings.mass_diameter_mm:
        return Morphology.MASS if is_compact else Morphology.SHEET
    return Morphology.NODULE if is_compact else Morphology.PLAQUE
