"""Lesions of radiographs to the imaging part of a case: less than CT tells, by the same words."""

from collections.abc import Iterable, Iterator

from calciseg.model import (
    ExclusionReason,
    Imaging,
    Morphology,
    RadiographResult,
    TissuePlane,
    region_of,
)
from calciseg.settings import ClassifierSettings

__all__ = ["imaging_of_radiographs"]

_FEATURE_OF_REASON = {
    ExclusionReason.VASCULAR: "vascular",
    ExclusionReason.PHLEBOLITH: "phlebolith",
}
_PATTERN_OF_MORPHOLOGY = {
    Morphology.SHEET: "sheet_like",
    Morphology.PLAQUE: "plaque",
    Morphology.NODULE: "nodular",
    Morphology.LINEAR: "linear",
    Morphology.RETICULAR: "reticular",
}


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
        None if no radiograph was measured. It states no volume; areas are none.
    """
    measured = [image for image in radiographs if image.status == "measured"]
    if not measured:
        return None
    fullest = max(measured, key=lambda image: (len(image.lesions), -image.n))
    lesions = [lesion for image in measured for lesion in image.lesions]
    sites = [
        lesion.site or region_of(image.header.body_part) for image in measured for lesion in image.lesions
    ]
    sides = {lesion.laterality for lesion in lesions if lesion.laterality is not None}
    reasons = {line.reason for image in measured for line in image.excluded}
    return Imaging(
        modality=fullest.header.modality,
        n_lesions=len(fullest.lesions),
        sites=tuple(dict.fromkeys(site for site in sites if site is not None)),
        tissue_planes=_planes(fullest),
        morphologies=tuple(word for word in Morphology if any(one.morphology == word for one in lesions)),
        patterns=tuple(_patterns(fullest, settings)),
        features=tuple(sorted(name for reason, name in _FEATURE_OF_REASON.items() if reason in reasons)),
        largest_mm=max(
            (one.max_diameter_mm for one in lesions if one.max_diameter_mm is not None), default=None
        ),
        bilateral={"left", "right"} <= sides if sides else None,
    )


def _planes(image: RadiographResult) -> tuple[tuple[str, float], ...]:
    if image.totals is None or not image.totals.n_pixels:
        return ()
    total = image.totals.n_pixels
    return tuple((plane.value, image.totals.by_plane[plane].n_pixels / total) for plane in TissuePlane)


def _patterns(image: RadiographResult, settings: ClassifierSettings) -> Iterator[str]:
    total = sum(one.n_pixels for one in image.lesions)
    for morphology, pattern in _PATTERN_OF_MORPHOLOGY.items():
        chosen = sum(one.n_pixels for one in image.lesions if one.morphology == morphology)
        if total and chosen >= settings.pattern_fraction * total:
            yield pattern
