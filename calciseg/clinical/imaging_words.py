"""The fixed words of the imaging part: other spellings are taken over, unknown words are named."""

from dataclasses import replace

from calciseg.clinical.knowledge import load_knowledge
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
    known = {
        "sites": frozenset(BODY_REGIONS),
        "morphologies": frozenset(Morphology),
        "patterns": frozenset(row.id for row in knowledge.tables.pattern),
        "tags": frozenset(Tag),
        "features": frozenset(FEATURES),
    }
    unknown: list[tuple[str, str]] = []
    changed: dict[str, tuple[str, ...]] = {}
    for field, words in known.items():
        written = [_one_way(word) for word in getattr(imaging, field)]
        spelled = [knowledge.image_words.get(field, {}).get(word, word) for word in written]
        changed[field] = tuple(dict.fromkeys(spelled))
        unknown += [(field, word) for word in changed[field] if word not in words]
    planes = tuple((_one_way(plane), fraction) for plane, fraction in imaging.tissue_planes)
    unknown += [("tissue_planes", plane) for plane, _ in planes if plane not in set(TissuePlane)]
    return replace(imaging, tissue_planes=planes, **changed), unknown  # type: ignore[arg-type]


def _one_way(word: str) -> str:
    return "_".join(word.lower().replace("-", " ").replace("_", " ").split())
