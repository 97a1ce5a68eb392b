"""DICOM files of a phantom: CT or CR Image Storage with every attribute that its modules ask for."""

from hashlib import sha512
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
)

from calciseg._version import __version__
from calciseg.phantom.films.truth import FilmPhantom
from calciseg.phantom.truth import Phantom

__all__ = ["COMPRESSIONS", "image_datasets", "write_images"]

COMPRESSIONS: dict[str, UID] = {"jpeg2000": JPEG2000Lossless, "jpegls": JPEGLSLossless}

_IMPLEMENTATION_UID = "2.25.162953021087531064829735218746509213645"
_DATE, _TIME = "20000101", "120000"
"""A phantom was never scanned; a fixed date keeps its bytes the same."""


def write_images(phantom: Phantom | FilmPhantom, folder: Path, compression: str | None) -> tuple[Path, ...]:
    """Write one file for each slice or film; the order of the names is not the order of the slices."""
    paths = []
    datasets = [film_dataset(phantom)] if isinstance(phantom, FilmPhantom) else image_datasets(phantom)
    for dataset in datasets:
        if compression is not None:
            dataset.compress(COMPRESSIONS[compression], generate_instance_uid=False)
        name = sha512(str(dataset.SOPInstanceUID).encode()).hexdigest()[:12].upper()
        path = folder / f"{name}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return tuple(sorted(paths))


def image_datasets(phantom: Phantom) -> list[Dataset]:
    """Return the slices as uncompressed datasets, from below upwards."""
    stored = phantom.volume.hu if phantom.tilted_hu is None else phantom.tilted_hu
    datasets = []
    for n, slice_hu in enumerate(stored):
        dataset = Dataset()
        _add_patient_and_study(dataset, phantom)
        _add_series(dataset, phantom)
        _add_image(dataset, phantom, n)
        _add_pixels(dataset, slice_hu)
        _add_meta(dataset)
        datasets.append(dataset)
    return datasets


def film_dataset(phantom: FilmPhantom) -> Dataset:
    """Return a film as an uncompressed dataset."""
    recipe, header = phantom.recipe, phantom.radiograph.header
    dataset = Dataset()
    _add_patient_and_study(dataset, phantom)
    dataset.Modality = "CR"
    dataset.SeriesInstanceUID = header.series_instance_uid
    dataset.SeriesNumber = "1"
    dataset.SeriesDate, dataset.SeriesTime = _DATE, _TIME
    dataset.BodyPartExamined = header.body_part
    dataset.ViewPosition = header.view
    dataset.Laterality = "" if header.laterality is None else header.laterality[0].upper()
    dataset.Manufacturer = "calciseg"
    dataset.ManufacturerModelName = "phantom"
    dataset.SoftwareVersions = __version__
    dataset.KVP = f"{phantom.kvp:g}"
    dataset.SOPClassUID = ComputedRadiographyImageStorage
    dataset.SOPInstanceUID = header.sop_instance_uids[0]
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.InstanceNumber = "1"
    dataset.AcquisitionDate = dataset.ContentDate = _DATE
    dataset.AcquisitionTime = dataset.ContentTime = _TIME
    dataset.PatientOrientation = ["L", "F"] if recipe.view == "AP" else ["P", "F"]
    pixel_mm = f"{(phantom.radiograph.spacing_mm_yx or (1.0, 1.0))[0]:g}"
    dataset.ImagerPixelSpacing = [pixel_mm, pixel_mm]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if phantom.is_monochrome1 else "MONOCHROME2"
    dataset.Rows, dataset.Columns = phantom.stored.shape
    bits = phantom.bits_stored
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelRepresentation = 0
    dataset.WindowCenter, dataset.WindowWidth = f"{2 ** (bits - 1)}", f"{2**bits}"
    dataset.PixelData = phantom.stored.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    _add_meta(dataset)
    return dataset


