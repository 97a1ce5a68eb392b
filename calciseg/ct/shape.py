"""The shape of a lesion: extent, thickness, surface, and the word for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist
from skimage.measure import marching_cubes, mesh_surface_area

from calciseg.kernels import distance_mm
from calciseg.model import Morphology
from calciseg.settings import ShapeSettings

__all__ = ["Shape", "measure_shape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Measures of shape and the word that they lead to.

    Attributes
    ----------
    max_diameter_mm : float
        Feret diameter: the largest distance between two corners of voxels.
    thickness_mm : float
        Diameter of the largest ball inside.
    surface_mm2 : float
        Of the mesh through the threshold.
    is_flat : bool
        A plaque or a sheet: thin in one direction, also where it is bent.
    is_wide : bool
        Flat, and several times wider than thick.
    """

    max_diameter_mm: float
    thickness_mm: float
    surface_mm2: float
    morphology: Morphology
    is_flat: bool
    is_wide: bool


def measure_shape(
    mask: NDArray[np.bool_],
    hu: NDArray[np.int16],
    threshold_hu: float,
    spacing_mm_zyx: tuple[float, float, float],
    settings: ShapeSettings,
) -> Shape:
    """Measure the shape of a lesion.

    Parameters
    ----------
    mask : ndarray of bool, 3-D
        The lesion in its bounding box.
    hu : ndarray of int16
        The volume in the same box.
    threshold_hu : float
        That the lesion was cut out with.
    spacing_mm_zyx : tuple of float
    settings : ShapeSettings

    Returns
    -------
    Shape

    Notes
    -----
    Morphology compares the volume with that of a ball, a strand and a plate of the same thickness and
    diameter, so that bending does not matter; a net is a plate with gaps.
    """
    padded = np.pad(mask, 1)
    inner_mm = distance_mm(~padded, spacing_mm_zyx)
    # Between an odd and an even number of voxels the distance to the outside cannot tell: half way is fair.
    thickness_mm = 2 * float(inner_mm.max()) - 0.5 * min(spacing_mm_zyx)
    volume_mm3 = float(mask.sum()) * float(np.prod(spacing_mm_zyx))
    corners_mm = _surface_corners_mm(padded, spacing_mm_zyx)
    diameter_mm = _feret_mm(corners_mm)
    morphology = _word(volume_mm3, diameter_mm, thickness_mm, corners_mm, settings)
    is_flat = morphology in (Morphology.PLAQUE, Morphology.SHEET)
    return Shape(
        max_diameter_mm=diameter_mm,
        thickness_mm=thickness_mm,
        surface_mm2=_surface_mm2(padded, hu, threshold_hu, spacing_mm_zyx),
        morphology=morphology,
        is_flat=is_flat,
        is_wide=is_flat and volume_mm3 >= settings.flat_width * thickness_mm**2 * diameter_mm,
    )


def _surface_corners_mm(
    padded: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float]
) -> NDArray[np.float64]:
    """List the corners of voxels where mask and background meet."""
    counts = np.zeros(tuple(n - 1 for n in padded.shape), np.uint8)
    for dz in (0, 1):
        for dy in (0, 1):
            for dx in (0, 1):
                nz, ny, nx = counts.shape
                counts += padded[dz : dz + nz, dy : dy + ny, dx : dx + nx]
    corners = np.argwhere((counts > 0) & (counts < 8))
    return np.asarray(corners * np.asarray(spacing_mm_zyx), np.float64)


def _feret_mm(corners_mm: NDArray[np.float64]) -> float:
    """Largest distance between corners, which come row by row: it is reached on their convex hull."""
    begins = np.r_[True, (corners_mm[1:, :2] != corners_mm[:-1, :2]).any(axis=1)]
    ends = corners_mm[begins | np.r_[begins[1:], True]]  # what lies between the ends of a row is no vertex
    return float(pdist(ends[ConvexHull(ends).vertices]).max())


def _surface_mm2(
    padded: NDArray[np.bool_], hu: NDArray[np.int16], threshold_hu: float, spacing: tuple[float, float, float]
) -> float:
    level = np.full(padded.shape, threshold_hu - 100.0, np.float32)
    inner = level[1:-1, 1:-1, 1:-1]
    # What was drawn by hand below the threshold ends half way to the next voxel, not at its own middle.
    mine = np.where(hu < threshold_hu, threshold_hu + 100.0, np.maximum(hu, threshold_hu + 1.0))
    inner[...] = np.where(padded[1:-1, 1:-1, 1:-1], mine, inner)
    vertices, faces, _, _ = marching_cubes(level, threshold_hu, spacing=spacing)
    return float(mesh_surface_area(vertices, faces))


def _word(
    volume_mm3: float,
    diameter_mm: float,
    thickness_mm: float,
    corners_mm: NDArray[np.float64],
    settings: ShapeSettings,
) -> Morphology:
    if diameter_mm <= settings.punctate_mm:
        return Morphology.PUNCTATE
    balls = volume_mm3 / (np.pi / 6 * thickness_mm**3)
    if balls <= settings.compact_balls:
        is_mass = volume_mm3 >= settings.mass_mm3 or diameter_mm >= settings.mass_diameter_mm
        return Morphology.MASS if is_mass else Morphology.NODULE
    width_mm = volume_mm3 / (thickness_mm * diameter_mm)
    if (
        width_mm <= settings.linear_width * thickness_mm
        and diameter_mm >= settings.linear_elongation * width_mm
    ):
        return Morphology.LINEAR
    if volume_mm3 / (thickness_mm * _outline_mm2(corners_mm)) < settings.reticular_fill:
        return Morphology.RETICULAR
    return Morphology.SHEET if diameter_mm >= settings.sheet_mm else Morphology.PLAQUE


def _outline_mm2(corners_mm: NDArray[np.float64]) -> float:
    """Area of the convex outline in the plane of the two longest axes."""
    centred = corners_mm - corners_mm.mean(axis=0)
    axes = np.linalg.svd(centred[:: max(1, len(centred) // 20_000)], full_matrices=False)[2]
    return float(ConvexHull(centred @ axes[:2].T).volume)
