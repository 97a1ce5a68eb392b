"""Words as trees of tokens: the longest term that starts at a token is found in one walk."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["CueSet", "WordTree", "figures", "one_way", "tokens"]

_TOKEN = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*|[?.;,]")
"""A number keeps the point or comma inside it."""
_SPELLED_OUT = (
    (re.compile(r"[’`´]"), "'"),
    (re.compile(r"\bcan't\b"), "cannot"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\(\s*(?:-|neg\.?)\s*\)|(?<!\w)-ve\b"), " negative "),
    (re.compile(r"\(\s*(?:\+{1,3}|pos\.?)\s*\)|(?<!\w)\+ve\b"), " positive "),
    (re.compile(r"'s"), "s"),
    (re.compile(r"(?:<|≤)=?\s*(?=\d)"), " below "),
)
"""What is written short, and how it is read; in this order."""
_END = ""
"""The key under which a tree keeps what ends here; no token is empty."""


def tokens(text: str) -> list[str]:
    """Cut a text into lower-case words without accents and plural endings, and stops."""
    return [word if len(word) == 1 else word.replace(".", "").replace(",", "") for word in figures(text)]


def figures(text: str) -> list[str]:
    """Cut a text as :func:`tokens` does, word by word the same, but leave numbers their point."""
    plain = text.lower()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.replace("–", "-").replace("−", "-"))
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    if not _is_plain(plain):
        for short, full in _SPELLED_OUT:
            plain = short.sub(full, plain)
    return [_singular(word) for word in _TOKEN.findall(plain)]


_is_plain = re.compile(r"[a-z ,;]*").fullmatch
"""Most texts are words and commas alone: nothing in them is written short."""


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def one_way(word: str) -> str:
    """Write a fixed word in one way: lower case, with ``_`` for blanks and hyphens."""
    return "_".join(word.lower().replace("-", " ").replace("_", " ").split())


class WordTree:
    """Terms and what each means."""

    def __init__(self, terms: Iterable[tuple[str, str]]) -> None:
        self._root: dict[str, Any] = {}
        for words, meaning in terms:
            node = self._root
            for token in tokens(words):
                node = node.setdefault(token, {})
            node.setdefault(_END, meaning)

    def longest(self, sentence: Sequence[str], start: int) -> tuple[int, str] | None:
        """Return where the longest term from ``start`` ends, and its meaning."""
        node, found = self._root, None
        for n in range(start, len(sentence)):
            following = node.get(sentence[n])
            if following is None:
                break
            node = following
            if _END in node:
                found = n + 1, node[_END]
        return found

    def is_in(self, sentence: Sequence[str]) -> bool:
        """Whether any of the terms stands in a sentence."""
        return any(self.longest(sentence, n) for n in range(len(sentence)))


class CueSet:
    """Cues that stand before or after a term."""

    def __init__(self, cues: Iterable[tuple[str, str, str]], results: Iterable[tuple[str, str]] = ()) -> None:
        listed = list(cues)
        self.before = WordTree((words, means) for words, means, place in listed if place == "before")
        self.after = WordTree((words, means) for words, means, place in listed if place == "after")
        doubts = ((words, means) for words, means, _ in listed if means in ("negated", "suspected"))
        self.results = WordTree([*results, *doubts])
        """What may stand on either side of a test and says how it came out."""
        self.negating_starts = frozenset(
            tokens(words)[0] for words, means, place in listed if means == "negated" and place == "before"
        )

    def spans(self, sentence: Sequence[str], is_taken: Sequence[bool]) -> Iterator[tuple[int, int, str]]:
        """Yield the cues that stand before terms: start, end and meaning."""
        n = 0
        while n < len(sentence):
            found = None if is_taken[n] else self.before.longest(sentence, n)
            if found is None:
                n += 1
            else:
                yield n, found[0], found[1]
                n = found[0]
