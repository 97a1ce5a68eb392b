"""Small CT series with known values, and the folder of real data where there is one."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
SERIES_UID = "1.2.826.0.1.3680043.8.498.1.2"

MakeSlices = Callable[..., list[Dataset]]
Save = Callable[..., Path]


def _ct_slice(
    stored: NDArray[Any],
    position: NDArray[np.float64],
    orientation: Sequence[float],
    spacing_mm_yx: Sequence[float],
    number: int,
) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.StudyInstanceUID = STUDY_UID
    dataset.SeriesInstanceUID = SERIES_UID
    dataset.FrameOfReferenceUID = f"{STUDY_UID}.9"
    dataset.Modality = "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = 1
    dataset.KVP = 120
    dataset.SliceThickness = 3
    dataset.ConvolutionKernel = "B30f"
    # Wrong on purpose: geometry comes from the positions alone.
    dataset.SpacingBetweenSlices = 77
    dataset.InstanceNumber = 1000 - number
    dataset.ImagePositionPatient = [round(float(value), 8) for value in position]
    dataset.ImageOrientationPatient = [round(float(value), 8) for value in orientation]
    dataset.PixelSpacing = list(spacing_mm_yx)
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = stored.dtype.itemsize * 8
    dataset.BitsStored = dataset.BitsAllocated
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    dataset.set_pixel_data(stored, "MONOCHROME2", dataset.BitsStored)
    dataset.SOPInstanceUID = f"{SERIES_UID}.{number}"
    return dataset


def _make_slices(
    stored_zyx: NDArray[Any],
    *,
    row: Sequence[float] = (1, 0, 0),
    column: Sequence[float] = (0, 1, 0),
    heights_mm: Sequence[float] | None = None,
    spacing_mm_yx: Sequence[float] = (0.8, 0.5),
    origin_lps_mm: Sequence[float] = (-11.0, -22.0, -33.0),
    shift_mm_per_slice: Sequence[float] = (0, 0, 0),
    **attributes: Any,
) -> list[Dataset]:
    """One Dataset a slice, 2 mm apart along the normal unless said otherwise."""
    normal = np.cross(np.asarray(row, dtype=float), np.asarray(column, dtype=float))
    heights_mm = [2.0 * z for z in range(len(stored_zyx))] if heights_mm is None else heights_mm
    slices = []
    for z, (stored, height_mm) in enumerate(zip(stored_zyx, heights_mm, strict=True)):
        position = np.asarray(origin_lps_mm) + height_mm * normal + z * np.asarray(shift_mm_per_slice)
        dataset = _ct_slice(stored, position, [*row, *column], spacing_mm_yx, z + 1)
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
        slices.append(dataset)
    return slices


def _save(datasets: Sequence[Dataset], folder: Path, names: Sequence[str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"IM{n:04d}.dcm" for n in range(len(datasets))] if names is None else names
    for dataset, name in zip(datasets, names, strict=True):
        dataset.save_as(folder / name, enforce_file_format=True)
    return folder


@pytest.fixture
def make_slices() -> MakeSlices:
    """Build the Datasets of a series from stored values of shape (z, y, x)."""
    return _make_slices


@pytest.fixture
def save() -> Save:
    """Write Datasets into a folder, by default as ``IM0000.dcm`` and so on."""
    return _save


@pytest.fixture
def stored() -> NDArray[np.uint16]:
    """Five slices of stored values, different in every voxel and not symmetric; -1024 to 3071 HU."""
    return np.random.default_rng(7).integers(0, 4096, size=(5, 14, 9), dtype=np.uint16)


@pytest.fixture
def hu(stored: NDArray[np.uint16]) -> NDArray[np.int16]:
    """The Hounsfield units of ``stored``."""
    return stored.astype(np.int16) - 1024


@pytest.fixture
def real_data() -> Path:
    """The folder of real studies, or a visible skip."""
    folder = os.environ.get("CALCISEG_REAL_DATA")
    if not folder:
        pytest.skip("CALCISEG_REAL_DATA is not set: no real studies to read")
    return Path(folder)
