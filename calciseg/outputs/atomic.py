"""Files appear whole or not at all, and a set of files appears together."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from calciseg.errors import OutputError

__all__ = ["output_error", "staged", "sync_folder", "whole_file"]

_REMEDIES = {
    errno.ENOSPC: "free some space or choose another folder",
    errno.EDQUOT: "free some space or choose another folder",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.ENOTDIR: "give a folder, not a file",
    errno.EEXIST: "give a folder, not a file",
    errno.EISDIR: "move the folder of that name away",
    errno.ENOTEMPTY: "move the folder of that name away",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """Say in one sentence which file cannot be written, why, and what to do."""
    reason = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno or 0, "choose another folder")
    return OutputError(f"{path}: cannot be written ({reason}); {remedy}")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes its name only once all of it is on the disk.

    Parameters
    ----------
    path : Path
        The file's name; a file of that name is replaced.

    Yields
    ------
    binary file
        Open for writing. If the body raises, nothing remains of it.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OutputError:
        raise
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Collect files in a hidden folder inside ``folder`` and move them all there at the end.

    A failure half way therefore leaves what lay in ``folder`` before as it was, not a mixture of two studies.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.

    Yields
    ------
    Path
        Where to write.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".calciseg-", dir=folder))
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        yield stage
        for file in sorted(stage.iterdir()):
            _move(file, folder / file.name)
    except OutputError as error:
        # The reader of the message knows the folder asked for, not the hidden one.
        raise OutputError(str(error).replace(str(stage), str(folder))) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        raise output_error(target, error) from error
