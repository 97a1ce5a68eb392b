"""Where voxels lie in the patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["VolumeGeometry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeGeometry:
    """A regular, right-angled grid in the patient's LPS coordinates.

    Attributes
    ----------
    shape_zyx : tuple of int
        Number of slices, rows, columns.
    spacing_mm_zyx : tuple of float
        Distance between voxel centres along each array axis.
    origin_lps_mm : tuple of float
        Centre of voxel ``[0, 0, 0]``; x grows to the left, y to the back, z to the head.
    direction : tuple of float
        Nine numbers, a 3 x 3 matrix row by row. Its columns are the LPS unit vectors along which the x, y
        and z index grow: the order of ITK's ``GetDirection``.
    frame_of_reference_uid : str or None
    """

    shape_zyx: tuple[int, int, int]
    spacing_mm_zyx: tuple[float, float, float]
    origin_lps_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    frame_of_reference_uid: str | None = None

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        dz, dy, dx = self.spacing_mm_zyx
        return dz * dy * dx

    @property
    def affine_lps_mm_from_zyx(self) -> NDArray[np.float64]:
        """The 4 x 4 matrix that takes ``(z, y, x, 1)`` indices to LPS millimetres."""
        columns_xyz = np.asarray(self.direction, dtype=np.float64).reshape(3, 3)
        affine = np.eye(4)
        affine[:3, :3] = columns_xyz[:, ::-1] * np.asarray(self.spacing_mm_zyx)
        affine[:3, 3] = self.origin_lps_mm
        return affine

    def lps_mm_from_zyx(self, points_zyx: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take index coordinates, shape ``(..., 3)`` in z, y, x order, to LPS millimetres, x, y, z order."""
        affine = self.affine_lps_mm_from_zyx
        moved: NDArray[np.float64] = np.asarray(points_zyx) @ affine[:3, :3].T + affine[:3, 3]
        return moved
