"""``report.dcm``: the report of a study as DICOM Encapsulated PDF, beside its images in the PACS."""

from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from calciseg._version import __version__
from calciseg.model import StudyResult
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.dicom_objects.identity import SERIES_DESCRIPTION, date_like_source, made_uid
from calciseg.outputs.dicom_objects.source_images import source_images
from calciseg.outputs.not_made import made_of_headers
from calciseg.quiet import quiet_pydicom

__all__ = ["NAME", "is_available", "write"]

NAME = "pdf"

_SERIES_NUMBER = 9300
_FROM_SOURCE = (
    "SpecificCharacterSet",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
_TITLE = "Soft-tissue calcifications (research use only)"


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return find_spec("reportlab") is not None


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write one report for the study, if any of its images was measured.

    Raises
    ------
    OutputError
        If the source is not at hand.
    NotMadeError
        If the headers of the source do not fit.
    """
    images = [image for image in result.all_images if image.totals is not None]
    if not images:
        return ()
    path = folder / "report.dcm"
    with quiet_pydicom(), whole_file(path) as file, made_of_headers(path.name, images[0]):
        sources = [one for image in images for one in source_images(result, image).datasets]
        _report(result, sources).save_as(file, enforce_file_format=True)
    return (path,)


def _report(result: StudyResult, sources: list[Dataset]) -> Dataset:
    from calciseg.outputs.pdf_report import pdf_report

    content = pdf_report(result)
    first = sources[0]
    identity = (__version__, *(str(one.SOPInstanceUID) for one in sources), sha256(content).hexdigest())
    report = Dataset()
    for keyword in _FROM_SOURCE:
        if keyword in first:
            setattr(report, keyword, first[keyword].value)
    report.SOPClassUID = EncapsulatedPDFStorage
    report.SOPInstanceUID = made_uid("pdf", *identity)
    report.Modality = "DOC"
    report.SeriesInstanceUID = made_uid("pdf series", *identity)
    report.SeriesNumber = _SERIES_NUMBER
    report.SeriesDescription = f"{SERIES_DESCRIPTION} report"
    report.InstanceNumber = 1
    report.Manufacturer = "calciseg"
    report.ManufacturerModelName = "calciseg"
    report.SoftwareVersions = __version__
    report.ConversionType = "WSD"
    date_like_source(report, first)
    report.AcquisitionDateTime = None
    report.BurnedInAnnotation = "NO"
    report.DocumentTitle = _TITLE
    report.ConceptNameCodeSequence = []
    report.SourceInstanceSequence = list(_references(sources))
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    report.EncapsulatedDocumentLength = len(content)
    report.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return report


def _references(sources: list[Dataset]) -> Iterator[Dataset]:
    for source in {str(one.SOPInstanceUID): one for one in sources}.values():
        reference = Dataset()
        reference.ReferencedSOPClassUID = source.SOPClassUID
        reference.ReferencedSOPInstanceUID = source.SOPInstanceUID
        yield reference
