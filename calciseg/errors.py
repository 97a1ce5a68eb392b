"""Errors that a caller can cause: all derive from :class:`CalcisegError`.

A doubt about data is not an error: it travels as an issue or a flag with the result
(see :mod:`calciseg.model.vocabulary`).
"""

import traceback
from collections.abc import Iterator
from errno import ENOMEM
from pathlib import PurePath

__all__ = [
    "CalcisegError",
    "CancelledError",
    "InputError",
    "KnowledgeError",
    "OutputError",
    "SettingsError",
    "UsageError",
    "kind_and_place",
    "lacks_memory",
    "may_pass",
]

_NO_THREAD = "can't start new thread"
"""What Python says where the system gives it none."""


class CalcisegError(Exception):
    """Root of every error that a caller of calciseg can cause.

    The message is one sentence for a person: the file or series, what is wrong, what to do. It is one line:
    what a name holds of line breaks and control characters is shown escaped.
    """

    def __str__(self) -> str:
        """Return the message."""
        return "".join(
            letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
            for letter in super().__str__()
        )


class CancelledError(CalcisegError):
    """The caller cancelled the analysis."""


class InputError(CalcisegError, ValueError):
    """Input that cannot be analysed."""


class KnowledgeError(CalcisegError, ValueError):
    """A file with clinical knowledge that is not valid; names file and row."""


class OutputError(CalcisegError, OSError):
    """Output that cannot be written. What was already written stays whole."""


class SettingsError(CalcisegError, ValueError):
    """A settings file or value that is not valid; names the field."""


class UsageError(CalcisegError, ValueError):
    """A call with arguments that do not fit together."""


def kind_and_place(error: BaseException) -> str:
    """Say what an error is that nobody expected, and where it arose; its message may quote a header.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    str
        Such as ``"TypeError, to_do.py:40"``.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f", {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def may_pass(error: BaseException) -> bool:
    """Whether an error comes of a file or a disk that could not be read just then: it may be over next time.

    Parameters
    ----------
    error : BaseException
    """
    # The system numbers its errors; others use the class for damaged content.
    return any(isinstance(cause, OSError) and cause.errno is not None for cause in _causes(error))


def lacks_memory(error: BaseException) -> bool:
    """Whether an error comes of a lack of memory, or of threads: they need memory, and may be limited, too.

    Parameters
    ----------
    error : BaseException
    """
    return any(
        isinstance(cause, MemoryError)
        or (isinstance(cause, OSError) and cause.errno == ENOMEM)
        or (isinstance(cause, RuntimeError) and str(cause) == _NO_THREAD)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Go from an error to what it was raised from, and on."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
