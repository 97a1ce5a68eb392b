"""The grid of a scan, its fine planes, and where its points lie."""

from dataclasses import dataclass
from math import ceil, cos, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.errors import UsageError
from calciseg.model import VolumeGeometry
from calciseg.phantom.fields import FloatArray

__all__ = ["ScanGrid", "make_grid"]

_MAX_VOXELS = 2**29


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanGrid:
    """A stack of slices, each cut into fine planes.

    Attributes
    ----------
    n_fine : int
        Fine planes for each slice distance.
    n_sub : int
        Sub-samples across a voxel in the plane; even.
    tilt_deg : float
        The slices are turned about the x axis through the middle row; the stack still grows along z.
    """

    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    origin_lps_mm: tuple[float, float, float]
    n_fine: int
    n_sub: int
    tilt_deg: float = 0.0

    @property
    def fine_mm(self) -> float:
        """Distance between fine planes."""
        return self.spacing_mm_zyx[0] / self.n_fine

    @property
    def pivot_y_mm(self) -> float:
        """Height of the axis that the slices are tilted about."""
        return self.origin_lps_mm[1] + (self.shape_zyx[1] - 1) / 2 * self.spacing_mm_zyx[1]

    def plane_z_mm(self, plane: NDArray[Any]) -> NDArray[Any]:
        """Height of fine plane ``plane`` (may be fractional) at the pivot."""
        z_mm: NDArray[Any] = (
            self.origin_lps_mm[2] + ((plane + 0.5) / self.n_fine - 0.5) * self.spacing_mm_zyx[0]
        )
        return z_mm

    def points(self, plane: NDArray[Any], row: NDArray[Any], column: NDArray[Any]) -> FloatArray:
        """Take fine-plane, row and column indices (may be fractional) to points of shape ``(3, n)``."""
        tilt = radians(self.tilt_deg)
        along = self.origin_lps_mm[1] + np.asarray(row) * self.spacing_mm_zyx[1] - self.pivot_y_mm
        x = self.origin_lps_mm[0] + np.asarray(column) * self.spacing_mm_zyx[2]
        y = self.pivot_y_mm + along * cos(tilt)
        z = self.plane_z_mm(np.asarray(plane)) + along * sin(tilt)
        return np.stack(np.broadcast_arrays(x, y, z)).reshape(3, -1).astype(np.float32)

    def indices(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take points of shape ``(3, n)`` to fractional fine-plane, row and column indices."""
        tilt = radians(self.tilt_deg)
        x, y, z = points_lps_mm
        along = (y - self.pivot_y_mm) / cos(tilt)
        row = (along + self.pivot_y_mm - self.origin_lps_mm[1]) / self.spacing_mm_zyx[1]
        slices = (z - along * sin(tilt) - self.origin_lps_mm[2]) / self.spacing_mm_zyx[0]
        column = (x - self.origin_lps_mm[0]) / self.spacing_mm_zyx[2]
        return np.stack([(slices + 0.5) * self.n_fine - 0.5, row, column])

    def geometry(self, frame_of_reference_uid: str) -> VolumeGeometry:
        """Return the geometry of the upright stack."""
        return VolumeGeometry(
            shape_zyx=self.shape_zyx,
            spacing_mm_zyx=self.spacing_mm_zyx,
            origin_lps_mm=self.origin_lps_mm,
            frame_of_reference_uid=frame_of_reference_uid,
        )


def make_grid(
    field_mm_yx: tuple[float, float],
    length_mm: float,
    spacing_mm_zyx: tuple[float, float, float],
    thickness_mm: float,
    n_slices: int | None,
) -> ScanGrid:
    """Centre a grid on the origin."""
    dz, dy, dx = spacing_mm_zyx
    shape = (
        n_slices or max(1, round(length_mm / dz)),
        max(8, round(field_mm_yx[0] / dy)),
        max(8, round(field_mm_yx[1] / dx)),
    )
    if int(np.prod(shape)) > _MAX_VOXELS:
        size = " x ".join(str(n) for n in shape)
        raise UsageError(f"spacing {dz:g},{dy:g},{dx:g} mm: makes {size} voxels; give a coarser one")
    origin = [-(n - 1) / 2 * step for n, step in zip(shape, spacing_mm_zyx, strict=True)]
    return ScanGrid(
        shape_zyx=shape,
        spacing_mm_zyx=spacing_mm_zyx,
        origin_lps_mm=(round(origin[2], 4), round(origin[1], 4), round(origin[0], 4)),
        # Planes at most 1 mm apart, and two at least for each half-maximum width of the slice profile.
        n_fine=max(ceil(dz / 1.0 - 1e-6), ceil(2 * dz / thickness_mm - 1e-6)),
        n_sub=2 if max(dy, dx) <= 1.2 else 4,
    )
