"""What a command run in a test gives back."""

from collections.abc import Callable
from typing import NamedTuple


class Answer(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]
