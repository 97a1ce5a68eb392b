"""By which criteria lesions and exclusions, of CT and of radiographs, become words of the imaging part."""

from collections.abc import Iterable, Iterator, Sequence

from calciseg.model import ExclusionReason, Lesion, Morphology, Shadow, Tag, TissuePlane
from calciseg.settings import ClassifierSettings

__all__ = [
    "FEATURE_OF_REASON",
    "FEATURE_OF_TAG",
    "JOINT_SITES",
    "extent_patterns",
    "is_bilateral",
    "is_evidence",
    "is_net_in_fat",
    "largest_mm",
    "shape_patterns",
]

FEATURE_OF_REASON = {
    ExclusionReason.VASCULAR: "vascular",
    ExclusionReason.PHLEBOLITH: "phlebolith",
    ExclusionReason.VISCERAL: "visceral",
    ExclusionReason.ARTICULAR: "intra_articular",
    ExclusionReason.OSSIFICATION: "ossified",
}
FEATURE_OF_TAG = {
    Tag.PERIARTICULAR: "periarticular",
    Tag.TENDINOUS: "tendinous",
    Tag.INTRA_ARTICULAR: "intra_articular",
}
JOINT_SITES = frozenset({"shoulder", "elbow", "wrist", "hip", "knee", "ankle"})
_NO_MORE_THAN_MIMICS = frozenset(
    {ExclusionReason.PHLEBOLITH, ExclusionReason.ARTICULAR, ExclusionReason.OSSIFICATION}
)
"""What is excluded for one of these speaks against calcinosis, and for no kind of it."""
_PATTERN_OF_MORPHOLOGY = {
    Morphology.SHEET: "sheet_like",
    Morphology.PLAQUE: "plaque",
    Morphology.NODULE: "nodular",
    Morphology.LINEAR: "linear",
    Morphology.RETICULAR: "reticular",
}
_OF_SMALL_VESSELS = "vascular"
_SUPERFICIAL = frozenset({TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS})
_DEEP = frozenset({TissuePlane.FASCIAL, TissuePlane.INTRAMUSCULAR})
_Found = Lesion | Shadow


def is_evidence(reason: ExclusionReason, excluded: float, counted: float) -> bool:
    """Tell whether an exclusion speaks on the lesions that were counted.

    Stones, joints and bone that were told from the lesions leave these to be explained: they are the answer
    only where they are the greater part of all that is dense.

    Parameters
    ----------
    reason : ExclusionReason
    excluded, counted : float
        The size of what was excluded for this reason and of all lesions, in one unit.

    Returns
    -------
    bool
    """
    return reason not in _NO_MORE_THAN_MIMICS or excluded > counted


def shape_patterns(sizes: Iterable[tuple[_Found, float]], settings: ClassifierSettings) -> Iterator[str]:
    """Yield the patterns of shapes that hold enough of all volume, or area.

    Parameters
    ----------
    sizes : iterable of (Lesion or Shadow, float)
        Every lesion and its size, in one unit.
    settings : ClassifierSettings
    """
    listed = [(_pattern_words(one), size) for one, size in sizes]
    total = sum(size for _, size in listed)
    for pattern in (*_PATTERN_OF_MORPHOLOGY.values(), _OF_SMALL_VESSELS):
        chosen = sum(size for words, size in listed if pattern in words)
        if total and chosen >= settings.pattern_fraction * total:
            yield pattern


def _pattern_words(found: _Found) -> set[str | None]:
    of_vessels = _OF_SMALL_VESSELS if Tag.SMALL_VESSEL in found.tags else None
    return {_PATTERN_OF_MORPHOLOGY.get(found.morphology), of_vessels}


def extent_patterns(
    lesions: Sequence[_Found], extent_mm: float, settings: ClassifierSettings
) -> Iterator[str]:
    """Yield whether lesions are diffuse or localised.

    Diffuse lesions are many, far apart, and both superficial and deep; a plane that is not known, as on most
    radiographs, may be either.

    Parameters
    ----------
    lesions : sequence of Lesion or Shadow
    extent_mm : float
        How far they spread.
    settings : ClassifierSettings
    """
    planes = {one.tissue_plane for one in lesions}
    may_be_both = TissuePlane.INDETERMINATE in planes or not (
        planes.isdisjoint(_SUPERFICIAL) or planes.isdisjoint(_DEEP)
    )
    is_wide = extent_mm >= settings.universalis_extent_mm
    if len(lesions) >= settings.universalis_lesions and is_wide and may_be_both:
        yield "universalis"
    elif lesions and extent_mm <= settings.circumscripta_extent_mm:
        yield "circumscripta"


def is_net_in_fat(lesion: _Found) -> bool:
    """Tell whether a lesion is a net that lies outside the deep fascia."""
    return lesion.morphology == Morphology.RETICULAR and lesion.tissue_plane in _SUPERFICIAL


def is_bilateral(lesions: Iterable[_Found]) -> bool | None:
    """Tell whether lesions lie on both sides; None where no side is known."""
    sides = {one.laterality for one in lesions if one.laterality is not None}
    return {"left", "right"} <= sides if sides else None


def largest_mm(lesions: Iterable[_Found]) -> float | None:
    """Return the largest diameter, if any was measured."""
    return max((one.max_diameter_mm for one in lesions if one.max_diameter_mm is not None), default=None)
