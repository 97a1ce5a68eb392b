"""Where something happened, by the sites that a text names: at the lesions, or elsewhere."""

from collections.abc import Iterable

from calciseg.clinical.knowledge.model import Knowledge
from calciseg.clinical.words import tokens

__all__ = ["is_elsewhere"]


def is_elsewhere(text: str, lesion_sites: Iterable[str], knowledge: Knowledge) -> bool:
    """Tell whether a text names sites only in areas of the body without lesions.

    Parameters
    ----------
    text : str
    lesion_sites : iterable of str
    knowledge : Knowledge
        Its areas overlap, so that neighbours over a border count as together.

    Returns
    -------
    bool
        False where the text names no site, or where it is not known in which area a lesion lies.
    """
    lesions = [knowledge.areas_of.get(site) for site in lesion_sites]
    named = [knowledge.areas_of[site] for site in _sites_in(text, knowledge) if site in knowledge.areas_of]
    if not named or not lesions or None in lesions:
        return False
    together = frozenset().union(*(areas for areas in lesions if areas is not None))
    return all(together.isdisjoint(areas) for areas in named)


def _sites_in(text: str, knowledge: Knowledge) -> Iterable[str]:
    sentence = tokens(text)
    found = (knowledge.site_words.longest(sentence, n) for n in range(len(sentence)))
    return [site for _, site in filter(None, found)]
