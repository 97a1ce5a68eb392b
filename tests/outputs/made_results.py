"""A small image with four lesions, one in each plane, measured by hand."""

import dataclasses

import numpy as np

from calciseg.model import (
    CtVolume,
    Exclusion,
    ExclusionReason,
    FlagCode,
    ImageHeader,
    ImageResult,
    Issue,
    IssueCode,
    Lesion,
    LesionMaps,
    Morphology,
    PatientFacts,
    PlaneFractions,
    PlaneTotals,
    StudyResult,
    Tag,
    TissuePlane,
    Totals,
    VolumeGeometry,
)
from calciseg.settings import Settings

GEOMETRY = VolumeGeometry(
    shape_zyx=(16, 60, 72), spacing_mm_zyx=(2.5, 0.7, 0.8), origin_lps_mm=(-28.4, -20.65, 100.0)
)
# One box a lesion, from the skin inwards: first index, end, and the plane of its voxels.
BOXES = (
    ((4, 6), (12, 14), (34, 38), TissuePlane.CUTANEOUS),
    ((5, 8), (17, 22), (30, 38), TissuePlane.SUBCUTANEOUS),
    ((8, 11), (24, 26), (24, 44), TissuePlane.FASCIAL),
    ((9, 12), (33, 37), (30, 33), TissuePlane.INTRAMUSCULAR),
)


def _hu() -> np.ndarray:
    rng = np.random.default_rng(0)
    _z, y, x = np.indices(GEOMETRY.shape_zyx)
    radius = np.hypot((y - 30) * 0.7, (x - 36) * 0.8)
    hu = np.full(GEOMETRY.shape_zyx, -1000.0)
    hu[radius < 20] = 40
    hu[radius < 18.5] = -100
    hu[radius < 11] = 55
    hu[radius < 4] = 900
    hu += rng.normal(0, 8, hu.shape)
    for *ranges, _plane in BOXES:
        hu[tuple(slice(*ends) for ends in ranges)] = 420
    return hu.astype(np.int16)


def _lesion(label: int, ranges: list[tuple[int, int]], plane: TissuePlane) -> Lesion:
    sides = [end - start for start, end in ranges]
    n_voxels = int(np.prod(sides))
    centre_zyx = np.array([[(start + end - 1) / 2 for start, end in ranges]])
    volume_mm3 = n_voxels * GEOMETRY.voxel_volume_mm3
    fractions = {name.value: 0.0 for name in TissuePlane}
    fractions[plane.value] = 2 / 3
    fractions["indeterminate"] += 1 / 3
    return Lesion(
        label=label,
        tissue_plane=plane,
        plane_fractions=PlaneFractions(**fractions),
        plane_confidence=None if label == 1 else 0.87654321,
        tags=(Tag.PERIARTICULAR, Tag.TENDINOUS) if label == 3 else (),
        morphology=(Morphology.PUNCTATE, Morphology.NODULE, Morphology.SHEET, Morphology.LINEAR)[label - 1],
        site=None,
        laterality=None,
        centroid_lps_mm=tuple(float(v) for v in GEOMETRY.lps_mm_from_zyx(centre_zyx)[0]),
        bbox_zyx=tuple(ranges),
        n_voxels=n_voxels,
        volume_mm3=volume_mm3,
        volume_pv_mm3=volume_mm3 * 0.9,
        surface_mm2=None,
        max_diameter_mm=max(s * d for s, d in zip(sides, GEOMETRY.spacing_mm_zyx, strict=True)),
        hu_mean=420.123456,
        hu_max=433.0,
        hu_sd=3.21,
        agatston=volume_mm3 * 4 / 3,
        agatston_unnormalised=volume_mm3 * 4 / 2.5,
        mass_mg=volume_mm3 * 0.3,
        depth_from_skin_mm=label * 3.00049,
        distance_to_fascia_mm=None if label == 1 else -0.0001,
        distance_to_bone_mm=12.5,
        flags=(FlagCode.SMALL, FlagCode.MASS_UNCALIBRATED) if label == 1 else (FlagCode.MASS_UNCALIBRATED,),
        hu_median=None if label == 1 else 421.5,
        hu_p5=None if label == 1 else 413.25,
        hu_p95=None if label == 1 else 431.75,
        threshold_hu=None if label == 1 else 130.0,
        volume_threshold_sensitivity=None if label == 1 else 0.45678912,
    )


