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
    file_label : str, optional
        The file that is to blame. Kept apart, because a path may hold a name: it is for the terminal only.
    """

    def __init__(self, what: str, remedy: str, *, file_label: str | None = None) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy
        self.file_label = file_label

    @property
    def reason(self) -> str:
        """What is wrong, without a path."""
        return self.what if self.file_label is None else f"one of its files {self.what}"

    def __str__(self) -> str:
        """Return the whole sentence, with the path."""
        what = self.what if self.file_label is None else f"{self.file_label} {self.what}"
        return f"{what}; {self.remedy}"