def _add_meta(dataset: Dataset) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_UID)
    meta.ImplementationVersionName = "CALCISEG_PHANTOM"
    dataset.file_meta = meta


def _add_patient_and_study(dataset: Dataset, phantom: Phantom | FilmPhantom) -> None:
    recipe = phantom.recipe
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "PHANTOM^CALCISEG"
    dataset.PatientID = f"PHANTOM-{recipe.kind.upper()}-{recipe.seed}"
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.PatientComments = "Synthetic data, no person"
    dataset.StudyInstanceUID = phantom.study_instance_uid
    dataset.StudyDate, dataset.StudyTime = _DATE, _TIME
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = str(recipe.seed % 10**16)
    dataset.AccessionNumber = ""
    dataset.StudyDescription = f"calciseg phantom {recipe.kind}"


def _add_series(dataset: Dataset, phantom: Phantom) -> None:
    recipe, header = phantom.recipe, phantom.volume.header
    dataset.Modality = "CT"
    dataset.SeriesInstanceUID = header.series_instance_uid
    dataset.SeriesNumber = "1"
    dataset.SeriesDate, dataset.SeriesTime = _DATE, _TIME
    dataset.SeriesDescription = f"{recipe.kind} {header.slice_thickness_mm:g} mm"
    dataset.BodyPartExamined = header.body_part
    if header.laterality is not None:
        dataset.Laterality = header.laterality[0].upper()
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = phantom.volume.geometry.frame_of_reference_uid
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = "calciseg"
    dataset.ManufacturerModelName = "phantom"
    dataset.SoftwareVersions = __version__
    if recipe.contrast or recipe.iodine:
        dataset.ContrastBolusAgent = "IODINE"


def _add_image(dataset: Dataset, phantom: Phantom, n: int) -> None:
    recipe, geometry = phantom.recipe, phantom.volume.geometry
    header = phantom.volume.header
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = header.sop_instance_uids[n]
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.AcquisitionNumber = "1"
    dataset.InstanceNumber = str(n + 1)
    dataset.AcquisitionDate = dataset.ContentDate = _DATE
    dataset.AcquisitionTime = dataset.ContentTime = _TIME
    dataset.KVP = f"{recipe.kvp:g}"
    dataset.ConvolutionKernel = header.convolution_kernel
    dataset.SliceThickness = f"{header.slice_thickness_mm:g}"
    dataset.GantryDetectorTilt = f"{recipe.tilt_deg:g}"
    position, rows_run = _slice_place(phantom, n)
    dataset.ImagePositionPatient = [f"{value:.6g}" for value in position]
    dataset.ImageOrientationPatient = ["1", "0", "0", *(f"{value:.10g}" for value in rows_run)]
    dataset.SliceLocation = f"{position[2]:.6g}"
    dz, dy, dx = geometry.spacing_mm_zyx
    dataset.PixelSpacing = [f"{dy:g}", f"{dx:g}"]
    dataset.SpacingBetweenSlices = f"{dz:g}"


def _slice_place(phantom: Phantom, n: int) -> tuple[tuple[float, ...], tuple[float, float, float]]:
    """Return where the first pixel of a slice lies, and the unit vector down its columns."""
    geometry = phantom.volume.geometry
    tilt = np.deg2rad(phantom.recipe.tilt_deg)
    x, y, z = geometry.origin_lps_mm
    half_mm = (geometry.shape_zyx[1] - 1) / 2 * geometry.spacing_mm_zyx[1]
    height = z + n * geometry.spacing_mm_zyx[0]
    cosine, sine = float(np.cos(tilt)), float(np.sin(tilt))
    return (x, y + half_mm - half_mm * cosine, height - half_mm * sine), (0.0, cosine, sine)


def _add_pixels(dataset: Dataset, slice_hu: NDArray[np.int16]) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = slice_hu.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
    dataset.WindowCenter, dataset.WindowWidth = "50", "500"
    dataset.PixelData = (slice_hu.astype(np.int32) + 1024).astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
