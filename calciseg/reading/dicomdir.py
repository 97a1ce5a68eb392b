"""The files that a DICOMDIR lists."""

from pathlib import Path

from pydicom import dcmread

from calciseg.errors import InputError
from calciseg.quiet import quiet_pydicom
from calciseg.reading.files import DicomFile, disk_file
from calciseg.reading.values import items, texts

__all__ = ["files_of_dicomdir"]


def files_of_dicomdir(path: Path) -> list[DicomFile]:
    """List the image files that a DICOMDIR names, below its own folder only."""
    try:
        with quiet_pydicom():
            records = items(dcmread(path, force=True), "DirectoryRecordSequence")
            parts = [texts(record, "ReferencedFileID") for record in records]
    except Exception as error:  # a damaged file raises whatever pydicom's parser raises
        raise InputError(
            f"{path} cannot be read as a DICOMDIR ({type(error).__name__}); give its folder instead"
        ) from error
    root = path.parent.resolve()
    files = sorted({_below(root, names, path) for names in parts if names})
    present = [disk_file(file) for file in files if file.is_file()]
    if not present:
        raise InputError(f"{path} lists no file that is there; give the folder that holds the DICOM files")
    return list(present)


def _below(root: Path, names: tuple[str, ...], dicomdir: Path) -> Path:
    file = root.joinpath(*names).resolve()
    if not file.is_relative_to(root):
        raise InputError(f"{dicomdir} lists a file outside its own folder; it is not safe to read")
    return file
