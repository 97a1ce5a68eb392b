"""Shapes of calcifications, as depths below their surface around a middle."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.inserted.tissue import Field, Tissue

__all__ = ["Points", "Shape", "make_in_gap", "make_lobes", "make_nodule", "make_on_bone", "make_patch"]

Points = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Open grids of millimetres along z, y and x."""


class Shape:
    """Depth below the surface in a box of millimetres."""

    def __init__(
        self,
        half_mm: tuple[float, float, float],
        inside_mm: Callable[[Points, Callable[[Field], Field]], Field],
    ) -> None:
        self.half_mm = half_mm
        self.inside_mm = inside_mm


def _norm(points: Points) -> Field:
    z, y, x = points
    return np.sqrt(z**2 + y**2 + x**2)


def make_nodule(rng: np.random.Generator, tissue: Tissue, centre: NDArray, size_mm: float) -> Shape:  # noqa: ARG001
    """Make an ellipsoid, uneven by up to a third."""
    radii = size_mm / 2 * rng.uniform(0.75, 1.0, 3)

    def inside(points: Points, sample: Callable) -> Field:  # noqa: ARG001
        z, y, x = points
        return 1 - np.sqrt((z / radii[0]) ** 2 + (y / radii[1]) ** 2 + (x / radii[2]) ** 2)

    return Shape((size_mm / 2,) * 3, inside)


def make_lobes(rng: np.random.Generator, tissue: Tissue, centre: NDArray, size_mm: float) -> Shape:  # noqa: ARG001
    """Make a lobulated mass of 6 to 12 balls grown together, flatter along z as short scans are."""
    n = int(rng.integers(6, 13))
    radii = size_mm / 2 * rng.uniform(0.35, 0.6, n)
    turns = rng.normal(size=(n, 3))
    turns /= np.linalg.norm(turns, axis=1, keepdims=True)
    middles = turns * (size_mm / 2 - radii)[:, None] * rng.uniform(0.6, 1.0, (n, 1)) * (0.8, 1.0, 1.0)

    def inside(points: Points, sample: Callable) -> Field:  # noqa: ARG001
        z, y, x = points
        depth = size_mm * 0.3 - np.sqrt(z**2 + y**2 + x**2)
        for (a, b, c), radius in zip(middles, radii, strict=True):
            depth = np.maximum(depth, radius - np.sqrt((z - a) ** 2 + (y - b) ** 2 + (x - c) ** 2))
        return depth

    return Shape((size_mm / 2,) * 3, inside)


def make_patch(
    layer: Callable[[Tissue], Field], level_mm: float, thickness_mm: tuple[float, float]
) -> Callable[[np.random.Generator, Tissue, NDArray, float], Shape]:
    """Make plates that follow a layer at a level, as wide as the size says."""

    def make(rng: np.random.Generator, tissue: Tissue, centre: NDArray, size_mm: float) -> Shape:  # noqa: ARG001
        half_mm = rng.uniform(*thickness_mm) / 2
        surface = layer(tissue)
        waves = rng.uniform(0, 2 * np.pi, 3)

        def inside(points: Points, sample: Callable) -> Field:
            _, y, x = points
            rim = size_mm / 2 * (1 + 0.1 * np.sin(3 * np.arctan2(y, x) + waves[0])) - _norm(points)
            return np.minimum(half_mm - np.abs(sample(surface) - level_mm), rim)

        half = 0.55 * size_mm
        return Shape((half,) * 3, inside)

    return make


def make_in_gap(rng: np.random.Generator, tissue: Tissue, centre: NDArray, size_mm: float) -> Shape:  # noqa: ARG001
    """Fill the fat between two muscles around a middle, and a little of their borders."""
    half_mm = rng.uniform(0.6, 1.2)

    def inside(points: Points, sample: Callable) -> Field:
        return np.minimum(half_mm - sample(tissue.between_mm), size_mm / 2 - _norm(points))

    return Shape((size_mm / 2,) * 3, inside)


def make_on_bone(rng: np.random.Generator, tissue: Tissue, centre: NDArray, size_mm: float) -> Shape:
    """Make a nodule that ends where bone begins."""
    nodule = make_nodule(rng, tissue, centre, size_mm)

    def inside(points: Points, sample: Callable) -> Field:
        return np.minimum(nodule.inside_mm(points, sample), sample(tissue.bone_mm) - 0.5)

    return Shape(nodule.half_mm, inside)
