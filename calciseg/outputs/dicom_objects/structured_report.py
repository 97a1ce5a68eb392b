"""``sr-<n>.dcm``: measures and differential as a DICOM structured report, TID 1500."""

from pathlib import Path

import highdicom as hd
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from calciseg._version import __version__
from calciseg.model import ImageResult, RadiographResult, StudyResult
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.dicom_objects.codes import PROCEDURES
from calciseg.outputs.dicom_objects.identity import (
    SERIES_DESCRIPTION,
    date_like_source,
    made_uid,
    seg_name,
)
from calciseg.outputs.dicom_objects.report_groups import (
    classification_group,
    lesion_groups,
    totals_groups,
)
from calciseg.outputs.dicom_objects.source_images import source_images
from calciseg.outputs.not_made import made_of_headers
from calciseg.outputs.result_document import result_document
from calciseg.quiet import quiet_pydicom

__all__ = ["NAME", "is_available", "write"]

NAME = "sr"

_Image = ImageResult | RadiographResult
_SERIES_NUMBER = 9200


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write one report for each image that was measured, unverified.

    A segmentation that lies in the folder is referred to.

    Raises
    ------
    OutputError
        If the source is not at hand.
    NotMadeError
        If the headers of the source do not fit.
    """
    paths = []
    for image in result.all_images:
        if image.totals is None:
            continue
        path = folder / f"sr-{image.n}.dcm"
        with quiet_pydicom(), whole_file(path) as file, made_of_headers(path.name, image):
            report = _report(result, image, _segmentation(folder / seg_name(image)))
            report.save_as(file, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)


def _segmentation(path: Path) -> Dataset | None:
    return dcmread(path, stop_before_pixels=True) if path.is_file() else None


def _report(result: StudyResult, image: _Image, segmentation: Dataset | None) -> hd.sr.Comprehensive3DSR:
    source = source_images(result, image)
    groups = [*lesion_groups(result, image, segmentation), *totals_groups(result, image)]
    if result.classification is not None:
        groups.append(classification_group(result, result.classification))
    content = hd.sr.MeasurementReport(
        observation_context=_observer(),
        procedure_reported=PROCEDURES["CT" if image.kind == "ct_volume" else "radiograph"],
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    evidence = [*source.datasets] if segmentation is None else [segmentation, *source.datasets]
    identity = _identity(result, image, segmentation)
    report = hd.sr.Comprehensive3DSR(
        evidence=evidence,
        content=content,
        series_instance_uid=made_uid("sr series", *identity),
        series_number=_SERIES_NUMBER + image.n,
        sop_instance_uid=made_uid("sr", *identity),
        instance_number=1,
        manufacturer="calciseg",
        is_complete=True,
        is_final=False,
        is_verified=False,
        series_description=f"{SERIES_DESCRIPTION} measurements",
    )
    date_like_source(report, source.datasets[0])
    return report


def _observer() -> hd.sr.ObservationContext:
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=made_uid("calciseg", __version__), name="calciseg", model_name=f"calciseg {__version__}"
    )
    return hd.sr.ObservationContext(
        observer_device_context=hd.sr.ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        )
    )


def _identity(result: StudyResult, image: _Image, segmentation: Dataset | None) -> tuple[str, ...]:
    """Return what decides the content: everything in the result but the time it was made."""
    document = result_document(result).model_dump_json(exclude={"created"})
    segmentation_uid = "" if segmentation is None else str(segmentation.SOPInstanceUID)
    uids = image.header.sop_instance_uids
    return (__version__, str(image.n), segmentation_uid, *uids, document)
