"""Results to a DICOMweb server: what it has already is not sent again."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from calciseg.errors import InputError, OutputError
from calciseg.pacs.web import WebPacs

__all__ = ["PushReport", "push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What became of the objects of a push."""

    n_stored: int
    n_there_before: int
    failures: tuple[str, ...]
    """One sentence each."""


def push(pacs: WebPacs, folder: Path) -> PushReport:
    """Store every DICOM object of a result folder, or of all those of a batch, by STOW-RS.

    Parameters
    ----------
    pacs : WebPacs
    folder : Path
        Searched with everything below it for ``.dcm``.

    Returns
    -------
    PushReport
        What the server refused is among its failures; the others are stored all the same.

    Raises
    ------
    InputError
        If there is nothing to send, a file cannot be read, or the server cannot be reached.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one with results that hold DICOM objects")
    headers = {path: _header(path) for path in sorted(folder.rglob("*.dcm"))}
    if not headers:
        raise InputError(
            f"{folder} holds no DICOM object; analyse with --output-type json,seg,sr to make some"
        )
    known: dict[tuple[str, str], set[str]] = {}
    counts: dict[bool, int] = defaultdict(int)
    failures: list[str] = []
    for path, header in headers.items():
        series = str(header.StudyInstanceUID), str(header.SeriesInstanceUID)
        if series not in known:
            known[series] = set(pacs.list_series(*series))
        is_there = str(header.SOPInstanceUID) in known[series]
        try:
            if not is_there:
                pacs.store(dcmread(path))
                known[series].add(str(header.SOPInstanceUID))
            counts[is_there] += 1
        except OutputError as error:
            failures.append(f"{path.parent.name}/{path.name}: {error}")
    return PushReport(n_stored=counts[False], n_there_before=counts[True], failures=tuple(failures))


def _header(path: Path) -> Dataset:
    try:
        header = dcmread(path, stop_before_pixels=True)
    except (OSError, InvalidDicomError) as error:
        raise InputError(f"{path} cannot be read as DICOM ({type(error).__name__}); make it anew") from error
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not header.get(keyword):
            raise InputError(f"{path} has no {keyword} and cannot be stored; make it anew")
    return header
