"""DICOM objects in a zip, read where they lie."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from calciseg.errors import InputError
from calciseg.reading.files import DicomFile, ZipMember

__all__ = ["files_of_zip"]

_LARGEST_MEMBER_BYTES = 4 << 30
_ENCRYPTED = 0x1
_BOMB_BYTES = 256 << 20
_BOMB_RATIO = 100
"""CT packs to a third, mostly air to a tenth; what grows a hundredfold holds no images."""


def files_of_zip(source: Path | BinaryIO, label: str) -> list[DicomFile]:
    """List the files of a zip.

    Nothing is unpacked to disk. An absolute name or one with ``..`` is refused all the same: whoever made
    such a zip did not make it to send images.
    """
    try:
        archive = ZipFile(source)
    except (BadZipFile, OSError, NotImplementedError) as error:
        raise InputError(
            f"{label} is a damaged zip ({type(error).__name__}); copy or download it again"
        ) from error
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        _check(member, label)
    _check_size(members, label)
    names = sorted({member.filename for member in members})
    if not names:
        raise InputError(f"{label} is an empty zip; give one that holds DICOM files")
    return [_member(archive, label, name) for name in names if PurePosixPath(name).name.upper() != "DICOMDIR"]


def _member(archive: ZipFile, label: str, name: str) -> ZipMember:
    folder = str(PurePosixPath(name).parent)
    return ZipMember(label=f"{label}:{name}", folder=folder, archive=archive, name=name)


def _check(member: ZipInfo, label: str) -> None:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        raise InputError(
            f"{label} holds a file with a path that leads out of the zip; it is not safe to read"
        )
    if member.flag_bits & _ENCRYPTED:
        raise InputError(f"{label} is encrypted; unpack it with its password and give the folder")
    if member.file_size > _LARGEST_MEMBER_BYTES:
        raise InputError(
            f"{label} holds a file of {member.file_size} bytes, too large for a DICOM image; unpack it"
        )


def _check_size(members: Sequence[ZipInfo], label: str) -> None:
    """Refuse a bomb by what its directory says; no member ever gives more bytes than it says there."""
    n_bytes = sum(member.file_size for member in members)
    # Members may share their packed bytes, so these are counted once for each place.
    packed = {member.header_offset: member.compress_size for member in members}
    if n_bytes > max(_BOMB_BYTES, _BOMB_RATIO * sum(packed.values())):
        raise InputError(
            f"{label} would unpack to {n_bytes >> 20} MiB, over {_BOMB_RATIO} times its size; it is not safe"
            " to read: unpack it yourself and give the folder"
        )
