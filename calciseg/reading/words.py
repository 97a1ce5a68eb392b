"""Small words of messages."""

__all__ = ["counted"]


def counted(n: int, noun: str) -> str:
    """Return ``1 slice`` or ``3 slices``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
