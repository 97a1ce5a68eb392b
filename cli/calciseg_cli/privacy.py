"""Input paths may hold names of patients: they may stand on stderr, never on stdout."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calciseg.errors import CalcisegError
from calciseg.privacy import without_path

__all__ = ["hiding", "public_message"]


@contextmanager
def hiding(*paths: Path | None) -> Iterator[None]:
    """Give errors that leave the body a message without the paths, beside the one with them."""
    try:
        yield
    except CalcisegError as error:
        message = str(error)
        # The longest first: of a file below another input nothing is left.
        for path in sorted(filter(None, paths), key=lambda one: -len(str(one))):
            message = without_path(message, path)
        error.add_note(message)
        raise


def public_message(error: CalcisegError) -> str:
    """Return the message that may stand on stdout."""
    notes: list[str] = getattr(error, "__notes__", [])
    return notes[-1] if notes else str(error)
