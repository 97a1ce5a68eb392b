"""Numbers on the command line: no option takes what is none, or is without end."""

import math
from typing import TypeVar

import typer

__all__ = ["LEAST", "within_reason"]

Number = TypeVar("Number", float, float | None)

LEAST = 0.001
"""Of times and sizes that must be more than zero."""
_MOST = 1e6
"""Eleven days in seconds, a petabyte in GiB."""


def within_reason(number: Number) -> Number:
    """Refuse NaN and what is larger than any time or size: ``min`` of an option lets both pass."""
    if number is not None and (math.isnan(number) or number > _MOST):
        raise typer.BadParameter(f"Input should be a number up to {_MOST:.0f}")
    return number
