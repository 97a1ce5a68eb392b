"""``seg-<n>.dcm``: lesions as a DICOM segmentation on the frames of the source."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from calciseg._version import __version__
from calciseg.model import (
    ImageResult,
    IssueCode,
    Lesion,
    LesionMaps,
    RadiographResult,
    Shadow,
    StudyResult,
    TissuePlane,
)
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.dicom_objects.codes import CALCIFICATION, CATEGORY, PLANES
from calciseg.outputs.dicom_objects.identity import (
    SERIES_DESCRIPTION,
    date_like_source,
    image_identity,
    lesion_tracking,
    made_uid,
    seg_name,
)
from calciseg.outputs.dicom_objects.on_frames import map_on_frames
from calciseg.outputs.dicom_objects.source_images import SourceImages, source_images
from calciseg.outputs.measured_maps import measured_maps
from calciseg.outputs.not_made import NotMadeError, made_of_headers
from calciseg.outputs.palette import rgb
from calciseg.quiet import quiet_pydicom

__all__ = ["NAME", "is_available", "write"]

NAME = "seg"

_Image = ImageResult | RadiographResult
_SERIES_NUMBER = 9100
_MOST_SEGMENTS = np.iinfo(np.uint16).max


class _Segment(NamedTuple):
    label: str
    tissue_plane: TissuePlane
    tracking_id: str
    tracking_uid: str


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write one segmentation for each image with lesions; without lesions DICOM has no segment to write.

    Raises
    ------
    OutputError
        If the maps or the source are not at hand.
    NotMadeError
        If there are more lesions than a label map can hold, or the headers do not fit.
    """
    paths = []
    for image, maps in measured_maps(result):
        if not image.lesions:
            continue
        path = folder / seg_name(image)
        with quiet_pydicom(), whole_file(path) as file, made_of_headers(path.name, image):
            _segmentation(result, image, maps).save_as(file, enforce_file_format=True)
        paths.append(path)
    return tuple(paths)


def _segmentation(result: StudyResult, image: _Image, maps: LesionMaps) -> hd.seg.Segmentation:
    source = source_images(result, image)
    is_labelmap = result.settings.outputs.seg_type == "labelmap"
    voxels, segments = _by_lesion(result, image, maps) if is_labelmap else _by_plane(result, image, maps)
    pixels = map_on_frames(voxels, image.geometry, source.frames) if source.frames else voxels
    seg_type = hd.seg.SegmentationTypeValues.LABELMAP if is_labelmap else hd.seg.SegmentationTypeValues.BINARY
    made_by = _algorithm_type(image)
    identity = (
        __version__,
        result.settings.model_dump_json(),
        made_by.value,
        *image.header.sop_instance_uids,
        *(segment.tracking_uid for segment in segments),
        made_uid(np.ascontiguousarray(pixels).data),
    )
    segmentation = hd.seg.Segmentation(
        source_images=source.datasets,
        pixel_array=pixels,
        segmentation_type=seg_type,
        segment_descriptions=list(_descriptions(segments, made_by)),
        series_instance_uid=made_uid("seg series", *identity),
        series_number=_SERIES_NUMBER + image.n,
        sop_instance_uid=made_uid("seg", *identity),
        instance_number=1,
        manufacturer="calciseg",
        manufacturer_model_name="calciseg",
        software_versions=__version__,
        device_serial_number=__version__,
        transfer_syntax_uid=RLELossless if is_labelmap else ExplicitVRLittleEndian,
        content_label="CALCISEG",
        content_description="Soft-tissue calcifications, research use only",
        series_description=f"{SERIES_DESCRIPTION} calcifications",
    )
    _settle(segmentation, source, made_uid("seg dimensions", *identity))
    return segmentation


