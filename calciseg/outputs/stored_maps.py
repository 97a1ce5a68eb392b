"""Label maps read back: as they were written, or as an editor wrote them."""

import gzip
import zlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from calciseg.errors import InputError
from calciseg.model import VolumeGeometry

__all__ = ["read_map"]

_GZIP_MARK = b"\x1f\x8b"
_BYTES_AT_ONCE = 1 << 20
_SAME = 0.1
"""Voxels: grids whose corners differ by less lie on each other; editors round the numbers of an affine."""


def read_map(path: Path, geometry: VolumeGeometry) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Read a label map onto the grid of an image.

    Editors may write other integer types, other axes first, axes turned round, or only the part of the grid
    that holds labels: all that is brought back to the image's own grid. Nothing is resampled.

    Parameters
    ----------
    path : Path
        A NIfTI file, or whatever else SimpleITK reads.
    geometry : VolumeGeometry
        Of the image.

    Returns
    -------
    ndarray of uint16, or uint32 where labels need it, shape ``geometry.shape_zyx``

    Raises
    ------
    InputError
        If the file is missing, cannot be read, lies on another grid, or holds something else than labels.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; analyse the study again with output type nifti")
    _check_whole(path)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(f"{path} cannot be read as an image; give the label map as NIfTI") from error
    return _on_grid(path, _labels(path, image), _affine_lps_mm_from_zyx(image), geometry)


def _check_whole(path: Path) -> None:
    """Refuse a compressed file that ends early or is damaged: ITK reads zeros where it does."""
    with path.open("rb") as stream:
        if stream.read(len(_GZIP_MARK)) != _GZIP_MARK:
            return
    try:
        with gzip.open(path) as stream:
            while stream.read(_BYTES_AT_ONCE):
                pass
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path} is damaged or was cut off; copy or save the label map again") from error


def _labels(path: Path, image: sitk.Image) -> NDArray[np.uint32]:
    voxels = sitk.GetArrayFromImage(image)
    if image.GetNumberOfComponentsPerPixel() != 1 or voxels.ndim != 3:
        raise InputError(f"{path} is no label map of three axes; export the labels as one volume")
    labels = voxels.astype(np.uint32) if voxels.min(initial=0) >= 0 else None
    if labels is None or (labels != voxels).any():
        raise InputError(f"{path} holds values that are no labels; labels are whole numbers from 0")
    return labels


def _affine_lps_mm_from_zyx(image: sitk.Image) -> NDArray[np.float64]:
    directions = np.asarray(image.GetDirection()).reshape(3, 3)
    affine = np.eye(4)
    affine[:3, :3] = (directions * np.asarray(image.GetSpacing()))[:, ::-1]
    affine[:3, 3] = image.GetOrigin()
    return affine


def _on_grid(
    path: Path, labels: NDArray[np.uint32], affine: NDArray[np.float64], geometry: VolumeGeometry
) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Turn and move labels onto the grid."""
    step = np.linalg.inv(geometry.affine_lps_mm_from_zyx) @ affine
    turn, start = np.rint(step[:3, :3]).astype(int), np.rint(step[:3, 3]).astype(int)
    extent = np.asarray(labels.shape)
    # Judged at the corner farthest from the first voxel, where small differences add up.
    off = np.abs(step[:3, :3] - turn) @ extent + np.abs(step[:3, 3] - start)
    is_turn = (np.abs(turn).sum(axis=0) == 1).all() and (np.abs(turn).sum(axis=1) == 1).all()
    if not is_turn or off.max() > _SAME:
        raise InputError(f"{path} lies on another grid than the image; save the labels on the image's own")
    axes = np.abs(turn).argmax(axis=1)
    flips = turn[np.arange(3), axes] < 0
    turned = labels.transpose(axes)[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    first = np.where(flips, start - np.asarray(turned.shape) + 1, start)
    return _pasted(path, turned, first, geometry.shape_zyx)


def _pasted(
    path: Path, labels: NDArray[np.uint32], first: NDArray[np.intp], shape_zyx: tuple[int, int, int]
) -> NDArray[np.uint16] | NDArray[np.uint32]:
    dtype = np.uint16 if labels.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
    whole = np.zeros(shape_zyx, dtype)
    low = np.maximum(first, 0)
    high = np.minimum(first + labels.shape, shape_zyx)
    inside = tuple(slice(a - f, max(a, b) - f) for a, b, f in zip(low, high, first, strict=True))
    part = labels[inside]
    if np.count_nonzero(part) != np.count_nonzero(labels):
        raise InputError(f"{path} has labels outside of the image; save the labels on the image's own grid")
    whole[tuple(slice(a, max(a, b)) for a, b in zip(low, high, strict=True))] = part
    return whole
