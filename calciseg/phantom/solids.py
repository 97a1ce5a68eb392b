"""Rounded solids and their bones: signed distances, positive inside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calciseg.phantom.fields import FloatArray, WaveField, mixed

__all__ = ["Bone", "BoneSample", "Chain", "Ellipsoid", "Shell", "Solid", "box_mask"]

FAR_MM = np.float32(-50.0)
"""Said of a point that is outside a solid's box: it is at least 8 mm away."""


class Part(Protocol):
    """One rounded primitive."""

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the surface, negative outside."""
        ...

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner, shape ``(2, 3)``."""
        ...


def _xyz(values: Sequence[float]) -> FloatArray:
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A string of balls with a skin drawn over them: shafts, digits, ridges.

    ``nodes`` holds ``(x, y, z, radius)`` in millimetres; ``stretch_xy`` widens the section, as in flat bones.
    """

    nodes: tuple[tuple[float, float, float, float], ...]
    stretch_xy: tuple[float, float] = (1.0, 1.0)

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the surface, negative outside."""
        scale = _xyz([*self.stretch_xy, 1.0])
        x, y, z = points_lps_mm
        best = np.full(x.shape, FAR_MM, dtype=np.float32)
        for first, second in zip(self.nodes, self.nodes[1:], strict=False):
            a, b = _xyz(first[:3]), _xyz(second[:3])
            ax, ay, az = ((x - a[0]) / scale[0], (y - a[1]) / scale[1], z - a[2])
            run = (b - a) / scale
            t = np.clip((ax * run[0] + ay * run[1] + az * run[2]) / np.float32(run @ run), 0, 1)
            distance = np.sqrt((ax - t * run[0]) ** 2 + (ay - t * run[1]) ** 2 + (az - t * run[2]) ** 2)
            radius = np.float32(first[3]) + t * np.float32(second[3] - first[3])
            np.maximum(best, radius - distance, out=best)
        return best

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        nodes = np.asarray(self.nodes, dtype=np.float32)
        reach = nodes[:, 3:] * np.maximum(_xyz([*self.stretch_xy, 1.0]), 1)
        return np.stack([(nodes[:, :3] - reach).min(axis=0), (nodes[:, :3] + reach).max(axis=0)])


@dataclass(frozen=True, slots=True, eq=False)
class Ellipsoid:
    """An ellipsoid; the rows of ``axes`` are the unit vectors of its radii."""

    centre_lps_mm: tuple[float, float, float]
    radii_mm: tuple[float, float, float]
    axes: FloatArray = field(default_factory=lambda: np.eye(3, dtype=np.float32))

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the surface, exact to first order at the surface."""
        local = mixed(self.axes, points_lps_mm - _xyz(self.centre_lps_mm)[:, None])
        radii = _xyz(self.radii_mm)[:, None]
        norm = np.sqrt(((local / radii) ** 2).sum(axis=0)) + np.float32(1e-6)
        slope = np.sqrt(((local / radii**2) ** 2).sum(axis=0)) + np.float32(1e-6)
        depth: FloatArray = np.minimum(
            norm * (1 - norm) / slope, radii.min() * (1 - np.minimum(norm, 1)) + 1e3 * (norm > 1)
        )
        return depth

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        reach = np.sqrt(((self.axes * _xyz(self.radii_mm)[:, None]) ** 2).sum(axis=0))
        return np.stack([_xyz(self.centre_lps_mm) - reach, _xyz(self.centre_lps_mm) + reach])


@dataclass(frozen=True, slots=True, eq=False)
class Shell:
    """A cap of a hollow ball that opens against ``axis``: a joint socket."""

    centre_lps_mm: tuple[float, float, float]
    inner_mm: float
    outer_mm: float
    axis: tuple[float, float, float]
    rim_mm: float = 0.0
    """How far the rim lies along ``axis`` from the centre."""

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the surface, negative outside."""
        local = points_lps_mm - _xyz(self.centre_lps_mm)[:, None]
        distance = np.sqrt((local**2).sum(axis=0))
        axis = _xyz(self.axis) / np.linalg.norm(_xyz(self.axis))
        beyond_rim = mixed(axis, local) - np.float32(self.rim_mm)
        wall = np.minimum(np.float32(self.outer_mm) - distance, distance - np.float32(self.inner_mm))
        depth: FloatArray = np.minimum(wall, beyond_rim)
        return depth

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        centre = _xyz(self.centre_lps_mm)
        return np.stack([centre - np.float32(self.outer_mm), centre + np.float32(self.outer_mm)])


