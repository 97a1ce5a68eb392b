"""The outer surface of a part of the body, its skin, its deep fascia and its cavity."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calciseg.phantom.fields import FloatArray, WaveField
from calciseg.phantom.solids import Solid

__all__ = ["Envelope", "Layers", "SolidEnvelope", "Tube", "make_tube"]

NOWHERE_MM = np.float32(-1000.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layers:
    """Where points lie between the surfaces of a part of the body, all signed and in millimetres."""

    depth_mm: FloatArray
    """Below the outer surface."""
    skin_mm: FloatArray
    """Local thickness of the skin."""
    fascia_mm: FloatArray
    """Below the deep fascia."""
    cavity_mm: FloatArray
    """Below the wall of the cavity."""
    angle_rad: FloatArray
    """About the axis, from left to back."""
    unit_uv: FloatArray
    """Position in the section, shape ``(2, n)``, in units of ``radius_mm``."""
    radius_mm: FloatArray
    """Mean radius of the deep fascia in the section."""


class Envelope(Protocol):
    """The layered surface of a part of the body."""

    def layers(self, points_lps_mm: FloatArray) -> Layers:
        """Return where the points lie."""
        ...

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner, shape ``(2, 3)``."""
        ...

    def axis_at_mm(self, z_mm: float) -> FloatArray:
        """Point of the axis at a height."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tube:
    """A limb or trunk: radii by height and angle about a bent axis. It goes on beyond its ends.

    Attributes
    ----------
    radii_mm : ndarray, shape (n_surfaces, nz * n_angles)
        Of outer surface, deep fascia and, if there is one, cavity.
    steepness : ndarray, same shape
        Cosine of the angle between the radius and the normal: a radial gap times it is a distance.
    """

    z_first_mm: float
    z_step_mm: float
    n_angles: int
    axis_xy_mm: FloatArray = field(repr=False)
    radii_mm: FloatArray = field(repr=False)
    steepness: FloatArray = field(repr=False)
    skin_mm: FloatArray = field(repr=False)
    mean_radius_mm: FloatArray = field(repr=False)

    def layers(self, points_lps_mm: FloatArray) -> Layers:
        """Return where the points lie."""
        x, y, z = points_lps_mm
        n_z = len(self.axis_xy_mm)
        height = np.clip((z - np.float32(self.z_first_mm)) / np.float32(self.z_step_mm), 0, n_z - 1.001)
        row = height.astype(np.int32)
        row_part = height - row
        axis = self.axis_xy_mm
        u = x - (axis[row, 0] + row_part * (axis[row + 1, 0] - axis[row, 0]))
        v = y - (axis[row, 1] + row_part * (axis[row + 1, 1] - axis[row, 1]))
        rho, angle = np.sqrt(u * u + v * v), np.arctan2(v, u)
        column = (angle + np.float32(2 * np.pi)) * np.float32(self.n_angles / (2 * np.pi))
        left = column.astype(np.int32)
        column_part = column - left
        at = row * self.n_angles + left % self.n_angles
        right = row * self.n_angles + (left + 1) % self.n_angles
        depths = []
        for radii, steepness in zip(self.radii_mm, self.steepness, strict=True):
            low = radii.take(at) * (1 - column_part) + radii.take(right) * column_part
            high = radii.take(at + self.n_angles) * (1 - column_part)
            high += radii.take(right + self.n_angles) * column_part
            depths.append((low + row_part * (high - low) - rho) * steepness.take(at))
        scale = self.mean_radius_mm[row]
        return Layers(
            depth_mm=depths[0],
            skin_mm=self.skin_mm.take(at),
            fascia_mm=depths[1],
            cavity_mm=depths[2] if len(depths) > 2 else np.full_like(rho, NOWHERE_MM),
            angle_rad=angle,
            unit_uv=np.stack([u, v]) / scale,
            radius_mm=scale,
        )

    def axis_at_mm(self, z_mm: float) -> FloatArray:
        """Point of the axis at a height."""
        row = round((z_mm - self.z_first_mm) / self.z_step_mm)
        x, y = self.axis_xy_mm[min(max(row, 0), len(self.axis_xy_mm) - 1)]
        return np.asarray([x, y, z_mm], dtype=np.float32)

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner; open along z, since the tube goes on."""
        reach = self.radii_mm[0].max()
        low = [*(self.axis_xy_mm.min(axis=0) - reach), -1e4]
        high = [*(self.axis_xy_mm.max(axis=0) + reach), 1e4]
        return np.asarray([low, high], dtype=np.float32)


