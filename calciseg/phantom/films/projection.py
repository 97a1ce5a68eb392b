"""Thicknesses along the rays through a scene. Rays are parallel: nothing is magnified."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.phantom.anatomy import Scene
from calciseg.phantom.fields import FloatArray
from calciseg.phantom.placement import Placed
from calciseg.phantom.recipe import PhantomRecipe
from calciseg.phantom.tissue import scene_hu

__all__ = ["Chord", "FilmGrid", "Thickness", "lesion_chord", "scene_thickness"]

_SOFT_HU = np.float32(100.0)
"""Denser than this is soft tissue with calcium in it."""
_TISSUE_HU = np.float32(50.0)
_POINTS = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmGrid:
    """The detector: row 0 is the highest z; columns run along x, or along y in a lateral view."""

    shape_yx: tuple[int, int]
    pixel_mm: float
    centre_mm: tuple[float, float]
    """z and x (or y) of the middle of the detector."""
    column_axis: int
    """0 where columns run along x, 1 where they run along y."""

    @property
    def ray_axis(self) -> int:
        """The axis that the rays run along."""
        return 1 - self.column_axis

    def axes_mm(self, step: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return z of the rows and position of the columns, every ``step`` pixels."""
        rows, columns = (np.arange(0.0, n - 1 + step, step) - (n - 1) / 2 for n in self.shape_yx)
        return self.centre_mm[0] - rows * self.pixel_mm, self.centre_mm[1] + columns * self.pixel_mm

    def points(
        self, z_mm: NDArray[np.float64], column_mm: NDArray[np.float64], ray_mm: NDArray[np.float64]
    ) -> FloatArray:
        """Return the points of a block of rays, shape ``(3, nz * nc * nr)``, those of a ray together."""
        z, column, ray = np.meshgrid(z_mm, column_mm, ray_mm, indexing="ij")
        x, y = (column, ray) if self.column_axis == 0 else (ray, column)
        return np.stack([x, y, z]).reshape(3, -1).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thickness:
    """What lies along the ray of every pixel, in millimetres."""

    water_mm: FloatArray = field(repr=False)
    """Of water that weakens as much as the soft tissue."""
    mineral_mm: FloatArray = field(repr=False)
    """Of calcium of 1000 HU above soft tissue."""
    bone_mm: FloatArray = field(repr=False)
    muscle_mm: FloatArray = field(repr=False)
    """Inside the deep fascia."""
    body_mm: FloatArray = field(repr=False)


def scene_thickness(scene: Scene, recipe: PhantomRecipe, grid: FilmGrid, step_mm: float) -> Thickness:
    """Project a scene.

    Parameters
    ----------
    scene : Scene
        Without its table.
    recipe : PhantomRecipe
        Of the CT phantom: its tube voltage must be 120 kV, where HU are what they are called.
    grid : FilmGrid
    step_mm : float
        Distance of the rays that are followed; between them is interpolated.

    Returns
    -------
    Thickness
    """
    step = step_mm / grid.pixel_mm
    z_mm, column_mm = grid.axes_mm(step)
    boxes = [body.envelope.box_lps_mm() for body in scene.bodies]
    low = min(float(box[0, grid.ray_axis]) for box in boxes)
    high = max(float(box[1, grid.ray_axis]) for box in boxes)
    ray_mm = np.arange(low, high, 2 * step_mm) + step_mm
    fine = np.zeros((2, len(z_mm), len(column_mm)), np.float32)
    n_rows = max(1, _POINTS // (len(column_mm) * len(ray_mm)))
    for first in range(0, len(z_mm), n_rows):
        block = slice(first, first + n_rows)
        hu = scene_hu(grid.points(z_mm[block], column_mm, ray_mm), scene, recipe)
        hu = hu.reshape(-1, len(column_mm), len(ray_mm))
        soft = np.where(hu > _SOFT_HU, _TISSUE_HU, hu)
        fine[0, block] = (1 + soft / 1000).sum(axis=2) * (2 * step_mm)
        fine[1, block] = (hu - soft).sum(axis=2) * (2 * step_mm / 1000)
    water_mm, mineral_mm = (_to_detector(one, grid, step) for one in fine)
    bone_mm, muscle_mm, body_mm = _compartments(scene, grid, ray_mm)
    return Thickness(
        water_mm=water_mm, mineral_mm=mineral_mm, bone_mm=bone_mm, muscle_mm=muscle_mm, body_mm=body_mm
    )


def _compartments(
    scene: Scene, grid: FilmGrid, ray_mm: NDArray[np.float64]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Project bone, what the fascia encloses and the body, on rays a millimetre apart."""
    step = 1.0 / grid.pixel_mm
    z_mm, column_mm = grid.axes_mm(step)
    ray_mm = np.arange(ray_mm[0], ray_mm[-1], 1.0)
    sums = np.zeros((3, len(z_mm), len(column_mm)), np.float32)
    for row, z in enumerate(z_mm):
        places = scene.places(grid.points(np.array([z]), column_mm, ray_mm), bone_reach_mm=1.0)
        for n, inside in enumerate((places.bone_mm > 0, places.fascia_mm > 0, places.depth_mm > 0)):
            sums[n, row] = inside.reshape(len(column_mm), -1).sum(axis=1)
    bone_mm, muscle_mm, body_mm = (_to_detector(one, grid, step) for one in sums)
    return bone_mm, muscle_mm, body_mm


def _to_detector(coarse: FloatArray, grid: FilmGrid, step: float) -> FloatArray:
    """Interpolate between the rays that were followed."""
    rows, columns = (np.arange(n) / step for n in grid.shape_yx)
    where = np.meshgrid(rows, columns, indexing="ij")
    image: FloatArray = ndimage.map_coordinates(coarse, where, order=1, mode="nearest").astype(np.float32)
    return image


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chord:
    """How much of a lesion the rays of a window cross."""

    window: tuple[slice, slice]
    chord_mm: FloatArray = field(repr=False)


def lesion_chord(lesion: Placed, scene: Scene, grid: FilmGrid) -> Chord | None:
    """Project a lesion; ``None`` if it lies beside the detector."""
    low, high = lesion.shape.box_lps_mm().astype(np.float64)
    z_mm, column_mm = grid.axes_mm()
    n_rows, n_columns = grid.shape_yx
    rows = np.flatnonzero((z_mm[:n_rows] > low[2] - 1) & (z_mm[:n_rows] < high[2] + 1))
    near = column_mm[:n_columns]
    columns = np.flatnonzero((near > low[grid.column_axis] - 1) & (near < high[grid.column_axis] + 1))
    if not len(rows) or not len(columns):
        return None
    first_mm, last_mm = low[grid.ray_axis], high[grid.ray_axis]
    step_mm = max(0.2, (last_mm - first_mm) / 120)
    ray_mm = np.arange(first_mm, last_mm + step_mm, step_mm)
    chord = np.zeros((len(rows), len(columns)), np.float32)
    n_at_once = max(1, _POINTS // (len(columns) * len(ray_mm)))
    for first in range(0, len(rows), n_at_once):
        block = slice(first, first + n_at_once)
        points = grid.points(z_mm[rows[block]], near[columns], ray_mm)
        inside = lesion.shape.inside_mm(points, scene.places(points)) / step_mm
        share = np.clip(inside + 0.5, 0, 1).reshape(-1, len(columns), len(ray_mm))
        chord[block] = share.sum(axis=2) * step_mm
    window = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    return Chord(window=window, chord_mm=chord)
