"""The 352 bytes before the voxels of a NIfTI-1 file (https://nifti.nimh.nih.gov/nifti-1)."""

import math
import struct

import numpy as np
from numpy.typing import DTypeLike, NDArray

from calciseg.model import VolumeGeometry

__all__ = ["nifti_header"]

_LAYOUT = "<i10s18sihcB8h3f4h8f3fhcB4f2i80s24s2h6f12f16s4s4x"
_TYPE_CODES = {"uint8": 2, "uint16": 512, "uint32": 768}
_VOXELS_START_AT = 352.0
_MILLIMETRES = 2
_SCANNER_COORDINATES = 1
_RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def nifti_header(
    geometry: VolumeGeometry, dtype: DTypeLike, *, slope: float = 1.0, intercept: float = 0.0
) -> bytes:
    """Make the header of a single-file NIfTI-1 map.

    The place in the patient is written twice, as the standard allows: as a matrix (sform) and as a quaternion
    (qform); both say the same. NIfTI's coordinates grow to the right, front and head (RAS).

    Parameters
    ----------
    geometry : VolumeGeometry
        Grid of the map.
    dtype : dtype
        ``uint8``, ``uint16`` or ``uint32``.
    slope, intercept : float
        What a voxel means: slope times its value, plus intercept.

    Returns
    -------
    bytes
        352 bytes, little-endian.
    """
    kind = np.dtype(dtype)
    dz, dy, dx = geometry.spacing_mm_zyx
    rotation = _RAS_FROM_LPS[:3, :3] @ np.asarray(geometry.direction, dtype=np.float64).reshape(3, 3)
    # A quaternion cannot mirror: a left-handed grid is a rotation and a mirrored third axis.
    handedness = -1.0 if np.linalg.det(rotation) < 0 else 1.0
    quaternion = _quaternion(rotation * (1.0, 1.0, handedness))
    affine_ras_mm_from_xyz = _RAS_FROM_LPS @ geometry.affine_lps_mm_from_zyx[:, [2, 1, 0, 3]]
    return struct.pack(
        _LAYOUT,
        348, b"", b"", 0, 0, b"r", 0,
        3, *reversed(geometry.shape_zyx), 1, 1, 1, 1,
        0.0, 0.0, 0.0, 0, _TYPE_CODES[kind.name], 8 * kind.itemsize, 0,
        handedness, dx, dy, dz, 0.0, 0.0, 0.0, 0.0,
        _VOXELS_START_AT, slope, intercept, 0, b"\0", _MILLIMETRES,
        0.0, 0.0, 0.0, 0.0, 0, 0,
        b"calciseg (research)", b"",
        _SCANNER_COORDINATES, _SCANNER_COORDINATES,
        *quaternion, *affine_ras_mm_from_xyz[:3, 3],
        *affine_ras_mm_from_xyz[:3].ravel(),
        b"", b"n+1\0",
    )  # fmt: skip


def _quaternion(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return b, c and d of the unit quaternion ``(a, b, c, d)`` with ``a >= 0``.

    It is the last eigenvector of Bar-Itzhack's symmetric matrix (doi:10.2514/2.4654): no special cases.
    """
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    symmetric = np.array(
        [
            [xx + yy + zz, zy - yz, xz - zx, yx - xy],
            [zy - yz, xx - yy - zz, xy + yx, xz + zx],
            [xz - zx, xy + yx, yy - xx - zz, yz + zy],
            [yx - xy, xz + zx, yz + zy, zz - xx - yy],
        ]
    )
    a, b, c, d = np.linalg.eigh(symmetric)[1][:, -1]
    sign = math.copysign(1.0, a)
    return float(sign * b), float(sign * c), float(sign * d)
