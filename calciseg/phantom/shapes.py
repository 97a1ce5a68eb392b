"""Shapes of calcifications: depths below their surface, some along the surfaces of the anatomy."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree

from calciseg.phantom.anatomy import Places, Scene
from calciseg.phantom.fields import FloatArray, WaveField, mixed

__all__ = ["LAYERS", "Blob", "Cluster", "Layer", "OffBone", "Patch", "Shape", "Strand", "project"]

Layer = Callable[[Places], FloatArray]
"""Signed distance from a surface that lesions follow."""

LAYERS: dict[str, Layer] = {
    "skin": lambda places: places.depth_mm - places.skin_mm / 2,
    "fascia": lambda places: places.fascia_mm,
    "seam": lambda places: places.seam_mm,
}


class Shape(Protocol):
    """A calcification as a solid in the anatomy."""

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:
        """Depth below the surface, about in millimetres, negative outside."""
        ...

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner, shape ``(2, 3)``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blob:
    """An ellipsoid with a bumpy surface; the rows of ``axes`` are the unit vectors of its radii."""

    centre_lps_mm: FloatArray
    radii_mm: FloatArray
    axes: FloatArray = field(repr=False)
    bumps: WaveField = field(repr=False)
    bump_fraction: float = 0.08

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:  # noqa: ARG002
        """Depth below the surface."""
        local = mixed(self.axes, points_lps_mm - self.centre_lps_mm[:, None])
        norm = np.sqrt(((local / self.radii_mm[:, None]) ** 2).sum(axis=0))
        bumpy = 1 + np.float32(self.bump_fraction) * np.clip(self.bumps.at(points_lps_mm), -2, 2)
        depth: FloatArray = (bumpy - norm) * self.radii_mm.min()
        return depth

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        reach = np.sqrt(((self.axes * self.radii_mm[:, None]) ** 2).sum(axis=0))
        reach = reach * np.float32(1 + 2 * self.bump_fraction)
        return np.stack([self.centre_lps_mm - reach, self.centre_lps_mm + reach])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cluster:
    """Blobs grown together: a lobulated mass."""

    blobs: tuple[Blob, ...]

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:
        """Depth below the surface."""
        depths = np.stack([blob.inside_mm(points_lps_mm, places) for blob in self.blobs])
        joined: FloatArray = depths.max(axis=0)
        return joined

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        boxes = np.stack([blob.box_lps_mm() for blob in self.blobs])
        return np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A plate that follows a layer of the anatomy, with a wavy edge and uneven thickness.

    Attributes
    ----------
    centre_lps_mm, axis_lps_mm : ndarray
        A point on the layer; the point of the body's axis beside it.
    half_arc_mm, half_height_mm : float
        Half the extent around the axis and along z.
    body, muscles : int, tuple of int or None
        The body it belongs to; of a seam also the two muscles.
    """

    layer: Layer
    level_mm: float
    centre_lps_mm: FloatArray
    axis_lps_mm: FloatArray
    half_arc_mm: float
    half_height_mm: float
    half_thickness_mm: float
    edge: WaveField = field(repr=False)
    body: int
    muscles: frozenset[int] | None = None

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:
        """Depth below the surface."""
        wave = np.clip(self.edge.at(points_lps_mm), -2, 2)
        off = np.abs(self.layer(places) - np.float32(self.level_mm))
        off[places.body != self.body] = 100
        if self.muscles is not None:
            off[~np.isin(places.muscle, list(self.muscles))] = 100
        half = np.float32(self.half_thickness_mm) * (1 + np.float32(0.18) * wave)
        across, height = self._along(points_lps_mm)
        norm = np.hypot(across / np.float32(self.half_arc_mm), height / np.float32(self.half_height_mm))
        rim = (1 + np.float32(0.10) * wave - norm) * np.float32(min(self.half_arc_mm, self.half_height_mm))
        # Around a finger the arc alone would let the plate come out on the other side.
        far = np.sqrt(((points_lps_mm - self.centre_lps_mm[:, None]) ** 2).sum(axis=0))
        reach = np.float32(1.25 * np.hypot(self.half_arc_mm, self.half_height_mm)) - far
        depth: FloatArray = np.minimum(np.minimum(half - off, rim), reach)
        return depth

    def _along(self, points_lps_mm: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Distance from the centre along the layer in the section, and along z."""
        height = points_lps_mm[2] - self.centre_lps_mm[2]
        if self.muscles is not None:
            # A seam runs any way through the section, often towards the axis.
            return np.hypot(*(points_lps_mm[:2] - self.centre_lps_mm[:2, None])), height
        spoke = self.centre_lps_mm - self.axis_lps_mm
        radius = np.hypot(spoke[0], spoke[1])
        angle = np.arctan2(
            points_lps_mm[1] - self.axis_lps_mm[1], points_lps_mm[0] - self.axis_lps_mm[0]
        ) - np.arctan2(spoke[1], spoke[0])
        angle = (angle + np.float32(3 * np.pi)) % np.float32(2 * np.pi) - np.float32(np.pi)
        return angle * radius, height

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        if self.muscles is not None:
            half = 1.25 * np.asarray([self.half_arc_mm, self.half_arc_mm, self.half_height_mm])
            return np.stack([self.centre_lps_mm - half, self.centre_lps_mm + half]).astype(np.float32)
        spoke = self.centre_lps_mm - self.axis_lps_mm
        radius = float(np.hypot(spoke[0], spoke[1]))
        half_turn = min(1.25 * self.half_arc_mm / radius, np.pi)
        turns = np.arctan2(spoke[1], spoke[0]) + np.linspace(-half_turn, half_turn, 33)
        ring = 1.35 * radius * np.stack([np.cos(turns), np.sin(turns)])
        inner = 0.7 * radius * np.stack([np.cos(turns), np.sin(turns)])
        both = np.concatenate([ring, inner], axis=1) + self.axis_lps_mm[:2, None]
        height = 1.25 * self.half_height_mm
        low = [*both.min(axis=1), self.centre_lps_mm[2] - height]
        high = [*both.max(axis=1), self.centre_lps_mm[2] + height]
        return np.asarray([low, high], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strand:
    """Threads along given points: a line, or a net of lines."""

    tree: cKDTree = field(repr=False)
    radius_mm: float
    bumps: WaveField = field(repr=False)

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:  # noqa: ARG002
        """Depth below the surface."""
        distance = self.tree.query(points_lps_mm.T, distance_upper_bound=4 * self.radius_mm + 4)[0]
        distance = np.minimum(distance, 100).astype(np.float32)
        wave = np.clip(self.bumps.at(points_lps_mm), -2, 2)
        depth: FloatArray = np.float32(self.radius_mm) * (1 + np.float32(0.12) * wave) - distance
        return depth

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        reach = 1.25 * self.radius_mm
        return np.stack([self.tree.mins - reach, self.tree.maxes + reach]).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OffBone:
    """A shape that stops at the surface of bone."""

    shape: Shape

    def inside_mm(self, points_lps_mm: FloatArray, places: Places) -> FloatArray:
        """Depth below the surface."""
        return np.minimum(self.shape.inside_mm(points_lps_mm, places), -places.bone_mm)

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        return self.shape.box_lps_mm()


def project(
    scene: Scene, points_lps_mm: FloatArray, layer: Layer, level_mm: float, *, n_steps: int = 4
) -> tuple[FloatArray, FloatArray]:
    """Move points along the gradient of a layer to its level; return them and the unit normals there."""
    points = points_lps_mm.astype(np.float32)
    gradient = np.zeros_like(points)
    for _ in range(n_steps):
        gradient = _gradient(scene, points, layer)
        off = layer(scene.places(points)) - np.float32(level_mm)
        size = np.maximum((gradient**2).sum(axis=0), np.float32(0.05))
        points = points - np.clip(off / size, -5, 5) * gradient
    return points, gradient / np.maximum(np.linalg.norm(gradient, axis=0), 1e-6)


def _gradient(scene: Scene, points_lps_mm: FloatArray, layer: Layer) -> FloatArray:
    step = np.float32(0.4)
    rows = []
    for axis in range(3):
        shift = np.zeros((3, 1), dtype=np.float32)
        shift[axis] = step
        above = layer(scene.places(points_lps_mm + shift))
        below = layer(scene.places(points_lps_mm - shift))
        rows.append((above - below) / (2 * step))
    return np.stack(rows).astype(np.float32)
