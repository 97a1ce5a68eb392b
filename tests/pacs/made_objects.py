"""DICOM objects that stand for what an analysis makes."""

from pathlib import Path

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

SEG = "1.2.840.10008.5.1.4.1.1.66.4"
SR = "1.2.840.10008.5.1.4.1.1.88.33"


def put_objects(folder: Path, header: Dataset) -> list[Path]:
    """Write a segmentation and a report of a study, one of whose objects is given."""
    study_uid = header.StudyInstanceUID
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for n, (name, kind, modality) in enumerate((("seg-1", SEG, "SEG"), ("sr-1", SR, "SR")), start=1):
        dataset = Dataset()
        dataset.SOPClassUID, dataset.Modality = kind, modality
        dataset.StudyInstanceUID = study_uid
        dataset.SeriesInstanceUID = f"{study_uid}.9.{n}"
        dataset.SOPInstanceUID = f"{study_uid}.9.{n}.1"
        dataset.PatientID, dataset.PatientName = header.PatientID, header.PatientName
        dataset.ContentLabel = "CALCISEG"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = kind
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        path = folder / f"{name}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths
