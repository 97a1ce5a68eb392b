"""The objects that an image was read from, completed so that others can refer to them."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from calciseg.errors import OutputError
from calciseg.model import ImageResult, RadiographResult, StudyResult
from calciseg.outputs.dicom_objects.identity import made_uid
from calciseg.outputs.dicom_objects.source_frames import SourceFrame, frames_of, state_place
from calciseg.outputs.dicom_objects.valid_headers import put, valid_header

__all__ = ["SourceImages", "source_images"]

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
class SourceImages:
    """The objects of one image; they hold names, for DICOM writers alone."""

    datasets: tuple[Dataset, ...]
    frames: tuple[SourceFrame, ...]
    """Of all objects, in their order; none for a radiograph, which lies nowhere in the patient."""


def source_images(result: StudyResult, image: ImageResult | RadiographResult) -> SourceImages:
    """Read the headers of an image's objects again and complete them.

    Anonymised objects may lack what DICOM wants to be there, if only empty; studies without UIDs were given
    some. A frame of reference that differs from slice to slice is made one. The first header, which others
    take over, is brought into the form that DICOM allows.

    Raises
    ------
    OutputError
        If the source is not at hand, or no longer holds the image.
    """
    datasets = _objects(result, image)
    datasets[0] = valid_header(datasets[0])
    for dataset in datasets:
        _complete(dataset, result, image)
    frames: tuple[SourceFrame, ...] = ()
    if image.kind == "ct_volume":
        frames = tuple(frame for dataset in datasets for frame in frames_of(dataset))
        state_place(datasets, frames)
    return SourceImages(datasets=tuple(datasets), frames=frames)


def _objects(result: StudyResult, image: ImageResult | RadiographResult) -> list[Dataset]:
    """Return the headers of an image's objects, in the order of its slices.

    Some anonymisers give many objects one UID: then the rest of the header tells which are the image's.
    """
    order = {uid: n for n, uid in enumerate(image.header.sop_instance_uids)}
    found = [one for one in result.source.datasets() if str(one.get("SOPInstanceUID", "")) in order]
    if {str(one.SOPInstanceUID) for one in found} != set(order):
        raise OutputError(
            f"image {image.n} of study {result.study_instance_uid}: its source is not at hand, and DICOM"
            " objects must refer to it; write them right after the analysis, or give the source"
        )
    if image.kind == "radiograph":
        shape_yx = image.image.shape_yx
        return [next((one for one in found if (one.Rows, one.Columns) == shape_yx), found[0])]
    if len(found) > len(order) and image.header.acquisition is not None:
        own = [one for one in found if str(one.get("AcquisitionNumber")) == image.header.acquisition]
        found = own or found
    return sorted(found, key=lambda one: order[str(one.SOPInstanceUID)])


def _complete(dataset: Dataset, result: StudyResult, image: ImageResult | RadiographResult) -> None:
    for keyword in _TYPE_2:
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    if not dataset.get("DeidentificationMethod"):
        dataset.pop("DeidentificationMethod", None)  # it may be absent, but not empty
    put(dataset, "StudyInstanceUID", result.study_instance_uid)
    put(dataset, "SeriesInstanceUID", image.header.series_instance_uid)
    if image.kind == "ct_volume":
        frame_of_reference_uid = image.geometry.frame_of_reference_uid or made_uid(
            "frame of reference", image.header.series_instance_uid
        )
        put(dataset, "FrameOfReferenceUID", frame_of_reference_uid)
        dataset.setdefault("PositionReferenceIndicator", None)
    else:
        # A film has no slice thickness, and DICOM wants it beside this spacing; its own object states it.
        dataset.pop("PixelSpacing", None)
