"""From DICOM objects to slice records, with a word on what could not be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calciseg.errors import InputError
from calciseg.reading.files import DicomFile
from calciseg.reading.finding import Source, find_files, name_of
from calciseg.reading.headers import SliceHeader, read_slices
from calciseg.reading.pixels import Progress
from calciseg.reading.usability import CT_IMAGES

__all__ = ["BrokenFile", "Index", "index_source", "read_one"]

_DICOM_SUFFIXES = (".dcm", ".dicom", ".ima")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A file that should be DICOM and cannot be read."""

    label: str
    folder: str
    what: str
    is_surely_dicom: bool
    """It begins like DICOM; otherwise only its name says so."""
    cause: OSError | None = None
    """Why it could not be opened, which may pass; ``None`` where its content is at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Every slice below a source."""

    name: str
    """How messages name the source."""
    slices: tuple[SliceHeader, ...]
    broken: tuple[BrokenFile, ...]
    n_other_files: int
    """Files that are no DICOM at all, or that calciseg wrote."""


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
    broken = [file for file in index.broken if file.is_surely_dicom]
    if broken:
        remedy = "copy or send the study again"
        raise InputError(f"{broken[0].label} {broken[0].what}; {remedy}") from broken[0].cause
    what = "is not a DICOM file" if [file.label for file in files] == [name] else "holds no DICOM file"
    raise InputError(f"{name} {what}; give a CT series in DICOM format")


def _index(name: str, files: Sequence[DicomFile], progress: Progress | None) -> Index:
    found: list[SliceHeader] = []
    broken: list[BrokenFile] = []
    empty: list[BrokenFile] = []
    n_other_files = 0
    for n_done, file in enumerate(files, start=1):
        outcome = read_one(file)
        if isinstance(outcome, BrokenFile):
            broken.append(outcome)
        elif outcome is None and _may_be_lost_slice(file):
            empty.append(_broken(file, "is empty", is_surely_dicom=False))
        elif outcome is None or outcome[0].is_own_product:
            n_other_files += 1
        else:
            found.extend(outcome)
        if progress is not None:
            progress(n_done, len(files))
    folders = {header.file.folder for header in found}
    lost = [file for file in empty if file.folder in folders]
    return Index(
        name=name,
        slices=tuple(found),
        broken=(*broken, *lost),
        n_other_files=n_other_files + len(empty) - len(lost),
    )


def _may_be_lost_slice(file: DicomFile) -> bool:
    """Whether a file is empty and named as archives name slices, which often have no suffix or a number.

    Beside slices it is what a copy that broke off leaves of one.
    """
    name = Path(file.label).name
    return file.n_bytes() == 0 and Path(name).suffix.strip(".0123456789") == "" and not name.startswith(".")


def read_one(file: DicomFile) -> tuple[SliceHeader, ...] | BrokenFile | None:
    """Read one file: its slices, or what is wrong with it, or ``None`` if it is no DICOM."""
    try:
        if not file.is_dicom():
            is_named_so = file.label.lower().endswith(_DICOM_SUFFIXES)
            return _broken(file, "is not a DICOM file", is_surely_dicom=False) if is_named_so else None
        slices = read_slices(file)
    except OSError as error:
        what = f"cannot be opened ({error.strerror or type(error).__name__})"
        return replace(_broken(file, what), cause=error)
    except MemoryError:
        raise
    except Exception as error:  # a damaged header raises whatever pydicom's parser raises
        return _broken(file, f"has a damaged DICOM header ({type(error).__name__})")
    if _ends_early(slices[0]):
        return _broken(file, "is truncated: its DICOM header ends early")
    return slices


def _ends_early(header: SliceHeader) -> bool:
    """Tell a CT image that stops before its UIDs and pixels from an object that has none."""
    sop_class_uid = header.sop_class_uid or CT_IMAGES
    # A file may end within its SOP class: what is left of it begins as that of a CT image does.
    is_ct_image = sop_class_uid.startswith(CT_IMAGES) or CT_IMAGES.startswith(sop_class_uid)
    has_uids = header.study_instance_uid is not None and header.series_instance_uid is not None
    return header.pixel_code.place is None and is_ct_image and not has_uids


def _broken(file: DicomFile, what: str, *, is_surely_dicom: bool = True) -> BrokenFile:
    return BrokenFile(label=file.label, folder=file.folder, what=what, is_surely_dicom=is_surely_dicom)
