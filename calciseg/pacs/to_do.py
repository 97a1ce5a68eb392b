"""What there is to do of a received study: it is told from its objects, not from what was noted of them."""

import logging
from hashlib import sha256
from pathlib import Path

from pydicom import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from calciseg._version import __version__
from calciseg.pacs.queue import Queue, QueueRow
from calciseg.pacs.spool import IMAGE_PREFIX, Spool
from calciseg.quiet import quiet_pydicom
from calciseg.reading.radiographs import MODALITIES
from calciseg.reading.values import code_string
from calciseg.workers import Task

__all__ = ["fail_unread", "made_from_by", "task_of"]

log = logging.getLogger("calciseg.pacs")

_CODES_OF_A_VERSION = ("input_error", "bug")
"""Failures that the same objects would meet again, with the same version of calciseg."""
_MODALITY, _STUDY_UID = BaseTag(0x00080060), BaseTag(0x0020000D)


def task_of(folder: str, spool: Spool, queue: Queue, stage: Path) -> Task | None:
    """Return the analysis that a study needs, or None: it was done, or must not be done in part.

    Parameters
    ----------
    folder : str
        Of the study in the spool.
    spool : Spool
    queue : Queue
        Is told of a study that must not be done, or whose results are to be sent once more.
    stage : Path
        Where results are written to.

    Raises
    ------
    OSError
        If the spool cannot be read.
    """
    images = _images(folder, spool)
    made_from = _digest(images)
    row = queue.row(folder)
    if not images or _is_settled(row, made_from):
        return None
    if row is not None and _was_refused(row, made_from):
        queue.change(folder, "failed", state="sending", code=None, reason=None, sendings=0, send_after=0)
        return None
    names = frozenset(path.name for path in images)
    header = _header_of_one(images)
    if header is None:
        _refuse(queue, folder, made_from, names, "input_error", "none of its objects can be read")
        return None
    uid = str(header.StudyInstanceUID)
    if row is not None and not row.names <= names:
        reason = (
            f"objects came after {len(row.names - names)} others of the study had been cleared away; send the"
            " whole study again"
        )
        _refuse(queue, folder, made_from, row.names | names, "incomplete", reason, uid)
        return None
    sizes = [path.stat().st_size // 2 for path in images]
    is_films = code_string(header, "Modality") in MODALITIES
    return Task(
        study_instance_uid=uid,
        paths=tuple(map(str, images)),
        stage=str(stage / folder),
        folder=folder,
        n_voxels=0 if is_films else sum(sizes),
        n_film_pixels=max(sizes) if is_films else 0,
        wanted=made_from,
    )


def fail_unread(folder: str, spool: Spool, queue: Queue, reason: str) -> None:
    """Let a study fail of which nothing else can be told, until other objects of it come.

    Parameters
    ----------
    folder : str
        Of the study in the spool.
    spool : Spool
    queue : Queue
    reason : str
        Without a path.
    """
    images = _images(folder, spool)
    _refuse(queue, folder, _digest(images), frozenset(path.name for path in images), "bug", reason)


def made_from_by(made_from: str, code: str) -> str:
    """Return what a failure is remembered by: another version may do better with the same objects."""
    return f"{made_from} {__version__}" if code in _CODES_OF_A_VERSION else made_from


def _images(folder: str, spool: Spool) -> list[Path]:
    return [path for path in spool.files(folder) if path.name.startswith(IMAGE_PREFIX)]


def _header_of_one(images: list[Path]) -> Dataset | None:
    """Return what the first object that can be read says of its study."""
    for path in images:
        with path.open("rb") as stream, quiet_pydicom():
            try:
                header = read_partial(
                    stream,
                    stop_when=lambda tag, _vr, _length: tag > _STUDY_UID,
                    specific_tags=[_MODALITY, _STUDY_UID],
                )
                if header.StudyInstanceUID:
                    return header
            except Exception:  # a damaged header raises whatever pydicom's parser raises
                continue
    return None


def _digest(images: list[Path]) -> str:
    digest = sha256()
    for path in images:
        status = path.stat()
        digest.update(f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_settled(row: QueueRow | None, made_from: str) -> bool:
    """Whether the same objects were analysed, or failed for good."""
    if row is None:
        return False
    if row.state == "failed" and row.code in _CODES_OF_A_VERSION:
        return row.made_from == made_from_by(made_from, row.code)
    is_over = row.state in ("sending", "done") or row.code == "incomplete"
    return is_over and row.made_from == made_from


def _was_refused(row: QueueRow, made_from: str) -> bool:
    """Whether the results of the same objects are there and only the PACS did not want them."""
    return row.code == "send_refused" and row.made_from == made_from


def _refuse(
    queue: Queue,
    folder: str,
    made_from: str,
    names: frozenset[str],
    code: str,
    reason: str,
    uid: str | None = None,
) -> None:
    """Note that a study is not analysed from these objects; one without a UID goes by its folder."""
    queue.start(folder, uid or folder, made_from, names)
    queue.change(
        folder, "running", state="failed", code=code, reason=reason, made_from=made_from_by(made_from, code)
    )
    log.error("study %s: %s", uid or folder, reason)
