"""The fixed words of the imaging part: other spellings are taken over, unknown words are named."""

from dataclasses import replace
from functools import lru_cache

from calciseg.clinical.knowledge import load_knowledge
from calciseg.clinical.words import one_way
from calciseg.model import BODY_REGIONS, FEATURES, Imaging, Morphology, Tag, TissuePlane

__all__ = ["known_words"]


def known_words(imaging: Imaging) -> tuple[Imaging, list[tuple[str, str]]]:
    """Write the words of an imaging part in one way.

    Parameters
    ----------
    imaging : Imaging

    Returns
    -------
    Imaging
        Unknown words are kept; no evidence asks for them.
    list of (str, str)
        Field and word of those that are not known.
    """
    knowledge = load_knowledge()
    unknown: list[tuple[str, str]] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, words in _known().items():
        written = [one_way(word) for word in getattr(imaging, field)]
        spelled = [knowledge.image_words.get(field, {}).get(word, word) for word in written]
        changed[field] = tuple(dict.fromkeys(spelled))
        unknown += [(field, word) for word in changed[field] if word not in words]
    planes = tuple((one_way(plane), fraction) for plane, fraction in imaging.tissue_planes)
    unknown += [("tissue_planes", plane) for plane, _ in planes if plane not in _PLANES]
    return replace(imaging, tissue_planes=planes, **changed), unknown  # type: ignore[arg-type]


_PLANES = frozenset(TissuePlane)


@lru_cache(maxsize=1)
def _known() -> dict[str, frozenset[str]]:
    """Return the words of every field."""
    return {
        "sites": frozenset(BODY_REGIONS),
        "morphologies": frozenset(Morphology),
        "patterns": frozenset(row.id for row in load_knowledge().tables.pattern),
        "tags": frozenset(Tag),
        "features": frozenset(FEATURES),
    }
