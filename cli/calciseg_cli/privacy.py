"""Input paths may hold names of patients: they may stand on stderr, never on stdout."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calciseg.errors import CalcisegError

__all__ = ["hiding", "public_message", "without_path"]

_STANDS_FOR_IT = "PATH"


def without_path(text: str, path: Path) -> str:
    """Replace a path, and every file below it that the text names, by the word ``PATH``.

    Parameters
    ----------
    text : str
    path : Path
        The input, as it was given.

    Returns
    -------
    str
    """
    root = str(path)
    before, found, rest = text.partition(root)
    if not found:
        return text
    # A name may hold blanks: only the disk knows where it ends.
    n_more = next((n for n in range(len(rest), 0, -1) if _is_there(root + rest[:n])), 0)
    return before + _STANDS_FOR_IT + without_path(rest[n_more:], path)


@contextmanager
def hiding(path: Path) -> Iterator[None]:
    """Give errors that leave the body a message without the path, beside the one with it."""
    try:
        yield
    except CalcisegError as error:
        error.add_note(without_path(str(error), path))
        raise


def public_message(error: CalcisegError) -> str:
    """Return the message that may stand on stdout."""
    notes: list[str] = getattr(error, "__notes__", [])
    return notes[-1] if notes else str(error)


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
