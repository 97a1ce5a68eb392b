"""Arguments of the public functions, checked at the door: a wrong one is the caller's error."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from calciseg.errors import UsageError

__all__ = ["must_be", "path_of", "words_of"]


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
