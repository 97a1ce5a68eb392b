"""The list of ``--output-type``."""

__all__ = ["listed"]


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a comma-separated list."""
    return tuple(word.strip() for word in text.split(","))
