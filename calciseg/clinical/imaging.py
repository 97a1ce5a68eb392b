"""Lesions and the ledger of exclusions to the imaging part of a case, by stated criteria.

Arteries, viscera, phleboliths, joints and ossification that were not counted are evidence here, not noise.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

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
from calciseg.clinical.lesion_features import lesion_features
from calciseg.kernels import side_by_side
from calciseg.model import (
    CtVolume,
    ExclusionReason,
    ImageResult,
    Imaging,
    Lesion,
    Morphology,
    Tag,
    TissuePlane,
    region_of,
)
from calciseg.settings import ClassifierSettings

__all__ = ["imaging_of"]


def imaging_of(images: Iterable[ImageResult], settings: ClassifierSettings) -> Imaging | None:
    """Derive the imaging part of a case from what was measured.

    Parameters
    ----------
    images : iterable of ImageResult
        Images of one study; lesions of all of them are looked at together.
    settings : ClassifierSettings

    Returns
    -------
    Imaging or None
        None if no image was measured.
    """
    measured = [image for image in images if image.status == "measured"]
    if not measured:
        return None
    # Images of the same anatomy show the same lesions: the counts are those of the fullest image.
    fullest = max(measured, key=lambda image: (len(image.lesions), -image.n))
    lesions = [lesion for image in measured for lesion in image.lesions]
    sites = _sites(measured)
    features = set(_features(measured, sites, settings))
    return Imaging(
        modality=fullest.header.modality,
        n_lesions=len(fullest.lesions),
        sites=sites,
        tissue_planes=_planes(fullest),
        morphologies=tuple(word for word in Morphology if any(one.morphology == word for one in lesions)),
        patterns=tuple(_patterns(fullest, features, settings)),
        tags=tuple(tag for tag in Tag if any(tag in one.tags for one in lesions)),
        features=tuple(sorted(features)),
        largest_mm=largest_mm(lesions),
        total_volume_mm3=None if fullest.totals is None else fullest.totals.volume_mm3,
        bilateral=is_bilateral(lesions),
    )


def _sites(images: Iterable[ImageResult]) -> tuple[str, ...]:
    """Take the sites of lesions; where anatomy does not tell, the body part of the header."""
    found: dict[str, None] = {}
    for image in images:
        own = [one.site for one in image.lesions if one.site is not None]
        part = region_of(image.header.body_part)
        found |= dict.fromkeys(own or ([part] if part is not None and image.lesions else []))
    return tuple(found)


def _planes(image: ImageResult) -> tuple[tuple[str, float], ...]:
    if image.totals is None or image.totals.volume_mm3 <= 0:
        return ()
    total = image.totals.volume_mm3
    return tuple((plane.value, image.totals.by_plane[plane].volume_mm3 / total) for plane in TissuePlane)


def _features(
    images: Iterable[ImageResult], sites: tuple[str, ...], settings: ClassifierSettings
) -> Iterator[str]:
    for image in images:
        yield from _of_ledger(image, settings)
        yield from _of_voxels(image, settings)
        for lesion in image.lesions:
            yield from (FEATURE_OF_TAG[tag] for tag in lesion.tags if tag in FEATURE_OF_TAG)
            if Tag.SMALL_VESSEL in lesion.tags or is_net_in_fat(lesion):
                yield "net_like"
            if _is_mass_at_joint(lesion, sites, settings):
                yield "periarticular"


def _of_voxels(image: ImageResult, settings: ClassifierSettings) -> Iterator[str]:
    volume, maps = image.image, image.maps
    if maps is None or not isinstance(volume, CtVolume):
        return
    found = side_by_side(
        lambda lesion: lesion_features(volume, maps.labels, lesion, settings),
        image.lesions,
        weigh=lambda lesion: float(lesion.n_voxels),
    )
    yield from chain.from_iterable(found)


def _of_ledger(image: ImageResult, settings: ClassifierSettings) -> Iterator[str]:
    counted_mm3 = sum(lesion.volume_mm3 for lesion in image.lesions)
    for reason, feature in FEATURE_OF_REASON.items():
        volume_mm3 = sum(one.volume_mm3 for one in image.excluded if one.reason == reason)
        is_vessel = reason == ExclusionReason.VASCULAR
        is_enough = volume_mm3 >= (settings.vascular_mm3 if is_vessel else settings.other_exclusion_mm3)
        if is_enough and is_evidence(reason, volume_mm3, counted_mm3):
            yield feature


def _is_mass_at_joint(lesion: Lesion, sites: tuple[str, ...], settings: ClassifierSettings) -> bool:
    distance_mm = lesion.distance_to_bone_mm
    is_near = distance_mm is not None and distance_mm <= settings.periarticular_bone_mm
    return lesion.morphology == Morphology.MASS and is_near and not JOINT_SITES.isdisjoint(sites)


def _patterns(image: ImageResult, features: set[str], settings: ClassifierSettings) -> Iterator[str]:
    lesions = image.lesions
    yield from shape_patterns(((one, one.volume_mm3) for one in lesions), settings)
    if "periarticular" in features and any(one.morphology == Morphology.MASS for one in lesions):
        yield "tumoral_mass"
    if lesions:
        yield from extent_patterns(lesions, _extent_mm(lesions), settings)


def _extent_mm(lesions: Iterable[Lesion]) -> float:
    """Return the diagonal of the box around all lesions' centres, widened by the largest of them."""
    listed = list(lesions)
    centres = np.array([one.centroid_lps_mm for one in listed])
    widest = max((one.max_diameter_mm or 0.0 for one in listed), default=0.0)
    return float(np.linalg.norm(centres.max(axis=0) - centres.min(axis=0))) + widest
