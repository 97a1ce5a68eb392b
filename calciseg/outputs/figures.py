"""Figures as people read them."""

__all__ = ["NOT_MEASURED", "counted", "length", "score", "volume"]

NOT_MEASURED = "–"


def counted(n: int, noun: str, nouns: str | None = None) -> str:
    """Return a number with its noun in the right form."""
    return f"{n:,} {noun if n == 1 else nouns or f'{noun}s'}"


def volume(amount: float) -> str:
    """Return a volume, in mm3 or ml, with three digits or more: as many as say something."""
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.1f}" if amount >= 10 else f"{amount:.2f}"


def score(amount: float | None) -> str:
    """Return an Agatston-type score."""
    return NOT_MEASURED if amount is None else f"{amount:,.0f}"


def length(mm: float | None) -> str:
    """Return a length in mm."""
    if mm is None:
        return NOT_MEASURED
    # Adding zero takes the sign off "-0.0".
    return f"{round(mm, 1) + 0.0:.1f}"
