"""Smooth random fields: what makes contours, septa and marrow look grown instead of drawn."""

import functools
import operator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = [
    "FloatArray",
    "NoiseCube",
    "WaveField",
    "make_noise_cube",
    "make_wave_field",
    "mixed",
    "smooth_curve",
]

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""Single precision wherever there are many points."""


def mixed(weights: FloatArray, rows: FloatArray) -> FloatArray:
    """Return ``weights @ rows`` in a fixed order: a linear algebra library rounds by its thread count."""
    products = (weights[..., n, None] * rows[n] for n in range(rows.shape[0]))
    return functools.reduce(operator.add, products)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaveField:
    """A sum of plane waves: cheap, endless, without steps, of unit standard deviation.

    Attributes
    ----------
    waves_per_mm : ndarray, shape (n, 3)
        Wave vectors in x, y, z order, in radians per millimetre.
    phases_rad : ndarray, shape (n,)
    """

    waves_per_mm: FloatArray = field(repr=False)
    phases_rad: FloatArray = field(repr=False)

    def at(self, points_lps_mm: FloatArray) -> FloatArray:
        """Value at points of shape ``(3, n)``."""
        x, y, z = points_lps_mm
        total = np.zeros_like(x)
        for (kx, ky, kz), phase in zip(self.waves_per_mm, self.phases_rad, strict=True):
            total += np.sin(x * kx + y * ky + z * kz + phase)
        scaled: FloatArray = total * np.float32(np.sqrt(2.0 / len(self.phases_rad)))
        return scaled


def make_wave_field(
    rng: np.random.Generator, length_mm: float, *, n_waves: int = 4, z_stretch: float = 1.0
) -> WaveField:
    """Draw a field whose waves are about ``length_mm`` long, and ``z_stretch`` times as long in z."""
    directions = rng.standard_normal((n_waves, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    lengths_mm = length_mm * rng.uniform(0.75, 1.35, n_waves)
    waves = directions * (2 * np.pi / lengths_mm)[:, None]
    waves[:, 2] /= z_stretch
    phases = rng.uniform(0, 2 * np.pi, n_waves)
    return WaveField(waves_per_mm=waves.astype(np.float32), phases_rad=phases.astype(np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseCube:
    """A periodic cube of smooth noise of unit standard deviation, read at the nearest cell.

    The zero level of smooth noise is a set of curved sheets: fat septa and trabeculae are drawn from it.
    """

    values: FloatArray = field(repr=False)
    cell_mm: float

    def at(self, points_lps_mm: FloatArray, *, z_stretch: float = 1.0) -> FloatArray:
        """Value at points of shape ``(3, n)``; structures are ``z_stretch`` times as long in z."""
        n_cells = self.values.shape[0]
        per_mm = np.float32(1.0 / self.cell_mm)
        # A power of two lets "& (n - 1)" wrap negative indices too.
        x, y = ((row * per_mm).astype(np.int32) & (n_cells - 1) for row in points_lps_mm[:2])
        z = (points_lps_mm[2] * (per_mm / np.float32(z_stretch))).astype(np.int32) & (n_cells - 1)
        flat: FloatArray = self.values.ravel().take((z * n_cells + y) * n_cells + x)
        return flat


def make_noise_cube(
    rng: np.random.Generator, *, feature_mm: float, cell_mm: float, n_cells: int = 64
) -> NoiseCube:
    """Draw a cube whose features are about ``feature_mm`` wide."""
    white = rng.standard_normal((n_cells, n_cells, n_cells), dtype=np.float32)
    smooth = ndimage.gaussian_filter(white, feature_mm / cell_mm / 2.0, mode="wrap")
    return NoiseCube(values=(smooth / smooth.std()).astype(np.float32), cell_mm=cell_mm)


def smooth_curve(rng: np.random.Generator, n_samples: int, n_knots: int) -> NDArray[np.float64]:
    """Draw a smooth random curve of ``n_samples`` values through ``n_knots`` normal deviates."""
    knots = rng.standard_normal(n_knots + 3)
    where = np.linspace(1.0, n_knots + 1.0, n_samples)
    curve: NDArray[np.float64] = ndimage.map_coordinates(knots, [where], order=3, mode="nearest")
    return curve
