"""Arguments of the public functions, checked at the door: a wrong one is the caller's error."""

import math
import os
from collections.abc import Collection, Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from calciseg.errors import UsageError

__all__ = ["count_of", "must_be", "one_of", "path_of", "positive", "threads_of", "words_of"]


def count_of(value: Any, name: str) -> int:
    """Return a whole number from 1.

    Parameters
    ----------
    value : object
    name : str
        Of the argument.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise UsageError(f"{name} must be a whole number, not {_what(value)}; give 1 or more")
    if value < 1:
        raise UsageError(f"{name} must be at least 1, not {value}")
    return int(value)


def threads_of(value: Any) -> int | None:
    """Return a number of threads; None, as many as there are.

    Raises
    ------
    UsageError
        If it is something else.
    """
    return None if value is None else count_of(value, "n_threads")


def positive(value: Any, name: str, *, or_zero: bool = False) -> float:
    """Return a number that is more than zero and not without end.

    Parameters
    ----------
    value : object
    name : str
        Of the argument.
    or_zero : bool
        Whether zero is allowed, too.

    Raises
    ------
    UsageError
        If it is something else.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise UsageError(f"{name} must be a number, not {_what(value)}; correct it")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (number > 0 or (or_zero and number == 0)) or number == math.inf:
        least = "zero or more" if or_zero else "more than zero"
        raise UsageError(f"{name} must be {least} and finite, not {number:g}; correct the number")
    return number


def one_of(value: Any, choices: Collection[str], name: str) -> None:
    """Refuse a word that is none of a few.

    Parameters
    ----------
    value : object
    choices : collection of str
    name : str
        Of the argument.

    Raises
    ------
    UsageError
    """
    if not isinstance(value, str) or value not in choices:
        shown = repr(value) if isinstance(value, str) else _what(value)
        raise UsageError(f"{name} must be one of {', '.join(choices)}, not {shown}")


def must_be(value: object, kind: type, name: str, remedy: str) -> None:
    """Refuse an argument of another type.

    Parameters
    ----------
    value : object
    kind : type
    name : str
        Of the argument.
    remedy : str
        What to give.

    Raises
    ------
    UsageError
    """
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be a {kind.__name__}, not {_what(value)}; {remedy}")


def path_of(value: Any, name: str) -> Path:
    """Return a path.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{name} must be a path, not {_what(value)}; give a string or a Path")
    return Path(value)


def words_of(value: Any, name: str) -> tuple[str, ...]:
    """Return the words of a list; a string is one word, not its letters.

    Raises
    ------
    UsageError
        If it is neither a string nor several.
    """
    if isinstance(value, str):
        return (value,)
    words = tuple(value) if isinstance(value, Iterable) else (value,)
    for word in words:
        if not isinstance(word, str):
            raise UsageError(
                f"{name} must hold strings, not {_what(word)}; give a list of them or one string"
            )
    return words


def _what(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
