"""From whatever the caller hands over to the DICOM objects in it."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, cast

from pydicom.dataset import Dataset

from calciseg.errors import InputError, UsageError
from calciseg.reading.dicomdir import files_of_dicomdir
from calciseg.reading.files import BytesFile, DatasetFile, DicomFile, disk_file
from calciseg.reading.walking import look, walk
from calciseg.reading.zips import files_of_zip

__all__ = ["Source", "files_at", "find_files", "is_zip", "name_of"]

_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of the first file in a zip and, in an empty one, of the end of its list of files."""

Source = str | os.PathLike[str] | BinaryIO | Iterable[Dataset | str | os.PathLike[str] | BinaryIO]
"""A path (folder, file, DICOMDIR, zip), an open binary stream, or several of these and Datasets."""


def name_of(source: Source) -> str:
    """How messages name the source."""
    if isinstance(source, (str, os.PathLike)):
        return str(Path(source))
    if hasattr(source, "read"):
        return str(getattr(source, "name", "the stream"))
    paths = list(source) if isinstance(source, (list, tuple)) else []
    if paths and all(isinstance(item, (str, os.PathLike)) for item in paths):
        return str(os.path.commonpath(paths))
    return "the data sets"


def find_files(source: Source) -> list[DicomFile]:
    """List everything in the source that could be a DICOM object, in a stable order.

    Raises
    ------
    InputError
        There is nothing at this path, or it cannot be opened.
    """
    if isinstance(source, (str, os.PathLike)):
        return files_at(Path(source))
    if isinstance(source, Dataset):
        return [_dataset_file(source, 1)]
    if hasattr(source, "read"):
        return _files_of_stream(cast(BinaryIO, source), name_of(source))
    if not isinstance(source, Iterable):
        what = f"the source is of type {type(source).__name__}"
        raise UsageError(f"{what}; give a path, a file opened in binary mode or several pydicom Datasets")
    files: list[DicomFile] = []
    for n, item in enumerate(source, start=1):
        files += _files_of_item(item, n)
    if not files:
        raise InputError("no data set was handed over; give those of a CT series")
    return files


def _files_of_item(item: Dataset | str | os.PathLike[str] | BinaryIO, n: int) -> list[DicomFile]:
    if isinstance(item, Dataset):
        return [_dataset_file(item, n)]
    if isinstance(item, (str, os.PathLike)):
        return files_at(Path(item))
    if hasattr(item, "read"):
        return _files_of_stream(cast(BinaryIO, item), str(getattr(item, "name", f"stream {n}")))
    what = f"item {n} of the source is a {type(item).__name__}"
    raise InputError(f"{what}; give pydicom Datasets, paths or files opened in binary mode")


def files_at(path: Path) -> list[DicomFile]:
    """List everything at a path: a folder, a DICOMDIR, a zip or a file; raises as :func:`find_files`."""
    mode = _mode(path)
    if S_ISDIR(mode):
        files = list(_walk(path))
        if not files:
            raise InputError(f"{path} is an empty folder; give the folder that holds the DICOM files")
        return files
    if not S_ISREG(mode):
        raise InputError(f"{path} is neither a folder nor a regular file; give a folder with DICOM files")
    if path.name.upper() == "DICOMDIR":
        return files_of_dicomdir(path)
    return files_of_zip(path, str(path)) if is_zip(path) else [disk_file(path)]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; check the path") from None
    except (OSError, ValueError) as error:
        # ValueError: a name with a null byte.
        raise InputError(f"{str(path)!r} cannot be opened ({_why(error)}); check the path") from error


def _walk(folder: Path) -> Iterator[DicomFile]:
    def stop(error: OSError) -> None:
        raise InputError(
            f"the folder {error.filename} cannot be opened ({_why(error)}); check its permissions"
        ) from error

    for parent, names in walk(folder, stop):
        # A pipe or a socket would wait for ever.
        yield from (disk_file(parent / name) for name in names if look(parent / name) is not None)


def is_zip(path: Path) -> bool:
    """Tell a zip by its first bytes; raises :class:`InputError` if the file cannot be opened."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in _ZIP_MARKS
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({_why(error)}); check its permissions") from error


def _files_of_stream(stream: BinaryIO, label: str) -> list[DicomFile]:
    try:
        first_bytes = stream.read(4)
        if first_bytes in _ZIP_MARKS and stream.seekable():
            stream.seek(0)
            return files_of_zip(stream, label)
        content = first_bytes + stream.read()
    except InputError:
        raise
    except (OSError, TypeError, ValueError) as error:
        # Closed, open for writing only, or a stream of the caller's own making.
        raise InputError(
            f"{label} cannot be read ({_why(error)}); give a file opened in binary mode"
        ) from error
    if not isinstance(content, bytes):
        raise InputError(f"{label} gives {type(content).__name__}; give a file opened in binary mode")
    return [BytesFile(label=label, content=content)]


def _dataset_file(dataset: Dataset, n: int) -> DatasetFile:
    return DatasetFile(label=f"data set {n}", dataset=dataset)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
