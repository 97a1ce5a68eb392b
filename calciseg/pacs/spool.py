"""Where received objects lie until their study is done: on the disk, whole, before they are acknowledged."""

import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import IntEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from calciseg.outputs import output_error, sync_folder
from calciseg.pacs.file_head import file_head
from calciseg.pacs.names import file_of

__all__ = ["IMAGE_CLASSES", "IMAGE_PREFIX", "OTHER_PREFIX", "Incoming", "Spool", "StoreStatus"]

IMAGE_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("1", "1.1", "1.1.1", "2", "2.1", "2.2")
)
"""CR, DX for presentation and processing, CT, enhanced CT, legacy converted enhanced CT."""
IMAGE_PREFIX = "image-"
"""Of the names of what an analysis reads."""
OTHER_PREFIX = "other-"
_MEMORY_BYTES = 1 << 20
_NEARLY_FULL = 0.9


class StoreStatus(IntEnum):
    """Answers to a C-STORE, PS3.4 table B.2-1."""

    SUCCESS = 0x0000
    OUT_OF_RESOURCES = 0xA700
    DOES_NOT_MATCH_SOP_CLASS = 0xA900
    CANNOT_UNDERSTAND = 0xC000


class Spool:
    """A folder a study, a file an object; their names are hashes.

    Parameters
    ----------
    root : Path
    most_bytes : int
        That all objects may use together.
    most_object_bytes : int
        That one may use.
    least_free_bytes : int
        That must stay free on the disk.

    Raises
    ------
    OutputError
        If the folder cannot be used.
    """

    def __init__(self, root: Path, *, most_bytes: int, most_object_bytes: int, least_free_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.most_object_bytes = most_object_bytes
        self.least_free_bytes = least_free_bytes
        self.studies = root / "studies"
        self._parts = root / "parts"
        self._lock = threading.Lock()
        self._moving = threading.Lock()
        self._n_parts = 0
        try:
            # What was not whole was not acknowledged: its sender sends it again.
            shutil.rmtree(self._parts, ignore_errors=True)
            for folder in (self.studies, self._parts):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_folder(root)
            sync_folder(root.parent)
        except OSError as error:
            raise output_error(root, error) from error
        self._n_bytes = sum(path.stat().st_size for path in self.studies.rglob("*") if path.is_file())

    @property
    def n_bytes(self) -> int:
        """Bytes of all objects, those on the way included."""
        return self._n_bytes

    def begin(self, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> "Incoming":
        """Begin to receive an object."""
        with self._lock:
            self._n_parts += 1
            path = self._parts / str(self._n_parts)
        head = file_head(sop_class_uid, sop_instance_uid, transfer_syntax_uid)
        return Incoming(self, path, head)

    def take(self, n_bytes: int) -> bool:
        """Take room for so many more bytes; False if there is none. Negative gives it back."""
        with self._lock:
            if n_bytes > 0 and self._n_bytes + n_bytes > self.most_bytes:
                return False
            self._n_bytes += n_bytes
            return True

    def is_short(self) -> bool:
        """Whether it is time to clear what is done."""
        return self.is_nearly_full() or self.is_disk_low()

    def is_nearly_full(self) -> bool:
        """Whether it holds almost all that it may."""
        return self._n_bytes > _NEARLY_FULL * self.most_bytes

    def is_disk_low(self) -> bool:
        """Whether the disk is about to be full."""
        return shutil.disk_usage(self.studies).free < self.least_free_bytes

    def files(self, folder: str) -> list[Path]:
        """Return the objects of a study, by name."""
        with suppress(FileNotFoundError):
            return sorted((self.studies / folder).iterdir())
        return []

    def folders(self) -> Iterator[str]:
        """Go through the studies."""
        yield from sorted(path.name for path in self.studies.iterdir())

    def put(self, part: Path, target: Path) -> None:
        """Move an object to its place for good; its folder is made if it is not there."""
        with self._moving:
            if not target.parent.exists():
                target.parent.mkdir(mode=0o700)
                # Before anybody else puts an object there and acknowledges it.
                sync_folder(self.studies)
            part.replace(target)
        sync_folder(target.parent)

    def remove(self, folder: str, names: Iterable[str]) -> None:
        """Remove objects of a study that is done, and only them: others may have come since."""
        for name in names:
            path = self.studies / folder / name
            with suppress(OSError):
                n_bytes = path.stat().st_size
                path.unlink()
                self.take(-n_bytes)
        with self._moving, suppress(OSError):
            (self.studies / folder).rmdir()


class Incoming(BytesIO):
    """An object on its way to the disk; what is written beyond a limit is dropped and remembered.

    pynetdicom writes the fragments of a data set into such a stream, so that none of it stays in memory.
    """

    def __init__(self, spool: Spool, path: Path, head: bytes) -> None:
        super().__init__()
        self.failure: StoreStatus | None = None
        self.why = ""
        self.n_bytes = 0
        self._spool = spool
        self._path = path
        self._n_taken = 0
        self._file: BinaryIO | None = None
        if spool.is_disk_low():
            self._fail(StoreStatus.OUT_OF_RESOURCES, "the disk is full")
            return
        try:
            self._file = path.open("w+b", buffering=_MEMORY_BYTES)
        except OSError as error:
            self._fail(StoreStatus.OUT_OF_RESOURCES, error.strerror or "no file can be made")
            return
        self.write(head)

    def write(self, content: bytes, /) -> int:  # type: ignore[override]
        """Take a fragment."""
        n_bytes = len(content)
        self.n_bytes += n_bytes
        if self._file is None:
            return n_bytes
        if self.n_bytes > self._spool.most_object_bytes:
            self._fail(StoreStatus.OUT_OF_RESOURCES, "the object is larger than allowed")
        elif not self._spool.take(n_bytes):
            self._fail(StoreStatus.OUT_OF_RESOURCES, "the spool is full")
        else:
            self._n_taken += n_bytes
            try:
                self._file.write(content)
            except OSError as error:
                self._fail(StoreStatus.OUT_OF_RESOURCES, error.strerror or "the disk is full")
        return n_bytes

    def opened(self) -> BinaryIO:
        """Return the file so far, at its beginning.

        Raises
        ------
        OSError
            If the disk does not take what was written.
        """
        assert self._file is not None
        self._file.flush()
        self._file.seek(0)
        return self._file

    def keep(self, folder: str, sop_instance_uid: str, prefix: str) -> bool:
        """Put the object in its place, on the disk for good; True if it was not there before.

        Raises
        ------
        OSError
            If the disk does not take it; nothing remains of it.
        """
        assert self._file is not None
        target = self._spool.studies / folder / f"{prefix}{file_of(sop_instance_uid)}"
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            if target.exists() and _is_same(self._path, target):
                # Who put it there may still be about to.
                sync_folder(target.parent)
                self.discard()
                return False
            before = target.stat().st_size if target.exists() else 0
            self._spool.put(self._path, target)
        except OSError:
            self.discard()
            raise
        self._spool.take(-before)
        self._n_taken = 0
        self._close()
        return True

    def discard(self) -> None:
        """Forget the object."""
        self._close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._spool.take(-self._n_taken)
        self._n_taken = 0

    def _fail(self, status: StoreStatus, why: str) -> None:
        self.failure, self.why = status, why
        self.discard()

    def _close(self) -> None:
        if self._file is not None:
            # What could not be written cannot be flushed either.
            with suppress(OSError):
                self._file.close()
            self._file = None


def _is_same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
