"""From DICOM objects to slice records, with a word on what could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.errors import InputError
from calciseg.reading.files import DicomFile
from calciseg.reading.finding import Source, find_files, name_of
from calciseg.reading.headers import SliceHeader, read_slices
from calciseg.reading.pixels import Progress

__all__ = ["BrokenFile", "Index", "index_source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A file that begins like DICOM and cannot be read."""

    label: str
    folder: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Every slice below a source."""

    name: str
    """How messages name the source."""
    slices: tuple[SliceHeader, ...]
    broken: tuple[BrokenFile, ...]
    n_other_files: int
    """Files that are no DICOM at all."""


def index_source(source: Source, progress: Progress | None = None) -> Index:
    """Read every header below a source, once.

    Raises
    ------
    InputError
        There is no readable DICOM object.
    """
    name = name_of(source)
    files = find_files(source)
    index = _index(name, files, progress)
    if index.slices:
        return index
    if index.broken:
        first = index.broken[0]
        raise InputError(f"{first.label} {first.what}; copy or send the study again")
    what = "is not a DICOM file" if [file.label for file in files] == [name] else "holds no DICOM file"
    raise InputError(f"{name} {what}; give a CT series in DICOM format")


def _index(name: str, files: Sequence[DicomFile], progress: Progress | None) -> Index:
    found: list[SliceHeader] = []
    broken: list[BrokenFile] = []
    n_other_files = 0
    for n_done, file in enumerate(files, start=1):
        slices = _slices_or_why(file)
        if isinstance(slices, str):
            broken.append(BrokenFile(label=file.label, folder=file.folder, what=slices))
        elif slices is None:
            n_other_files += 1
        else:
            found.extend(slices)
        if progress is not None:
            progress(n_done, len(files))
    return Index(name=name, slices=tuple(found), broken=tuple(broken), n_other_files=n_other_files)


def _slices_or_why(file: DicomFile) -> tuple[SliceHeader, ...] | str | None:
    """Read one file: its slices, or what is wrong with it, or ``None`` if it is no DICOM."""
    try:
        if not file.is_dicom():
            return None
        slices = read_slices(file)
    except OSError as error:
        return f"cannot be opened ({error.strerror or type(error).__name__})"
    except Exception as error:  # a damaged header raises whatever pydicom's parser raises
        return f"has a damaged DICOM header ({type(error).__name__})"
    if slices[0].modality is None and slices[0].sop_class_uid is None:
        return "is truncated or damaged: its DICOM header names neither a modality nor a kind of object"
    return slices
