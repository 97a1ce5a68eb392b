"""The files that a DICOMDIR lists."""

from pathlib import Path

from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from calciseg.errors import InputError
from calciseg.quiet import quiet_pydicom
from calciseg.reading.files import DicomFile, disk_file
from calciseg.reading.values import code_string, items, texts

__all__ = ["files_of_dicomdir"]


def files_of_dicomdir(path: Path) -> list[DicomFile]:
    """List the image files that a DICOMDIR names, below its own folder only.

    One that is not there is listed all the same: reading it says so, and a series with a hole is not read as
    a whole one. A DICOMDIR that ends early is refused for the same reason.
    """
    try:
        with quiet_pydicom():
            directory = dcmread(path, force=True)
            is_whole = _is_whole(directory)
            records = items(directory, "DirectoryRecordSequence")
            parts = [texts(one, "ReferencedFileID") for one in records if _is_image(one)]
    except Exception as error:  # a damaged file raises whatever pydicom's parser raises
        raise InputError(
            f"{path} cannot be read as a DICOMDIR ({type(error).__name__}); give its folder instead"
        ) from error
    if not is_whole:
        raise InputError(f"{path} is truncated: records at its end are missing; give its folder instead")
    root = path.parent.resolve()
    files = sorted({_below(root, names, path) for names in parts if names})
    if not any(file.is_file() for file in files):
        raise InputError(f"{path} lists no file that is there; give the folder that holds the DICOM files")
    return [disk_file(file) for file in files]


def _is_whole(directory: Dataset) -> bool:
    """Whether the records fill their stated length; where none is stated the parser sees a missing end."""
    records = directory.get_item("DirectoryRecordSequence")
    if not isinstance(records, RawDataElement):
        return True
    return records.length == len(records.value or b"")


def _is_image(record: Dataset) -> bool:
    return code_string(record, "DirectoryRecordType") in (None, "IMAGE")


def _below(root: Path, names: tuple[str, ...], dicomdir: Path) -> Path:
    file = root.joinpath(*names).resolve()
    if not file.is_relative_to(root):
        raise InputError(f"{dicomdir} lists a file outside its own folder; it is not safe to read")
    return file if file.exists() else _in_other_letters(root, file)


def _in_other_letters(root: Path, file: Path) -> Path:
    """Find a file whose name was written in small letters when the disc was copied, or with a version."""
    found = root
    for name in file.relative_to(root).parts:
        inside = found.iterdir() if found.is_dir() else iter(())
        alike = sorted(one for one in inside if one.name.upper().partition(";")[0] == name.upper())
        if not alike:
            return file
        found = alike[0]
    return found
