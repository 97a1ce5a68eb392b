"""Input paths may hold names of patients: they may stand on stderr, never on stdout."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calciseg.errors import CalcisegError
from calciseg.privacy import without_path

__all__ = ["hiding", "public_message"]


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
