"""Free text to concepts: terms, and the cues beside them that negate or move them.

In the manner of NegEx and ConText (Chapman et al., J Biomed Inform 2001;34:301; Harkema et al. 2009;42:839):
a cue reaches a few words forward or back, not past a stop word or the end of a clause. After a comma it
goes on only in a list that ends with "or" or "nor".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.clinical.knowledge.model import OTHER_MEANING, Knowledge
from calciseg.clinical.results_of_tests import is_result_alone, results_of_tests
from calciseg.clinical.words import figures, tokens
from calciseg.model import Qualifier

__all__ = ["Mention", "coded", "mentions", "says_nothing", "unread_clauses"]

_REACH_FORWARD = 8
_REACH_BACK = 3
_CLAUSE_ENDS = frozenset(".;")
_STRENGTH: tuple[Qualifier, ...] = ("negated", "family", "suspected", "history")
"""Of several cues the first of these counts."""
_GOES_ON = frozenset({"of", "except", "other", "besides", "apart", "but"})
_BETWEEN_CLAUSES = re.compile(r"[.;,](?!\d)")
_COLON = re.compile(r":(?!\s*\d)")
_NOTHING = frozenset({"none", "no", "nil", "nothing", "unknown", "na", "unremarkable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A concept that a text names, and how."""

    concept: str
    qualifier: Qualifier


@dataclass(frozen=True, slots=True)
class _Term:
    start: int
    end: int
    concept: str


def says_nothing(text: str) -> bool:
    """Whether a text is empty or says that there is nothing."""
    return set(tokens(text)) <= _NOTHING | _CLAUSE_ENDS


def mentions(text: str, knowledge: Knowledge, *, is_list_of_tests: bool = False) -> tuple[Mention, ...]:
    """Find the concepts that a text names.

    Parameters
    ----------
    text : str
    knowledge : Knowledge
    is_list_of_tests : bool
        Whether a result behind the last of several tests is that of all; a colon before a result says so too.

    Returns
    -------
    tuple of Mention
        In the order of the text.
    """
    sentence = tokens(text)
    terms = _terms(sentence, knowledge)
    is_taken = [False] * len(sentence)
    for term in terms:
        is_taken[term.start : term.end] = [True] * (term.end - term.start)
    cues = list(knowledge.cues.spans(sentence, is_taken))
    tests = [(term.start, term.end) for term in terms if knowledge.concepts[term.concept].is_test]
    is_list = is_list_of_tests or _COLON.search(text) is not None
    results = (
        results_of_tests(sentence, figures(text), tests, is_taken, knowledge.cues.results, is_list=is_list)
        if tests
        else {}
    )
    return tuple(
        Mention(
            concept=term.concept,
            qualifier=_with_result(
                results.get(term.start), _qualifier(term, sentence, cues, is_taken, knowledge)
            ),
        )
        for term in terms
    )


def _with_result(result: Qualifier | None, by_cues: Qualifier) -> Qualifier:
    """Let a result decide what is said of a test, but not whose it is, nor when it was."""
    if result is None or by_cues == "family":
        return by_cues
    return by_cues if result == "stated" and by_cues == "history" else result


def unread_clauses(text: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the parts, between commas and stops, of a text that names something, which name nothing."""
    clauses = [clause.strip() for clause in _BETWEEN_CLAUSES.split(text)]
    if len(clauses) == 1:
        return ()
    is_of_tests = any(knowledge.concepts[term.concept].is_test for term in _terms(tokens(text), knowledge))
    return tuple(
        clause
        for clause in clauses
        if not _terms(words := tokens(clause), knowledge)
        and not set(words) <= _NOTHING | _CLAUSE_ENDS
        and not (is_of_tests and is_result_alone(words, knowledge.cues.results))
    )


def coded(code: str, system: str, knowledge: Knowledge) -> tuple[str, ...]:
    """Return the concepts of a code; a code of ICD-10 holds for all below it.

    Parameters
    ----------
    code : str
    system : {"icd10", "snomed"}
    knowledge : Knowledge

    Returns
    -------
    tuple of str
    """
    plain = code.strip().upper().replace(".", "")
    starts = range(1, len(plain) + 1) if system == "icd10" else (len(plain),)
    found = (concept for n in starts for concept in knowledge.concepts_of_code.get((system, plain[:n]), ()))
    return tuple(dict.fromkeys(found))


def _terms(sentence: Sequence[str], knowledge: Knowledge) -> list[_Term]:
    terms, n = [], 0
    while n < len(sentence):
        found = knowledge.concept_words.longest(sentence, n)
        if found is not None and not _is_start_of_negation(sentence, n, found[0], knowledge):
            if found[1] != OTHER_MEANING:
                terms.append(_Term(n, found[0], found[1]))
            n = found[0]
        else:
            n += 1
    return terms


def _is_start_of_negation(sentence: Sequence[str], start: int, end: int, knowledge: Knowledge) -> bool:
    """Tell "no medical history of X", or "except X", from "no medical history"."""
    return (
        sentence[start] in knowledge.cues.negating_starts
        and end < len(sentence)
        and sentence[end] in _GOES_ON
    )


def _qualifier(
    term: _Term,
    sentence: Sequence[str],
    cues: Sequence[tuple[int, int, str]],
    is_taken: Sequence[bool],
    knowledge: Knowledge,
) -> Qualifier:
    found = {means for _, end, means in cues if _reaches(end, means, term, sentence, cues)}
    for n in range(term.end, min(len(sentence), term.end + _REACH_BACK)):
        if is_taken[n] or sentence[n] in _CLAUSE_ENDS | {","}:
            break
        after = knowledge.cues.after.longest(sentence, n)
        if after is not None:
            # How a test came out is read with the whole list that it stands in.
            if after[1] == "family" or not knowledge.concepts[term.concept].is_test:
                found.add(after[1])
            break
    return next((qualifier for qualifier in _STRENGTH if qualifier in found), "stated")


def _reaches(
    end: int,
    means: str,
    term: _Term,
    sentence: Sequence[str],
    cues: Sequence[tuple[int, int, str]],
) -> bool:
    """Whether a cue that stands before a term still holds at it."""
    if means == "stop" or end > term.start or term.start - end > _REACH_FORWARD:
        return False
    between = sentence[end : term.start]
    if not _CLAUSE_ENDS.isdisjoint(between):
        return False
    if any(other == "stop" and end <= first < term.start for first, _, other in cues):
        return False
    if "," in between:
        rest = sentence[term.start :]
        clause = rest[: next((n for n, word in enumerate(rest) if word in _CLAUSE_ENDS), len(rest))]
        return not {"or", "nor"}.isdisjoint((*between, *clause))
    return True
