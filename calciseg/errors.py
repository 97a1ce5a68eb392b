"""Errors that a caller can cause: all derive from :class:`CalcisegError`.

A doubt about data is not an error: it travels as an issue or a flag with the result
(see :mod:`calciseg.model.vocabulary`).
"""

import traceback
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
    "may_pass",
]


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
    cause: BaseException | None = error
    while cause is not None:
        # The system numbers its errors; others use the class for damaged content.
        if isinstance(cause, OSError) and cause.errno is not None:
            return True
        cause = cause.__cause__
    return False
