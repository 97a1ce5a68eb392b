"""The shape of a lesion: extent, thickness, surface, and the word for it."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from skimage.measure import marching_cubes, mesh_surface_area

from calciseg.ct.slice_axis import slice_axis
from calciseg.kernels import distance_mm, feret_mm
from calciseg.model import Morphology
from calciseg.settings import ShapeSettings

__all__ = ["Shape", "measure_shape"]

_INSIDE = (slice(1, -1),) * 3
_SOME_PLACES = 5000
"""A sheet is deepest at very many places, of which so many tell how thick it is."""


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
        Flat, several times wider than thick, and wide enough for its pixels to tell.
    """

    max_diameter_mm: float
    thickness_mm: float
    surface_mm2: float
    morphology: Morphology
    is_flat: bool
    is_wide: bool


def measure_shape(
    mask: NDArray[np.bool_],
    inner_mm: NDArray[np.float32],
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
    inner_mm : ndarray of float32
        How deep voxels lie in it: their distance to the nearest voxel outside.
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
    diameter, so that bending does not matter; a net is a plate with gaps. Of a few voxels these tell little:
    what may be a ball within the width of its voxels, by its second moments, is compact.
    """
    thickness_mm = _thickness_mm(mask, inner_mm, spacing_mm_zyx)
    volume_mm3 = float(mask.sum()) * float(np.prod(spacing_mm_zyx))
    diameter_mm = feret_mm(mask, spacing_mm_zyx)
    morphology = _word(mask, spacing_mm_zyx, volume_mm3, diameter_mm, thickness_mm, settings)
    is_flat = morphology in (Morphology.PLAQUE, Morphology.SHEET)
    return Shape(
        max_diameter_mm=diameter_mm,
        thickness_mm=thickness_mm,
        surface_mm2=_surface_mm2(mask, hu, threshold_hu, spacing_mm_zyx),
        morphology=morphology,
        is_flat=is_flat,
        is_wide=is_flat
        and volume_mm3 / (thickness_mm * diameter_mm)
        >= max(settings.flat_width * thickness_mm, settings.wide_pixels * sorted(spacing_mm_zyx)[1]),
    )


def _thickness_mm(
    mask: NDArray[np.bool_], inner_mm: NDArray[np.float32], spacing_mm_zyx: tuple[float, float, float]
) -> float:
    """Diameter of the largest ball inside, the same for an odd and for an even number of voxels.

    From centre to centre, a plate of three voxels has the same distance to the outside as one of four. So the
    distance is measured once more, around the deepest place, among voxels halved along every axis: their
    number is even.
    """
    deepest_mm = float(inner_mm.max())
    padded, is_deepest = np.zeros((2, *(n + 2 for n in mask.shape)), np.bool_)
    padded[_INSIDE], is_deepest[_INSIDE] = mask, inner_mm >= deepest_mm * (1 - 1e-6)
    places, steps = np.flatnonzero(is_deepest), np.array(is_deepest.strides)
    places = places[:: len(places) // _SOME_PLACES + 1]
    beside = [is_deepest.ravel()[places + step] for step in (*steps, *-steps)]
    # More of them lie together where their number is even.
    place = np.unravel_index(places[np.sum(beside, axis=0).argmax()], is_deepest.shape)
    reach = [int(deepest_mm / step) + 3 for step in spacing_mm_zyx]
    box = tuple(slice(max(0, i - n), i + n + 1) for i, n in zip(place, reach, strict=True))
    halved = padded[box].repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    halved_mm = distance_mm(~halved, [step / 2 for step in spacing_mm_zyx])
    # The box need not show what is nearest to voxels by its border.
    middle = tuple(
        slice(2 * (i - part.start - 1), 2 * (i - part.start + 2)) for i, part in zip(place, box, strict=True)
    )
    return 2 * float(halved_mm[middle].max())


def _surface_mm2(
    mask: NDArray[np.bool_], hu: NDArray[np.int16], threshold_hu: float, spacing: tuple[float, float, float]
) -> float:
    level = np.full([n + 2 for n in mask.shape], threshold_hu - 100.0, np.float32)
    # What was drawn by hand below the threshold ends half way to the next voxel, not at its own middle.
    mine = hu[mask]
    mine = np.where(mine < threshold_hu, threshold_hu + 100.0, np.maximum(mine, threshold_hu + 1.0))
    level[_INSIDE][mask] = mine
    vertices, faces, _, _ = marching_cubes(level, threshold_hu, spacing=spacing)
    return float(mesh_surface_area(vertices, faces))


def _word(
    mask: NDArray[np.bool_],
    spacing_mm_zyx: tuple[float, float, float],
    volume_mm3: float,
    diameter_mm: float,
    thickness_mm: float,
    settings: ShapeSettings,
) -> Morphology:
    if diameter_mm <= settings.punctate_mm or _is_dot_in_slices(mask, spacing_mm_zyx, settings):
        return Morphology.PUNCTATE
    balls = volume_mm3 / (np.pi / 6 * thickness_mm**3)
    is_compact = balls <= settings.compact_balls or _may_be_ball(mask, spacing_mm_zyx, settings)
    width_mm = volume_mm3 / (thickness_mm * diameter_mm)
    flatness, elongation = width_mm / thickness_mm, diameter_mm / width_mm
    least_elongation = max(settings.linear_elongation, settings.linear_over_flat * flatness)
    if not is_compact and flatness <= settings.linear_width and elongation >= least_elongation:
        return Morphology.LINEAR
    if is_compact or flatness < settings.min_flatness:
        is_mass = volume_mm3 >= settings.mass_mm3 or diameter_mm >= settings.mass_diameter_mm
        return Morphology.MASS if is_mass else Morphology.NODULE
    if volume_mm3 / (thickness_mm * _outline_mm2(mask, spacing_mm_zyx)) < settings.reticular_fill:
        return Morphology.RETICULAR
    return Morphology.SHEET if diameter_mm >= settings.sheet_mm else Morphology.PLAQUE


def _is_dot_in_slices(
    mask: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float], settings: ShapeSettings
) -> bool:
    """Tell whether a lesion is a dot but for thick slices, so few of which tell no length."""
    across = slice_axis(spacing_mm_zyx)
    if mask.shape[across] > settings.punctate_slices:
        return False
    in_slice_mm = np.delete(spacing_mm_zyx, across).tolist()
    return feret_mm(mask.any(axis=across), in_slice_mm) <= settings.punctate_mm


def _may_be_ball(
    mask: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float], settings: ShapeSettings
) -> bool:
    """Tell whether a lesion is round and solid, so far as its voxels tell.

    By its second moments it is an ellipsoid, and each voxel lies up to half its own width off in each
    direction: the longest half axis, so much shorter, against the shortest, so much longer.
    """
    points_mm = np.argwhere(mask) * np.asarray(spacing_mm_zyx)
    moments_mm2 = np.cov(points_mm.T, bias=True)
    voxels_mm2 = np.diag(np.square(spacing_mm_zyx))
    longest_mm2 = float(np.linalg.eigvalsh(moments_mm2 - voxels_mm2 / 4).max())
    shortest_mm2 = float(np.linalg.eigvalsh(moments_mm2 + voxels_mm2 / 4).min())
    # Half axes of an ellipsoid are sqrt(5) times the SD; a voxel has the moment of its width squared over 12.
    axes_mm2 = 5 * np.linalg.eigvalsh(moments_mm2 + voxels_mm2 / 12)
    solid_mm3 = 4 / 3 * np.pi * float(np.sqrt(axes_mm2.prod()))
    return bool(
        longest_mm2 <= settings.round_elongation**2 * shortest_mm2
        and len(points_mm) * np.prod(spacing_mm_zyx) >= settings.round_fill * solid_mm3
    )


def _outline_mm2(mask: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float]) -> float:
    """Area of the convex outline in the plane of the two longest axes."""
    corners_mm = _surface_corners_mm(mask, spacing_mm_zyx)
    centred = corners_mm - corners_mm.mean(axis=0)
    axes = np.linalg.svd(centred[:: max(1, len(centred) // 20_000)], full_matrices=False)[2]
    return float(ConvexHull(centred @ axes[:2].T).volume)


def _surface_corners_mm(
    mask: NDArray[np.bool_], spacing_mm_zyx: tuple[float, float, float]
) -> NDArray[np.float64]:
    """List the corners of voxels where mask and background meet."""
    nz, ny, nx = mask.shape
    counts = np.zeros((nz + 1, ny + 1, nx + 1), np.uint8)
    for dz, dy, dx in product((0, 1), repeat=3):
        counts[dz : dz + nz, dy : dy + ny, dx : dx + nx] += mask
    corners = np.argwhere((counts > 0) & (counts < 8))
    return np.asarray(corners * np.asarray(spacing_mm_zyx), np.float64)
