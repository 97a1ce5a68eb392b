"""Lesions of radiographs to the imaging part of a case: less than CT tells, by the same words."""

from collections.abc import Iterable, Iterator

import numpy as np

from calciseg.clinical.imaging_criteria import (
    FEATURE_OF_REASON,
    FEATURE_OF_TAG,
    JOINT_SITES,
    extent_patterns,
    is_bilateral,
    is_evidence,
    is_net_in_fat,
    largest_mm,
    shape_patterns,
)
from calciseg.clinical.shadow_features import shadow_features
from calciseg.model import Imaging, Morphology, RadiographResult, Shadow, Tag, TissuePlane, region_of
from calciseg.settings import ClassifierSettings

__all__ = ["imaging_of_radiographs"]


def imaging_of_radiographs(
    radiographs: Iterable[RadiographResult], settings: ClassifierSettings
) -> Imaging | None:
    """Derive the imaging part of a case from radiographs.

    Parameters
    ----------
    radiographs : iterable of RadiographResult
        Views may show the same lesions: counts and planes are those of the fullest one.
    settings : ClassifierSettings

    Returns
    -------
    Imaging or None
        None if no radiograph was measured. It states no volume; areas are none. Without spacing it states
        nothing that needs millimetres.
    """
    measured = [image for image in radiographs if image.status == "measured"]
    if not measured:
        return None
    fullest = max(measured, key=lambda image: (len(image.lesions), -image.n))
    lesions = [lesion for image in measured for lesion in image.lesions]
    sites = [_site(lesion, image) for image in measured for lesion in image.lesions]
    features = {feature for image in measured for feature in _features(image, settings)}
    return Imaging(
        modality=fullest.header.modality,
        n_lesions=len(fullest.lesions),
        sites=tuple(dict.fromkeys(site for site in sites if site is not None)),
        tissue_planes=_planes(fullest),
        morphologies=tuple(word for word in Morphology if any(one.morphology == word for one in lesions)),
        patterns=tuple(_patterns(fullest, features, settings)),
        tags=tuple(tag for tag in Tag if any(tag in one.tags for one in lesions)),
        features=tuple(sorted(features)),
        largest_mm=largest_mm(lesions),
        bilateral=is_bilateral(lesions),
    )


def _site(lesion: Shadow, image: RadiographResult) -> str | None:
    return lesion.site or region_of(image.header.body_part)


def _planes(image: RadiographResult) -> tuple[tuple[str, float], ...]:
    if image.totals is None or not image.totals.n_pixels:
        return ()
    total = image.totals.n_pixels
    return tuple((plane.value, image.totals.by_plane[plane].n_pixels / total) for plane in TissuePlane)


def _features(image: RadiographResult, settings: ClassifierSettings) -> Iterator[str]:
    counted = sum(lesion.n_pixels for lesion in image.lesions)
    for reason, feature in FEATURE_OF_REASON.items():
        excluded = sum(line.n_pixels for line in image.excluded if line.reason == reason)
        if excluded and is_evidence(reason, excluded, counted):
            yield feature
    # Without spacing nobody knows whether something is as large as a mass.
    is_to_scale = image.image.spacing_mm_yx is not None
    for lesion in image.lesions:
        yield from (FEATURE_OF_TAG[tag] for tag in lesion.tags if tag in FEATURE_OF_TAG)
        if is_to_scale and lesion.morphology == Morphology.MASS and _site(lesion, image) in JOINT_SITES:
            yield "periarticular"
        if Tag.SMALL_VESSEL in lesion.tags or is_net_in_fat(lesion):
            yield "net_like"
        if image.values is not None and image.maps is not None:
            yield from shadow_features(image.values, image.maps.labels[0], lesion, settings)


def _patterns(image: RadiographResult, features: set[str], settings: ClassifierSettings) -> Iterator[str]:
    lesions = image.lesions
    yield from shape_patterns(((one, float(one.n_pixels)) for one in lesions), settings)
    if "periarticular" in features and any(one.morphology == Morphology.MASS for one in lesions):
        yield "tumoral_mass"
    spacing_mm_yx = image.image.spacing_mm_yx
    if lesions and spacing_mm_yx is not None:
        yield from extent_patterns(lesions, _extent_mm(lesions, spacing_mm_yx), settings)


def _extent_mm(lesions: Iterable[Shadow], spacing_mm_yx: tuple[float, float]) -> float:
    """Return the diagonal of the box around all lesions."""
    ends = np.array([lesion.bbox_yx for lesion in lesions])
    sides_mm = (ends[:, :, 1].max(axis=0) - ends[:, :, 0].min(axis=0)) * np.asarray(spacing_mm_yx)
    return float(np.linalg.norm(sides_mm))
