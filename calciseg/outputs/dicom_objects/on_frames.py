"""Maps of the analysed grid, laid on the frames that they were read from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calciseg.model import VolumeGeometry
from calciseg.outputs.dicom_objects.source_frames import SourceFrame

__all__ = ["map_on_frames"]

_STILL = 1e-3
"""Steps of the index below this are rounding: frames are never turned against the grid, only moved."""


def map_on_frames(
    voxels: NDArray[np.unsignedinteger], geometry: VolumeGeometry, frames: Sequence[SourceFrame]
) -> NDArray[np.unsignedinteger]:
    """Look up the voxel nearest to every pixel of some frames.

    Parameters
    ----------
    voxels : ndarray of uint, shape (slices, rows, columns)
        On the analysed grid.
    geometry : VolumeGeometry
        Of that grid.
    frames : sequence of SourceFrame
        All of one size.

    Returns
    -------
    ndarray of uint, shape (frames, rows, columns)
        0 where a pixel lies outside of the grid.
    """
    out = np.zeros((len(frames), *frames[0].shape_yx), dtype=voxels.dtype)
    if not voxels.any():
        return out
    box = _box(voxels)
    to_zyx = np.linalg.inv(geometry.affine_lps_mm_from_zyx)
    for image, frame in zip(out, frames, strict=True):
        corner_zyx = to_zyx[:3, :3] @ frame.corner_lps_mm + to_zyx[:3, 3]
        steps_zyx = frame.step_lps_mm_yx @ to_zyx[:3, :3].T
        indices = [
            _indices(corner, steps, frame.shape_yx)
            for corner, steps in zip(corner_zyx, steps_zyx.T, strict=True)
        ]
        inside = np.ones(frame.shape_yx, dtype=bool)
        for index, (low, high) in zip(indices, box, strict=True):
            inside &= (index >= low) & (index < high)
        if inside.any():
            part = _bounds(inside)
            kept = [
                np.clip(_cut(index, part), low, high - 1)
                for index, (low, high) in zip(indices, box, strict=True)
            ]
            np.copyto(image[part], voxels[tuple(kept)], where=inside[part])
    return out


def _bounds(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Bound the pixels that lie inside: the others need no look-up."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _cut(index: NDArray[np.intp], part: tuple[slice, slice]) -> NDArray[np.intp]:
    """Cut an index that may be the same in all rows, or in all columns."""
    rows, columns = (one if n > 1 else slice(None) for one, n in zip(part, index.shape, strict=True))
    return index[rows, columns]


def _box(voxels: NDArray[np.unsignedinteger]) -> list[tuple[int, int]]:
    """Bound what is not 0: nothing beyond it needs to be looked up."""
    occupied = [np.flatnonzero(voxels.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    return [(int(found[0]), int(found[-1]) + 1) for found in occupied]


def _indices(corner: float, steps: NDArray[np.float64], shape_yx: tuple[int, int]) -> NDArray[np.intp]:
    """Return the index along one axis of the grid, by row, by column, or by both."""
    by_row, by_column = (np.arange(n) * step for n, step in zip(shape_yx, steps, strict=True))
    if abs(steps[0]) < _STILL:
        place = corner + by_column[None, :]
    elif abs(steps[1]) < _STILL:
        place = corner + by_row[:, None]
    else:
        place = corner + by_row[:, None] + by_column[None, :]
    index: NDArray[np.intp] = np.rint(place).astype(np.intp)
    return index
