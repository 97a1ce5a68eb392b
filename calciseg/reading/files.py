"""The shapes in which a DICOM object arrives: a file on disk, bytes, a member of a zip, a Dataset in memory.

All of them give their header once and their pixels when asked: above this module nothing knows which it is.
"""

import io
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from struct import unpack
from typing import BinaryIO, cast
from zipfile import ZipFile

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian
from pydicom.valuerep import VR

from calciseg.reading.tags import HEADER_TAGS

__all__ = ["BytesFile", "DatasetFile", "DicomFile", "DiskFile", "PixelPlace", "ZipMember", "disk_file"]

_FIRST_GROUPS = (0x0002, 0x0008)
_LAST_FIRST_ELEMENT = 0x0060
_LONGEST_FIRST_VALUE = 1024
_UNDEFINED_LENGTH = 0xFFFFFFFF
_FIRST_BYTES = 2**14
"""Enough for the header of most slices."""
_PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float, Double Float and plain Pixel Data: the header ends before any of them."""
_EXPLICIT_VRS = {vr.value.encode() for vr in VR if len(vr.value) == 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelPlace:
    """Where the value of Pixel Data lies in its file.

    ``offset`` is ``None`` when the value can only be reached through the parser (a deflated data set).
    ``n_bytes`` is ``None`` for a value of undefined length, which is how compressed pixels are stored.
    """

    offset: int | None
    n_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomFile(ABC):
    """One DICOM object, wherever it lies."""

    label: str
    """How messages name it."""
    folder: str = ""
    """What lies together: groups files that carry no UIDs."""

    @abstractmethod
    def is_dicom(self) -> bool:
        """Tell from the first bytes whether this can be DICOM at all."""

    @abstractmethod
    def n_bytes(self) -> int | None:
        """Size of the file, ``None`` where there is none."""

    @abstractmethod
    def header(self) -> tuple[Dataset, PixelPlace | None]:
        """Read everything before the pixels; the place is ``None`` when there are none."""

    @abstractmethod
    def whole_header(self) -> Dataset:
        """Read every attribute but the pixels. It holds names: for DICOM writers alone."""

    @abstractmethod
    def pixel_bytes(self, place: PixelPlace, start: int = 0, n_bytes: int | None = None) -> bytes:
        """Read the value of Pixel Data, or ``n_bytes`` of it from ``start``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StreamFile(DicomFile):
    """A DICOM object that is read from a stream of bytes."""

    @abstractmethod
    def open(self) -> BinaryIO:
        """Open it for reading; the stream can seek."""

    def is_dicom(self) -> bool:
        """Tell from the first bytes whether this can be DICOM at all."""
        with self.open() as stream:
            return _begins_like_dicom(stream.read(132))

    def header(self) -> tuple[Dataset, PixelPlace | None]:
        """Read everything before the pixels; the place is ``None`` when there are none."""
        with self.open() as stream:
            first = _header_within(stream.read(_FIRST_BYTES))
            if first is not None:
                return first
            stream.seek(0)
            dataset = _parsed(stream)
            if dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
                return dataset, PixelPlace(offset=None, n_bytes=None)
            return dataset, _pixel_place(stream, dataset)

    def whole_header(self) -> Dataset:
        """Read every attribute but the pixels."""
        with self.open() as stream:
            return dcmread(stream, stop_before_pixels=True, force=True)

    def pixel_bytes(self, place: PixelPlace, start: int = 0, n_bytes: int | None = None) -> bytes:
        """Read the value of Pixel Data, or ``n_bytes`` of it from ``start``."""
        end = None if n_bytes is None else start + n_bytes
        with self.open() as stream:
            if place.offset is None:
                value: bytes = dcmread(stream, force=True).get("PixelData") or b""
                return value[start:end]
            stream.seek(place.offset + start)
            if n_bytes is None and place.n_bytes is not None:
                n_bytes = place.n_bytes - start
            return stream.read(-1 if n_bytes is None else n_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFile(_StreamFile):
    """A file on disk."""

    path: Path

    def n_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesFile(_StreamFile):
    """A file that was handed over as an open stream."""

    content: bytes = field(repr=False)

    def n_bytes(self) -> int:
        """Size of the file."""
        return len(self.content)

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return io.BytesIO(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember(_StreamFile):
    """A file inside a zip; read where it lies, never unpacked to disk."""

    archive: ZipFile = field(repr=False)
    name: str

    def n_bytes(self) -> int:
        """Size of the file, unpacked."""
        return self.archive.getinfo(self.name).file_size

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return cast(BinaryIO, self.archive.open(self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFile(DicomFile):
    """A pydicom Dataset that the caller already holds in memory."""

    dataset: Dataset = field(repr=False)

    def is_dicom(self) -> bool:
        """Be sure: it was parsed already."""
        return True

    def n_bytes(self) -> None:
        """Have no size."""
        return

    def header(self) -> tuple[Dataset, PixelPlace | None]:
        """Return the data set as it is."""
        place = PixelPlace(offset=None, n_bytes=None) if "PixelData" in self.dataset else None
        return self.dataset, place

    def whole_header(self) -> Dataset:
        """Return a copy of the data set without its pixels."""
        header = Dataset({tag: item for tag, item in self.dataset.items() if tag != 0x7FE00010})
        header.file_meta = getattr(self.dataset, "file_meta", FileMetaDataset())
        return header

    def pixel_bytes(self, _place: PixelPlace, start: int = 0, n_bytes: int | None = None) -> bytes:
        """Return the value of Pixel Data, or ``n_bytes`` of it from ``start``."""
        value: bytes = self.dataset.PixelData
        return value[start : None if n_bytes is None else start + n_bytes]


def disk_file(path: Path) -> DiskFile:
    """Wrap a file on disk."""
    return DiskFile(label=str(path), folder=str(path.parent), path=path)


def _begins_like_dicom(first_bytes: bytes) -> bool:
    """Accept the DICM mark, or what begins a data set without preamble: group 2 or 8, a VR or a length."""
    if first_bytes[128:132] == b"DICM":
        return True
    if len(first_bytes) < 8:
        return False
    little, big = unpack("<H", first_bytes[:2])[0], unpack(">H", first_bytes[:2])[0]
    if first_bytes[4:6] in _EXPLICIT_VRS:
        return little in _FIRST_GROUPS or big in _FIRST_GROUPS
    element, n_bytes = unpack("<HI", first_bytes[2:8])
    return little in _FIRST_GROUPS and element <= _LAST_FIRST_ELEMENT and n_bytes <= _LONGEST_FIRST_VALUE


def _parsed(stream: BinaryIO) -> Dataset:
    # dcmread would make the tags pydicom's own again, which are slow to compare.
    return read_partial(stream, _is_of_pixels, force=True, specific_tags=list(HEADER_TAGS))


def _is_of_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag in _PIXEL_TAGS


def _header_within(first_bytes: bytes) -> tuple[Dataset, PixelPlace] | None:
    """Parse a header from the first bytes of its file, which saves the parser many reads from the file.

    ``None`` unless the pixels begin within them: then nothing before the pixels was cut off.
    """
    stream = io.BytesIO(first_bytes)
    try:
        dataset = _parsed(stream)
        place = _pixel_place(stream, dataset)
    except Exception:  # a header that ends early raises whatever the parser raises
        return None
    return None if place is None else (dataset, place)


def _pixel_place(stream: BinaryIO, dataset: Dataset) -> PixelPlace | None:
    """Read the tag and length of Pixel Data, where pydicom stopped."""
    start = stream.tell()
    head = stream.read(12)
    is_implicit, is_little_endian = dataset.original_encoding
    order = "<" if is_little_endian in (True, None) else ">"
    if len(head) < 12 or unpack(f"{order}HH", head[:4]) != (0x7FE0, 0x0010):
        return None
    has_vr = not is_implicit and head[4:6] in _EXPLICIT_VRS
    n_bytes = unpack(f"{order}I", head[8:12] if has_vr else head[4:8])[0]
    return PixelPlace(
        offset=start + (12 if has_vr else 8), n_bytes=None if n_bytes == 0xFFFFFFFF else n_bytes
    )
