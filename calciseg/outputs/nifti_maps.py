"""``labels-<n>.nii.gz``, ``planes-<n>.nii.gz`` and ``excluded-<n>.nii.gz``."""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calciseg.model import StudyResult, VolumeGeometry
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.measured_maps import measured_maps
from calciseg.outputs.nifti_header import nifti_header
from calciseg.outputs.result_document import label_map_name

__all__ = ["NAME", "is_available", "write"]

NAME = "nifti"

_GZIP_WINDOW = 31
"""zlib's way to ask for a gzip stream; its header then holds no time and no name."""
_FAST = 1
"""Label maps are nearly all zero: a higher level costs time and saves little."""


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write three maps for each image that was measured.

    Raises
    ------
    OutputError
        If its maps are not at hand.
    """
    paths: list[Path] = []
    for image, maps in measured_maps(result):
        for name, voxels in (
            (label_map_name(image), maps.labels),
            (f"planes-{image.n}.nii.gz", maps.planes),
            (f"excluded-{image.n}.nii.gz", maps.excluded),
        ):
            _write_map(folder / name, voxels, image.geometry)
            paths.append(folder / name)
    return tuple(paths)


def _write_map(path: Path, voxels: NDArray[np.unsignedinteger], geometry: VolumeGeometry) -> None:
    # ITK's own NIfTI writer says nothing when the disk is full and leaves a truncated file, so the bytes are
    # written here.
    packer = zlib.compressobj(_FAST, wbits=_GZIP_WINDOW)
    little_endian = voxels.dtype.newbyteorder("<")
    with whole_file(path) as file:
        file.write(packer.compress(nifti_header(geometry, voxels.dtype)))
        for piece_yx in voxels:
            file.write(packer.compress(np.ascontiguousarray(piece_yx, dtype=little_endian).data))
        file.write(packer.flush())
