"""DICOM sources of the made result: the same voxels, stored in many ways, with maps for what is read."""

import copy
import dataclasses
from collections.abc import Sequence

import numpy as np
from made_results import BOXES, image_result, study_result
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian

from calciseg.model import LesionMaps, StudyResult
from calciseg.reading import read_study

NAME = "DOE^SECRET"


def _slice(template: Dataset, hu: np.ndarray, n: int) -> Dataset:
    one = copy.deepcopy(template)
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.set_pixel_data((hu.astype(np.int32) + 1024).astype(np.uint16), "MONOCHROME2", 16)
    one.SOPInstanceUID, one.InstanceNumber = f"1.2.826.0.1.3680043.10.1.1.{n}", n + 1
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    return one


def _template() -> Dataset:
    one = Dataset()
    one.SOPClassUID, one.Modality = CTImageStorage, "CT"
    one.StudyInstanceUID, one.SeriesInstanceUID = "1.2.826.0.1.3680043.10.1", "1.2.826.0.1.3680043.10.1.1"
    one.FrameOfReferenceUID, one.PositionReferenceIndicator = "1.2.826.0.1.3680043.10.9", None
    one.PatientName, one.PatientID, one.PatientBirthDate, one.PatientSex = NAME, "77", "20130102", "F"
    one.StudyDate, one.StudyTime, one.StudyID, one.AccessionNumber = "20260102", "101112", "5", "6"
    one.SeriesDate, one.SeriesTime, one.ContentDate, one.ContentTime = ("20260102", "101213") * 2
    one.ReferringPhysicianName, one.Manufacturer, one.SeriesNumber = "ROE^JANE", "Maker", 3
    one.ImageType, one.AcquisitionNumber, one.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], 1, 120
    one.SliceThickness, one.ConvolutionKernel = 2.5, "B30f"
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 0
    one.RescaleIntercept, one.RescaleSlope, one.RescaleType = -1024, 1, "HU"
    return one


def stored_slices(
    axes: Sequence[int] = (0, 1, 2),
    is_reversed: Sequence[bool] = (False, False, False),
    tilt_mm_per_slice: float = 0.0,
) -> list[Dataset]:
    """Store the made volume with slices along the first axis, rows and columns along the others."""
    image = image_result(1).image
    affine = image.geometry.affine_lps_mm_from_zyx
    shape = np.array(image.hu.shape)[list(axes)]
    steps_mm = affine[:3, list(axes)].T.copy()
    corner = affine[:3, 3] + sum(
        (one * (shape[n] - 1) * steps_mm[n] for n, one in enumerate(is_reversed)), np.zeros(3)
    )
    steps_mm *= np.where(is_reversed, -1, 1)[:, None]
    stack = image.hu.transpose(axes)[tuple(slice(None, None, -1 if one else 1) for one in is_reversed)]
    lengths_mm = np.linalg.norm(steps_mm, axis=1)
    slices = []
    for n, hu in enumerate(stack):
        one = _slice(_template(), hu, n)
        one.PixelSpacing = [f"{mm:.10g}" for mm in lengths_mm[1:]]
        position = corner + n * steps_mm[0] + n * tilt_mm_per_slice * steps_mm[1] / lengths_mm[1]
        one.ImagePositionPatient = [f"{mm:.10g}" for mm in position]
        row, column = steps_mm[2] / lengths_mm[2], steps_mm[1] / lengths_mm[1]
        one.ImageOrientationPatient = [f"{value:.10g}" for value in (*row, *column)]
        slices.append(one)
    return slices


def enhanced(slices: Sequence[Dataset]) -> list[Dataset]:
    """Put slices into one multi-frame object, from above downwards."""
    whole = copy.deepcopy(slices[0])
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.NumberOfFrames = len(slices)
    whole.PixelData = b"".join(one.PixelData for one in slices[::-1])
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = whole.PixelSpacing, whole.SliceThickness
    orientation.ImageOrientationPatient = whole.ImageOrientationPatient
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = []
    for one in slices[::-1]:
        place, group = Dataset(), Dataset()
        place.ImagePositionPatient = one.ImagePositionPatient
        group.PlanePositionSequence = [place]
        whole.PerFrameFunctionalGroupsSequence.append(group)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(whole, keyword)
    return [whole]


def anonymised(slices: Sequence[Dataset]) -> list[Dataset]:
    """Take away what an anonymiser takes, also what DICOM wants to be there."""
    for one in slices:
        for keyword in (
            "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
            "AccessionNumber", "ReferringPhysicianName", "FrameOfReferenceUID", "PositionReferenceIndicator",
            "SeriesDate", "SeriesTime", "ContentDate", "ContentTime", "Manufacturer", "StudyInstanceUID",
            "SeriesInstanceUID", "SOPInstanceUID",
        ):  # fmt: skip
            delattr(one, keyword)
        del one.file_meta.MediaStorageSOPInstanceUID
        one.DeidentificationMethod = None
    return list(slices)


def result_of(slices: Sequence[Dataset]) -> StudyResult:
    """Return the made result as if it had been found in these objects."""
    study = read_study(slices)
    (image,) = study.images
    made = image_result(1)
    labels = np.zeros(image.hu.shape, np.uint16)
    planes = np.zeros(image.hu.shape, np.uint8)
    for label, (*ranges, plane) in enumerate(BOXES, start=1):
        box = tuple(slice(*ends) for ends in ranges)
        labels[box], planes[box] = label, plane.map_value
    maps = LesionMaps(labels=labels, planes=planes, excluded=np.zeros_like(labels))
    found = dataclasses.replace(made, image=image, maps=maps)
    return dataclasses.replace(
        study_result(found), study_instance_uid=study.study_instance_uid, source=study.source
    )
