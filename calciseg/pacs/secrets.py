"""Passwords and tokens: from the environment or a file, never from a command line that others can read."""

import os
from pathlib import Path

from calciseg.errors import UsageError

__all__ = ["read_secret"]


def read_secret(place: str) -> str:
    """Read a secret.

    Parameters
    ----------
    place : str
        ``env:NAME`` or ``file:PATH``.

    Raises
    ------
    UsageError
        If there is none; the message holds the place, never the secret.
    """
    kind, _, name = place.partition(":")
    if kind == "env" and name:
        secret = os.environ.get(name, "")
        where = f"the environment variable {name}"
    elif kind == "file" and name:
        try:
            secret = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise UsageError(f"{name}: no secret can be read ({type(error).__name__}); check it") from error
        where = f"the file {name}"
    else:
        raise UsageError("secrets are taken from env:NAME or file:PATH only; do not write them out")
    if not secret:
        raise UsageError(f"{where} holds no secret; set it")
    return secret