def make_tube(
    z_mm: NDArray[np.float64],
    axis_xy_mm: NDArray[np.float64],
    outer_mm: NDArray[np.float64],
    *,
    skin_mm: NDArray[np.float64],
    fat_mm: NDArray[np.float64],
    cavity_mm: FloatArray | None = None,
) -> Tube:
    """Build a tube from its contours.

    Parameters
    ----------
    z_mm : ndarray, shape (nz,)
        Evenly spaced heights.
    axis_xy_mm : ndarray, shape (nz, 2)
    outer_mm, skin_mm, fat_mm, cavity_mm : ndarray, shape (nz, n_angles)
        Radius of the outer surface; thickness of skin and subcutaneous fat, measured along the radius;
        radius of the cavity.
    """
    step_mm = float(z_mm[1] - z_mm[0])
    surfaces = [outer_mm, outer_mm - skin_mm - fat_mm] + ([] if cavity_mm is None else [cavity_mm])
    steepness = []
    for radii in surfaces:
        turn = (np.roll(radii, -1, axis=1) - np.roll(radii, 1, axis=1)) * (radii.shape[1] / (4 * np.pi))
        slope = np.gradient(radii, step_mm, axis=0)
        steepness.append(1 / np.sqrt(1 + (turn / np.maximum(radii, 1)) ** 2 + slope**2))
    return Tube(
        z_first_mm=float(z_mm[0]),
        z_step_mm=step_mm,
        n_angles=outer_mm.shape[1],
        axis_xy_mm=axis_xy_mm.astype(np.float32),
        radii_mm=np.stack([radii.ravel() for radii in surfaces]).astype(np.float32),
        steepness=np.stack([values.ravel() for values in steepness]).astype(np.float32),
        skin_mm=skin_mm.ravel().astype(np.float32),
        mean_radius_mm=surfaces[1].mean(axis=1).astype(np.float32),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolidEnvelope:
    """A part of the body with digits: its surfaces are melted solids. Without ``fascia`` it has no muscle."""

    outer: Solid
    fascia: Solid | None
    skin_mm: float
    skin_variation: WaveField
    centre_xy_mm: tuple[float, float]
    radius_mm: float

    def layers(self, points_lps_mm: FloatArray) -> Layers:
        """Return where the points lie."""
        x, y, _ = points_lps_mm
        u, v = x - np.float32(self.centre_xy_mm[0]), y - np.float32(self.centre_xy_mm[1])
        scale = np.full_like(x, self.radius_mm)
        nowhere = np.full_like(x, NOWHERE_MM)
        variation = 1 + np.float32(0.15) * np.clip(self.skin_variation.at(points_lps_mm), -1.5, 1.5)
        return Layers(
            depth_mm=self.outer.inside_mm(points_lps_mm),
            skin_mm=np.float32(self.skin_mm) * variation,
            fascia_mm=nowhere if self.fascia is None else self.fascia.inside_mm(points_lps_mm),
            cavity_mm=nowhere,
            angle_rad=np.arctan2(v, u),
            unit_uv=np.stack([u, v]) / scale,
            radius_mm=scale,
        )

    def box_lps_mm(self) -> FloatArray:
        """Lowest and highest corner."""
        return self.outer.box_lps_mm()

    def axis_at_mm(self, z_mm: float) -> FloatArray:
        """Point far in front: a patch then bends little, as the flat parts of a hand do."""
        return np.asarray([self.centre_xy_mm[0], self.centre_xy_mm[1] + 300.0, z_mm], dtype=np.float32)