def box_mask(points_lps_mm: FloatArray, box_lps_mm: FloatArray, margin_mm: float) -> NDArray[np.intp]:
    """Return the indices of the points within a box and a margin."""
    low, high = box_lps_mm[0] - np.float32(margin_mm), box_lps_mm[1] + np.float32(margin_mm)
    x, y, z = points_lps_mm
    inside = (x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1]) & (z > low[2]) & (z < high[2])
    return np.flatnonzero(inside)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """Parts melted into one another over ``blend_mm``, with a rough surface."""

    parts: tuple[Part, ...]
    blend_mm: float = 3.0
    roughness: WaveField | None = None
    roughness_mm: float = 0.0
    hollow: Part | None = None
    """Carved out of the whole, as a socket."""

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        boxes = np.stack([part.box_lps_mm() for part in self.parts])
        return np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])

    def part_depths_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth in every part alone, shape ``(n_parts, n)``."""
        return np.stack([part.inside_mm(points_lps_mm) for part in self.parts])

    def inside_mm(self, points_lps_mm: FloatArray) -> FloatArray:
        """Depth below the surface of the whole, negative outside."""
        return self.melt(self.part_depths_mm(points_lps_mm), points_lps_mm)

    def melt(self, depths_mm: FloatArray, points_lps_mm: FloatArray) -> FloatArray:
        """Join the depths in the parts to that in the whole."""
        blend = np.float32(max(self.blend_mm, 1e-3))
        total = depths_mm[0]
        for depth in depths_mm[1:]:
            near = np.maximum(blend - np.abs(total - depth), 0) / blend
            total = np.maximum(total, depth) + near * near * blend / 4
        if self.roughness is not None:
            total = total + np.float32(self.roughness_mm) * self.roughness.at(points_lps_mm)
        if self.hollow is not None:
            total = np.minimum(total, -self.hollow.inside_mm(points_lps_mm))
        melted: FloatArray = total
        return melted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoneSample:
    """A bone at some points."""

    index: NDArray[np.intp]
    inside_mm: FloatArray
    cortex_mm: FloatArray
    core: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bone:
    """A bone: a solid whose parts each have a cortex and a core, 0 fatty marrow to 1 dense trabeculae."""

    name: str
    solid: Solid
    cortex_mm: tuple[float, ...]
    core: tuple[float, ...]
    is_sesamoid: bool = False

    def sample(self, points_lps_mm: FloatArray, reach_mm: float) -> BoneSample | None:
        """Return the bone at the points within reach of its box, or ``None`` if there are none."""
        index = box_mask(points_lps_mm, self.solid.box_lps_mm(), reach_mm)
        if not len(index):
            return None
        near = points_lps_mm[:, index]
        depths = self.solid.part_depths_mm(near)
        # Cortex and core pass smoothly from part to part, as from a shaft to its ends.
        weights = np.exp(np.clip((depths - depths.max(axis=0)) / 3, -20, 0))
        weights /= weights.sum(axis=0)
        return BoneSample(
            index=index,
            inside_mm=self.solid.melt(depths, near),
            cortex_mm=mixed(_xyz(self.cortex_mm), weights),
            core=mixed(_xyz(self.core), weights),
        )