def _by_plane(
    result: StudyResult, image: _Image, maps: LesionMaps
) -> tuple[NDArray[np.unsignedinteger], list[_Segment]]:
    """Give each plane that occurs a segment, from 1 on."""
    present = [plane for plane in TissuePlane if (maps.planes == plane.map_value).any()]
    numbers = np.zeros(max(plane.map_value for plane in TissuePlane) + 1, dtype=np.uint8)
    for number, plane in enumerate(present, start=1):
        numbers[plane.map_value] = number
    image_uid = image_identity(result, image)
    return numbers[maps.planes], [_plane_segment(plane, image_uid) for plane in present]


def _plane_segment(plane: TissuePlane, image_uid: str) -> _Segment:
    uid = made_uid("plane", image_uid, str(plane))
    return _Segment(f"Calcification, {plane}", plane, f"Calcification, {plane}", uid)


def _by_lesion(
    result: StudyResult, image: _Image, maps: LesionMaps
) -> tuple[NDArray[np.unsignedinteger], list[_Segment]]:
    if len(image.lesions) > _MOST_SEGMENTS:
        raise NotMadeError(
            f"image {image.n} of study {result.study_instance_uid} has {len(image.lesions)} lesions, and a"
            f" DICOM label map numbers {_MOST_SEGMENTS} at most; write the binary segmentation"
        )
    numbers = np.zeros(int(maps.labels.max()) + 1, dtype=np.uint16)
    segments = []
    image_uid = image_identity(result, image)
    lesions: tuple[Lesion | Shadow, ...] = image.lesions
    for number, lesion in enumerate(lesions, start=1):
        numbers[lesion.label] = number
        identifier, uid = lesion_tracking(image_uid, lesion.label)
        label = f"{identifier}, {lesion.tissue_plane}"
        segments.append(_Segment(label, lesion.tissue_plane, identifier, uid))
    is_numbered = bool((numbers == np.arange(len(numbers))).all())
    return maps.labels if is_numbered else numbers[maps.labels], segments


def _algorithm_type(image: _Image) -> hd.seg.SegmentAlgorithmTypeValues:
    """Say whether somebody had a hand in the segments."""
    kinds = hd.seg.SegmentAlgorithmTypeValues
    is_edited = any(issue.code == IssueCode.LABELS_EDITED for issue in image.issues)
    return kinds.SEMIAUTOMATIC if is_edited else kinds.AUTOMATIC


def _descriptions(
    segments: list[_Segment], made_by: hd.seg.SegmentAlgorithmTypeValues
) -> Iterator[hd.seg.SegmentDescription]:
    algorithm = hd.AlgorithmIdentificationSequence(
        name="calciseg", version=__version__, family=codes.cid7162.MorphologicalOperations
    )
    # Made once: thousands of segments share them.
    category, kind = (hd.sr.CodedConcept.from_code(code) for code in (CATEGORY, CALCIFICATION))
    regions = {plane: hd.sr.CodedConcept.from_code(code) for plane, code in PLANES.items()}
    for number, segment in enumerate(segments, start=1):
        yield hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=segment.label,
            segmented_property_category=category,
            segmented_property_type=kind,
            algorithm_type=made_by,
            algorithm_identification=algorithm,
            tracking_uid=segment.tracking_uid,
            tracking_id=segment.tracking_id,
            anatomic_regions=[regions[segment.tissue_plane]],
            display_color=hd.color.CIELabColor.from_rgb(*rgb(segment.tissue_plane)),
        )


def _settle(segmentation: hd.seg.Segmentation, source: SourceImages, dimensions_uid: str) -> None:
    """Replace what would differ when the same is written again, and add what a projection needs."""
    if not source.frames:
        segmentation.PatientOrientation = source.datasets[0].get("PatientOrientation")
    date_like_source(segmentation, source.datasets[0])
    for item in segmentation.DimensionOrganizationSequence:
        item.DimensionOrganizationUID = dimensions_uid
    for item in segmentation.DimensionIndexSequence:
        item.DimensionOrganizationUID = dimensions_uid
    for series in segmentation.ReferencedSeriesSequence:
        # Slices that share one UID are one object to those who look it up.
        once = {one.ReferencedSOPInstanceUID: one for one in series.ReferencedInstanceSequence}
        series.ReferencedInstanceSequence = list(once.values())
