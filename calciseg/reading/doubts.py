"""Doubts that CT and radiographs share: a made UID, and what a compression has lost."""

from calciseg.model import Issue, IssueCode
from calciseg.reading.grouping import StudyFiles
from calciseg.reading.headers import SliceHeader

__all__ = ["is_lossy", "made_uid_issues"]

_LOSSY_SYNTAXES = frozenset({"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"})
_LOSSY_UNLESS_SAID = frozenset({"1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"})
"""JPEG 2000 and HTJ2K that may be either: taken for lossy unless the header says that nothing was lost."""


def made_uid_issues(series_instance_uid: str, study: StudyFiles) -> tuple[Issue, ...]:
    """Say that the UID of a series was made, where it was."""
    made = {series.series_instance_uid for series in study.series if series.is_uid_made}
    if series_instance_uid not in made:
        return ()
    message = f"The series has no UID; {series_instance_uid} was made from its content."
    return (Issue(code=IssueCode.SERIES_UID_MISSING, message=message),)


def is_lossy(header: SliceHeader) -> bool:
    """Tell whether the pixels were compressed with loss, at any time."""
    syntax = header.pixel_code.transfer_syntax_uid
    is_unsaid = header.is_lossy is None and syntax in _LOSSY_UNLESS_SAID
    return header.is_lossy is True or is_unsaid or syntax in _LOSSY_SYNTAXES
