"""The pixels of any file as a CT series, the files of pydicom, and pixels compressed anew."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import data_store
import numpy as np
from pydicom import data as pydicom_data
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID


def own_files() -> list[Path]:
    """Find the files that pydicom and its collection of test files carry."""
    folders = [Path(package.__path__[0]) for package in (pydicom_data, data_store)]
    found = (path for folder in folders for path in sorted(folder.rglob("*")))
    return [path for path in found if path.is_file() and path.suffix not in (".py", ".pyc")]


def as_series(dataset: Dataset) -> list[Dataset]:
    """Make three slices with the pixels of one image of any kind; its values are Hounsfield units."""
    slices = []
    for z in range(3):
        one = deepcopy(dataset)
        one.Modality, one.SOPClassUID, one.SOPInstanceUID = "CT", "1.2.840.10008.5.1.4.1.1.2", f"1.2.{z}"
        one.StudyInstanceUID, one.SeriesInstanceUID, one.ImageType = "1.3", "1.4", ["ORIGINAL", "PRIMARY"]
        one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, 2 * z], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.RescaleType = [1, 1], "HU"
        if "RescaleSlope" not in one:
            one.RescaleSlope, one.RescaleIntercept = 1, 0
        for keyword in ("PixelPaddingValue", "NumberOfFrames"):
            one.pop(keyword, None)
        slices.append(one)
    return slices


def recompressed(slices: list[Dataset], syntax: UID, encode: Callable[[Dataset], bytes]) -> list[Dataset]:
    """Give uncompressed slices pixels in another syntax."""
    for one in slices:
        one.PixelData = encapsulate([encode(one)])
        one["PixelData"].VR, one["PixelData"].is_undefined_length = "OB", True
        one.file_meta.TransferSyntaxUID = syntax
    return slices


def patterns(dataset: Dataset) -> np.ndarray:
    """Return the stored pixels of an uncompressed slice."""
    return np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns)
