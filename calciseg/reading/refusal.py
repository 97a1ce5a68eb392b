"""Saying no: what is wrong with a file, a series or a stack of slices, and what to do about it."""

__all__ = ["RefusedError"]


class RefusedError(Exception):
    """Something cannot be read as a CT volume. Never leaves the package: it becomes an ``InputError``.

    Parameters
    ----------
    what : str
        What is wrong, without naming the file or series: the caller knows those.
    remedy : str
        What the person can do.
    """

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        """Join both halves of the sentence."""
        return f"{self.what}; {self.remedy}"
