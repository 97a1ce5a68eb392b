"""How a test came out, by the words and figures beside its name: "Jo-1, Mi-2: negative", "NXP2 <1:20".

In a list of tests one result may hold for several. A list that begins with a result ("negative: Jo-1, Mi-2")
gives it to all that follow, one that begins with a test ("Jo-1, Mi-2 negative") to all before it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import cast

from calciseg.clinical.words import WordTree
from calciseg.model import Qualifier

__all__ = ["is_result_alone", "results_of_tests"]

_Test = tuple[int, int]
"""Where the name of a test starts and ends."""
_LIST_ENDS = frozenset(".;")
_STOPS = _LIST_ENDS | {","}
_BELONGS_TO_NAME = frozenset({"antibody", "antibodie", "ab", "igg", "autoantibody", "autoantibodie"})
_BEGINS_ANOTHER = frozenset({"and", "with", "plus"})
"""Before a result: it is that of what follows."""
_SAYS_NO_MORE = frozenset(
    {"all", "both", "each", "was", "is", "were", "are", "result", "tested", "test", "of", "these", ","}
) | _BELONGS_TO_NAME  # fmt: skip
_BEFORE_FIGURE = _BELONGS_TO_NAME | {"titre", "titer", "level", "index", "value", "of", "at", "is", "was"}
_RANGE_WORDS = frozenset(
    {"normal", "ref", "reference", "range", "interval", "limit", "value", "cutoff", "cut", "off", "up", "to"}
) | {",", "."}  # fmt: skip
_UNIT_WORDS_AT_MOST = 3
_YEARS = range(1900, 2100)


def is_result_alone(words: Sequence[str], results: WordTree) -> bool:
    """Tell whether words say how tests came out and nothing more: "all negative"."""
    n, has_result = 0, False
    while n < len(words):
        found = results.longest(words, n)
        if found is None and words[n] not in _SAYS_NO_MORE | _LIST_ENDS:
            return False
        n, has_result = (n + 1, has_result) if found is None else (found[0], True)
    return has_result


def results_of_tests(
    sentence: Sequence[str],
    figures: Sequence[str],
    tests: Iterable[_Test],
    is_taken: Sequence[bool],
    results: WordTree,
    *,
    is_list: bool,
) -> dict[int, Qualifier]:
    """Find how tests came out.

    Parameters
    ----------
    sentence, figures : sequence of str
        The tokens, and the same with the points of their numbers.
    tests : iterable of (int, int)
        Where the names of the tests start and end.
    is_taken : sequence of bool
        The tokens of all terms.
    results : WordTree
        What says how a test came out.
    is_list : bool
        Whether the text is known to list tests, so that a result behind the last is that of all.

    Returns
    -------
    dict
        By the start of its name what is said of a test. Nothing is said of a bare name.
    """
    found: dict[int, Qualifier] = {}
    ends = dict(tests)
    for group in _groups(sentence, ends, is_taken, results):
        measured: dict[int, Qualifier] = {}
        for start in (start for item in group for start in item.tests):
            said = _by_figure(ends[start], sentence, figures)
            if said is not None:
                measured[start] = said
        words = _by_words(group, measured, is_list=is_list)
        found |= words | {
            start: said for start, said in measured.items() if said != "unjudged" or start not in words
        }
    return found


@dataclass(slots=True)
class _Item:
    """What stands between two commas."""

    tests: list[int] = field(default_factory=list)
    results: list[tuple[int, Qualifier]] = field(default_factory=list)
    is_result_alone: bool = True
    """Neither a test nor another word."""

    @property
    def begins_with_result(self) -> bool:
        return bool(self.tests and self.results) and self.results[0][0] < self.tests[0]


def _groups(
    sentence: Sequence[str], tests: Mapping[int, int], is_taken: Sequence[bool], results: WordTree
) -> Iterator[list[_Item]]:
    """Cut a sentence into lists of tests, and these at their commas; what else has a name ends a list."""
    group = [_Item()]
    n = 0
    while n < len(sentence):
        item, end = group[-1], tests.get(n, n + 1)
        told = None if is_taken[n] else results.longest(sentence, n)
        if n in tests:
            item.tests.append(n)
            item.is_result_alone = False
        elif is_taken[n] or sentence[n] in _LIST_ENDS or (told is not None and told[1] == "stop"):
            yield group
            group = [_Item()]
        elif sentence[n] == ",":
            group.append(_Item())
        elif told is not None:
            if n and sentence[n - 1] in _BEGINS_ANOTHER:
                group.append(item := _Item())
            item.results.append((n, cast(Qualifier, told[1])))
            end = told[0]
        elif sentence[n] not in _SAYS_NO_MORE:
            item.is_result_alone = False
        n = end
    yield group


def _by_words(
    group: Sequence[_Item], measured: Mapping[int, Qualifier], *, is_list: bool
) -> dict[int, Qualifier]:
    """Give every test of a list the result that belongs to it; figures count where words say nothing."""
    found: dict[int, Qualifier] = {}
    waiting: list[int] = []
    goes_on: Qualifier | None = None
    for item in group:
        bare = [start for start in item.tests if start not in measured]
        if item.begins_with_result:
            for start in item.tests:
                goes_on = [said for n, said in item.results if n < start][-1]
                found[start] = goes_on
            waiting = []
        elif not item.results:
            found |= {start: goes_on for start in bare if goes_on is not None}
            waiting += bare if goes_on is None else []
        elif item.tests or item.is_result_alone:
            # "dermatomyositis with anti-NXP2, ANA negative": whose result it is, nobody knows.
            is_of_all = is_list or item.results[0][1] == "stated" or len(item.tests) != 1
            found |= dict.fromkeys(waiting, item.results[0][1] if is_of_all else "unjudged")
            found |= dict(_each_by_next(item, measured))
            waiting, goes_on = [], None
    return found


def _each_by_next(item: _Item, measured: Collection[int]) -> Iterator[tuple[int, Qualifier]]:
    for start, following in zip_longest(item.tests, item.tests[1:]):
        behind = [(n, said) for n, said in item.results if n > start]
        own = [said for n, said in behind if following is None or n < following]
        # "1:320 positive", "titre elevated": what is judged counts before what is not.
        judged = [said for said in own if said != "unjudged"] or own
        if not judged and start not in measured:
            judged = [said for _, said in behind]
        if judged:
            yield start, judged[0]


def _by_figure(end: int, sentence: Sequence[str], figures: Sequence[str]) -> Qualifier | None:
    """Judge a figure behind the name of a test by the range behind it; alone it says nothing."""
    n = _passed(end, sentence, _BEFORE_FIGURE)
    is_below = n < len(sentence) and sentence[n] == "below"
    value, n = _figure(n + is_below, figures)
    if value is None or (not is_below and value in _YEARS and value.is_integer()):
        return None
    if is_below:
        return "negated"
    limit = _upper_limit(n, sentence, figures)
    if limit is None:
        return "unjudged"
    return "stated" if value >= limit else "negated"


def _upper_limit(start: int, sentence: Sequence[str], figures: Sequence[str]) -> float | None:
    """Return what a positive figure reaches: "(normal < 1.0)", "ref. 0-20", "cut-off 20"."""
    for n in range(start, min(len(sentence), start + _UNIT_WORDS_AT_MOST + 1)):
        first = _passed(n, sentence, _RANGE_WORDS)
        is_below = first < len(sentence) and sentence[first] == "below"
        if set(sentence[n:first]) <= _STOPS and not is_below:
            continue
        lower, n = _figure(first + is_below, figures)
        upper, _ = _figure(_passed(n, sentence, _RANGE_WORDS), figures)
        return lower if is_below or upper is None else upper
    return None


def _passed(start: int, sentence: Sequence[str], words: Collection[str]) -> int:
    return next((n for n in range(start, len(sentence)) if sentence[n] not in words), len(sentence))


def _figure(n: int, figures: Sequence[str]) -> tuple[float | None, int]:
    """Read a number, or of a titre ("1:20") what the serum was thinned to; and where it ends."""
    numbers = [_number(word) for word in figures[n : n + 2]]
    if len(numbers) == 2 and numbers[0] == 1 and numbers[1] is not None:
        return numbers[1], n + 2
    return (numbers[0], n + 1) if numbers else (None, n)


def _number(word: str) -> float | None:
    try:
        return float(word.replace(",", ".")) if word[0].isdecimal() else None
    except ValueError:
        return None
