"""The way back to the headers of the source, for DICOM writers alone."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["SourceHeaders"]


class SourceHeaders:
    """An opaque reference to the headers that a study was read from.

    Names, IDs and dates of birth stand in those headers and nowhere in the model. The reference shows nothing
    in a ``repr``, and pickling or copying it gives an empty one: it never leaves the process that read it.

    Parameters
    ----------
    read : callable, optional
        Reads the headers anew; without it there are none.
    """

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[], Iterable[Any]] | None = None) -> None:
        self._read = read

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read: a study made in memory, or one that came from another process."""
        return self._read is None

    def datasets(self) -> Iterator[Any]:
        """Read the pydicom Dataset of every object again, without its pixels."""
        return iter(()) if self._read is None else iter(self._read())

    def __repr__(self) -> str:
        """Show nothing."""
        return "<source headers>"

    def __reduce__(self) -> tuple[type["SourceHeaders"], tuple[()]]:
        """Leave everything behind."""
        return SourceHeaders, ()
