"""The objects that an image was read from, completed so that others can refer to them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from calciseg.errors import OutputError
from calciseg.model import ImageResult, RadiographResult, StudyResult
from calciseg.outputs.dicom_objects.identity import made_uid

__all__ = ["SourceFrame", "SourceImages", "source_images"]

_TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceFrame:
    """Where the pixels of one frame lie."""

    shape_yx: tuple[int, int]
    corner_lps_mm: NDArray[np.float64]
    """Centre of its first pixel."""
    step_lps_mm_yx: NDArray[np.float64]
    """From a row to the next, and from a column to the next; shape (2, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceImages:
    """The objects of one image; they hold names, for DICOM writers alone."""

    datasets: tuple[Dataset, ...]
    frames: tuple[SourceFrame, ...]
    """Of all objects, in their order; none for a radiograph, which lies nowhere in the patient."""


def source_images(result: StudyResult, image: ImageResult | RadiographResult) -> SourceImages:
    """Read the headers of an image's objects again and complete them.

    Anonymised objects may lack what DICOM wants to be there, if only empty; studies without UIDs were given
    some. A frame of reference that differs from slice to slice is made one.

    Raises
    ------
    OutputError
        If the source is not at hand, or no longer holds the image.
    """
    wanted = {uid: n for n, uid in enumerate(image.header.sop_instance_uids)}
    found = {}
    for dataset in result.source.datasets():
        uid = str(dataset.get("SOPInstanceUID", ""))
        if uid in wanted:
            found[uid] = dataset
    if set(found) != set(wanted):
        raise OutputError(
            f"image {image.n} of study {result.study_instance_uid}: its source is not at hand, and DICOM"
            " objects must refer to it; write them right after the analysis, or give the source"
        )
    datasets = tuple(found[uid] for uid in wanted)
    for dataset in datasets:
        _complete(dataset, result, image)
    placed = datasets if image.kind == "ct_volume" else ()
    frames = tuple(frame for dataset in placed for frame in _frames(dataset))
    return SourceImages(datasets=datasets, frames=frames)


def _complete(dataset: Dataset, result: StudyResult, image: ImageResult | RadiographResult) -> None:
    for keyword in _TYPE_2:
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    if not dataset.get("DeidentificationMethod"):
        dataset.pop("DeidentificationMethod", None)  # it may be absent, but not empty
    dataset.StudyInstanceUID = result.study_instance_uid
    dataset.SeriesInstanceUID = image.header.series_instance_uid
    if image.kind == "ct_volume":
        dataset.FrameOfReferenceUID = image.geometry.frame_of_reference_uid or made_uid(
            "frame of reference", image.header.series_instance_uid
        )
        dataset.setdefault("PositionReferenceIndicator", None)
    elif image.image.spacing_mm_yx is None:
        dataset.pop("PixelSpacing", None)  # it states one that cannot be


def _frames(dataset: Dataset) -> Iterator[SourceFrame]:
    """Yield where the frames of an object lie."""
    shape_yx = (int(dataset.Rows), int(dataset.Columns))
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        yield _frame(shape_yx, dataset, dataset, dataset)
        return
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    for own in dataset.PerFrameFunctionalGroupsSequence:
        position, orientation, measures = (
            (own.get(keyword) or shared.get(keyword) or [dataset])[0]
            for keyword in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        )
        yield _frame(shape_yx, position, orientation, measures)


def _frame(
    shape_yx: tuple[int, int], position: Dataset, orientation: Dataset, measures: Dataset
) -> SourceFrame:
    directions = np.array(orientation.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    row_mm, column_mm = (float(value) for value in measures.PixelSpacing[:2])
    # The first direction runs along a row, from column to column.
    steps = np.stack([directions[1] * row_mm, directions[0] * column_mm])
    corner = np.array(position.ImagePositionPatient, dtype=np.float64)
    return SourceFrame(shape_yx=shape_yx, corner_lps_mm=corner, step_lps_mm_yx=steps)
