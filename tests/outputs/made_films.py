"""A small film with one lesion, as if the chain had found it, and its DICOM source."""

import dataclasses

import numpy as np
from made_results import study_result
from made_sources import stored_slices
from pydicom.dataset import Dataset

from calciseg.model import (
    ExclusionReason,
    HandIndex,
    LesionMaps,
    Morphology,
    PlaneAreas,
    PlaneFractions,
    PlaneReason,
    RadiographResult,
    RadiographTotals,
    Shadow,
    ShadowExclusion,
    StudyResult,
    TissuePlane,
)
from calciseg.reading import read_study

ROWS, COLUMNS = (10, 14), (20, 29)
_NO_FILM = (
    "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "PositionReferenceIndicator",
    "PixelSpacing", "RescaleSlope", "RescaleIntercept", "RescaleType", "AcquisitionNumber",
)  # fmt: skip


def film(spacing_mm: float | None = 0.2) -> Dataset:
    """Make a computed radiograph of the pixels of a slice."""
    one = stored_slices()[8]
    for keyword in _NO_FILM:
        delattr(one, keyword)
    one.SOPClassUID, one.Modality, one.ImageType = "1.2.840.10008.5.1.4.1.1.1", "CR", ["ORIGINAL", "PRIMARY"]
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    if spacing_mm is not None:
        one.ImagerPixelSpacing = [spacing_mm, spacing_mm]
    return one


def film_result(dataset: Dataset) -> StudyResult:
    """Return a result with a subcutaneous nodule of 36 pixels."""
    study = read_study([dataset])
    (image,) = study.radiographs
    labels = np.zeros((1, *image.shape_yx), np.uint16)
    planes = np.zeros(labels.shape, np.uint8)
    box = (0, slice(*ROWS), slice(*COLUMNS))
    labels[box], planes[box] = 1, TissuePlane.SUBCUTANEOUS.map_value
    n_pixels = int(labels.sum())
    area_mm2 = None if image.spacing_mm_yx is None else n_pixels * float(np.prod(image.spacing_mm_yx))
    shares = {plane.value: float(plane is TissuePlane.SUBCUTANEOUS) for plane in TissuePlane}
    shadow = Shadow(
        label=1,
        tissue_plane=TissuePlane.SUBCUTANEOUS,
        plane_fractions=PlaneFractions(**shares),
        plane_confidence=0.8,
        plane_reason=next(iter(PlaneReason)),
        possible_planes=(TissuePlane.SUBCUTANEOUS,),
        tags=(),
        morphology=Morphology.NODULE,
        site=None,
        laterality="left",
        centroid_yx=(11.5, 24.0),
        bbox_yx=(ROWS, COLUMNS),
        n_pixels=n_pixels,
        area_mm2=area_mm2,
        max_diameter_mm=None,
        contrast_to_noise=9.0,
        density_grade=None,
        integrated_attenuation_mm2=None,
        depth_from_skin_mm=4.0,
        flags=(),
    )
    areas = {
        plane: PlaneAreas(n_lesions=n, n_pixels=n * n_pixels, area_mm2=n * area_mm2 if area_mm2 else None)
        for plane, n in ((plane, int(plane is TissuePlane.SUBCUTANEOUS)) for plane in TissuePlane)
    }
    totals = RadiographTotals(
        n_lesions=1, n_pixels=n_pixels, area_mm2=area_mm2, integrated_attenuation_mm2=None, by_plane=areas,
        by_site={}, calciseg_hand_index=None,
    )  # fmt: skip
    maps = LesionMaps(labels=labels, planes=planes, excluded=np.zeros_like(labels))
    noise = ShadowExclusion(
        label=None,
        reason=ExclusionReason.NOISE,
        centroid_yx=None,
        bbox_yx=None,
        n_pixels=12,
        area_mm2=None,
        n_components=3,
        evidence=("less evidence than is asked of its size",),
    )
    found = RadiographResult(n=1, image=image, lesions=(shadow,), excluded=(noise,), totals=totals, maps=maps)
    made = study_result()
    return dataclasses.replace(
        made, radiographs=(found,), study_instance_uid=study.study_instance_uid, source=study.source
    )


def hand_result(dataset: Dataset) -> StudyResult:
    """Return that result as if the film were of a hand and its lesion lay where skin ends."""
    result = film_result(dataset)
    (image,) = result.radiographs
    assert image.totals is not None
    lesion = dataclasses.replace(
        image.lesions[0],
        tissue_plane=TissuePlane.INDETERMINATE,
        plane_reason=PlaneReason.AT_SKIN,
        possible_planes=(TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS),
        site="hand",
    )
    totals = dataclasses.replace(
        image.totals,
        by_site={"hand": PlaneAreas(n_lesions=1, n_pixels=36, area_mm2=1.44)},
        calciseg_hand_index=HandIndex(value=0.34, coverage_percent={"palm": 0.17}),
    )
    image = dataclasses.replace(image, lesions=(lesion,), totals=totals)
    return dataclasses.replace(result, radiographs=(image,))