def totals_of(lesions: tuple[Lesion, ...]) -> Totals:
    def of_plane(plane: TissuePlane) -> PlaneTotals:
        chosen = [lesion for lesion in lesions if lesion.tissue_plane == plane]
        return PlaneTotals(
            n_lesions=len(chosen),
            volume_mm3=sum(lesion.volume_mm3 for lesion in chosen),
            volume_pv_mm3=sum(lesion.volume_pv_mm3 or 0 for lesion in chosen),
        )

    return Totals(
        n_lesions=len(lesions),
        volume_mm3=sum(lesion.volume_mm3 for lesion in lesions),
        volume_pv_mm3=sum(lesion.volume_pv_mm3 or 0 for lesion in lesions),
        agatston=sum(lesion.agatston or 0 for lesion in lesions),
        mass_mg=sum(lesion.mass_mg or 0 for lesion in lesions),
        by_plane={plane: of_plane(plane) for plane in TissuePlane},
    )


def _excluded() -> tuple[Exclusion, ...]:
    bone = Exclusion(
        label=1,
        reason=ExclusionReason.BONE,
        centroid_lps_mm=(0.4, 0.35, 118.75),
        volume_mm3=2000.0,
        hu_max=940.0,
        n_components=1,
        evidence=("inside a bone found by its rim", "20 % of it is marrow & fat"),
    )
    noise = Exclusion(
        label=None,
        reason=ExclusionReason.NOISE,
        centroid_lps_mm=None,
        volume_mm3=1.4,
        hu_max=150.0,
        n_components=17,
        evidence=("peaks below 160 HU",),
    )
    return bone, noise


def image_result(n: int) -> ImageResult:
    labels = np.zeros(GEOMETRY.shape_zyx, np.uint16)
    planes = np.zeros(GEOMETRY.shape_zyx, np.uint8)
    for label, (*ranges, plane) in enumerate(BOXES, start=1):
        box = tuple(slice(*ends) for ends in ranges)
        labels[box] = label
        planes[box] = plane.map_value
    lesions = tuple(_lesion(label, list(box[:3]), box[3]) for label, box in enumerate(BOXES, start=1))
    hu = _hu()
    header = ImageHeader(
        series_instance_uid=f"1.2.826.0.1.3680043.10.1.{n}",
        sop_instance_uids=tuple(f"1.2.826.0.1.3680043.10.1.{n}.{z}" for z in range(GEOMETRY.shape_zyx[0])),
        kvp=120.0,
        convolution_kernel="B30f",
        slice_thickness_mm=2.5,
    )
    return ImageResult(
        n=n,
        image=CtVolume(header=header, geometry=GEOMETRY, hu=hu),
        lesions=lesions,
        excluded=_excluded(),
        totals=totals_of(lesions),
        maps=LesionMaps(labels=labels, planes=planes, excluded=(hu > 700).astype(np.uint16)),
        issues=(Issue(code=IssueCode.SPACING_JITTER, message="slice positions deviate by up to 0.02 mm"),),
    )


def image_that_reaches_into_fascia() -> ImageResult:
    """Voxels of the fascia that belong to a lesion of the muscle: the fascia has no lesion of its own."""
    image = image_result(1)
    assert image.totals is not None
    by_plane = image.totals.by_plane
    fascial = dataclasses.replace(by_plane[TissuePlane.FASCIAL], n_lesions=0)
    return dataclasses.replace(
        image,
        lesions=tuple(
            dataclasses.replace(one, tissue_plane=TissuePlane.INTRAMUSCULAR)
            if one.tissue_plane == TissuePlane.FASCIAL
            else one
            for one in image.lesions
        ),
        totals=dataclasses.replace(image.totals, by_plane={**by_plane, TissuePlane.FASCIAL: fascial}),
    )


def study_result(*images: ImageResult) -> StudyResult:
    return StudyResult(
        study_instance_uid="1.2.826.0.1.3680043.10.1",
        patient=PatientFacts(age_years=12.0, sex="F"),
        images=images,
        issues=(),
        settings=Settings(),
        created="2026-01-02T03:04:05Z",
    )
