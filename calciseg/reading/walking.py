"""Folder by folder through what lies below a root, each real folder once."""

import os
from collections.abc import Callable, Iterator
from errno import ELOOP, ENOENT, ENOTDIR
from pathlib import Path
from stat import S_ISREG

__all__ = ["look", "walk"]

_APPLE_DOUBLE = "._"
"""macOS puts such a companion beside every file on foreign disks."""
_NOTHING_THERE = (ELOOP, ENOENT, ENOTDIR)
"""A link that leads nowhere, or what has gone meanwhile."""


def walk(
    root: Path, on_error: Callable[[OSError], None], leave_out: Path | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Go through the folders below a root, in the order of their names.

    Links to folders are followed. What lies below the root anyway is read where it lies, and what several
    links lead to by the first of them: no folder is read twice, and a loop ends.

    Parameters
    ----------
    root : Path
    on_error : callable
        Takes the error of a folder that cannot be opened.
    leave_out : Path, optional
        A folder that is not entered.

    Yields
    ------
    tuple of Path and list of str
        A folder, and the names of what is no folder in it, sorted; neither a ``DICOMDIR``, which lists files
        that are found anyway, nor the companions that macOS leaves.
    """
    real_root = root.resolve()
    seen = {_identity(place) for place in (root, leave_out) if place is not None and place.exists()}
    for parent, folders, names in os.walk(root, onerror=on_error, followlinks=True):
        here = Path(parent)
        folders[:] = [name for name in sorted(folders) if _is_new(here / name, real_root, seen)]
        kept = sorted(name for name in names if not name.startswith(_APPLE_DOUBLE))
        yield here, [name for name in kept if name.upper() != "DICOMDIR"]


def look(path: Path) -> str | None:
    """Look at what may be a file.

    Returns
    -------
    str or None
        Name, size and time, which tell a file that has changed. None for pipes, sockets and links that lead
        nowhere. What cannot be looked at may be a file: whoever opens it is told why it cannot be.
    """
    try:
        status = path.stat()
    except OSError as error:
        return None if error.errno in _NOTHING_THERE else f"{path.name}\0{error.errno}\n"
    return f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n" if S_ISREG(status.st_mode) else None


def _is_new(folder: Path, real_root: Path, seen: set[tuple[int, int]]) -> bool:
    """Note a folder and tell whether it is to be read by this name."""
    try:
        if folder.is_symlink() and folder.resolve().is_relative_to(real_root):
            return False
        identity = _identity(folder)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links
        return True  # whoever opens it is told why it cannot be
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino
