"""The real studies, and where in them the tissue leaves no doubt."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from calciseg.model import CtVolume, ImageHeader, VolumeGeometry
from calciseg.reading import read_study

__all__ = ["STUDIES", "RealStudy", "read_volume", "thinned"]

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class RealStudy:
    """A real study by its public name.

    ``boxes`` hold, as seen by eye, limbs and walls of the trunk only: no organ, no great vessel, no cavity.
    ``n_averaged`` are the numbers of slices that are averaged into thick ones.
    """

    name: str
    path: str
    boxes: tuple[Box, ...]
    n_averaged: tuple[int, ...]


def _box(z: tuple[int, int], y: tuple[int, int], x: tuple[int, int]) -> Box:
    return slice(*z), slice(*y), slice(*x)


STUDIES: dict[str, RealStudy] = {
    "arms": RealStudy(
        name="arms",
        path="ct_upper_arms",
        boxes=(_box((0, 20), (265, 400), (0, 92)), _box((0, 20), (265, 400), (425, 512))),
        n_averaged=(1, 2),
    ),
    "chest": RealStudy(
        name="chest",
        path="ct_chest_shoulders",
        # The walls of the chest beside and behind the scapulae below the shoulders, where noise is even.
        boxes=(
            _box((0, 50), (250, 430), (10, 110)),
            _box((0, 50), (250, 430), (410, 500)),
            _box((0, 50), (385, 450), (110, 410)),
        ),
        n_averaged=(1, 4),
    ),
    "pelvis": RealStudy(
        name="pelvis",
        path="ct_tissue_reference/pelvis_with_hip_metal.nii.gz",
        # Buttocks, the flank of the hip without metal, and the muscles beside the lumbar spine.
        boxes=(
            _box((12, 45), (58, 101), (8, 43)),
            _box((20, 45), (58, 101), (77, 118)),
            _box((50, 95), (72, 101), (20, 105)),
        ),
        n_averaged=(1,),
    ),
}


def read_volume(study: RealStudy, folder: Path) -> CtVolume:
    """Read a study from the folder of real data."""
    path = folder / study.path
    if path.is_dir():
        return read_study(path).images[0]
    image = SimpleITK.DICOMOrient(SimpleITK.ReadImage(str(path)), "LPS")
    hu = np.clip(SimpleITK.GetArrayFromImage(image), -1024, 3071).astype(np.int16)
    nz, ny, nx = hu.shape
    dz, dy, dx = image.GetSpacing()[::-1]
    geometry = VolumeGeometry(shape_zyx=(nz, ny, nx), spacing_mm_zyx=(dz, dy, dx))
    header = ImageHeader(series_instance_uid="2.25.1", sop_instance_uids=("2.25.2",) * nz, kvp=120.0)
    return CtVolume(header=header, geometry=geometry, hu=hu)


def averaged(array: NDArray[np.floating], n: int) -> NDArray[np.floating]:
    """Average every ``n`` slices; what is left over is dropped."""
    whole = len(array) // n * n
    return array[:whole].reshape(-1, n, *array.shape[1:]).mean(axis=1)


def thinned(volume: CtVolume, hu: NDArray[np.int16], n: int) -> CtVolume:
    """Make the volume with other HU, and of slices ``n`` times as thick."""
    if n > 1:
        hu = np.rint(averaged(hu.astype(np.float32), n)).astype(np.int16)
    dz, dy, dx = volume.geometry.spacing_mm_zyx
    nz, ny, nx = hu.shape
    geometry = replace(volume.geometry, shape_zyx=(nz, ny, nx), spacing_mm_zyx=(dz * n, dy, dx))
    header = replace(
        volume.header,
        sop_instance_uids=volume.header.sop_instance_uids[:nz],
        slice_thickness_mm=dz * n,
    )
    return replace(volume, header=header, geometry=geometry, hu=np.ascontiguousarray(hu))
