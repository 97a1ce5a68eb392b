"""What there is to do of a received study: it is told from its objects, not from what was noted of them."""

import logging
from hashlib import sha256
from pathlib import Path

from pydicom import dcmread

from calciseg.pacs.queue import Queue, QueueRow
from calciseg.pacs.spool import IMAGE_PREFIX, Spool
from calciseg.reading.radiographs import MODALITIES
from calciseg.workers import Task

__all__ = ["task_of"]

log = logging.getLogger("calciseg.pacs")

_FINAL_CODES = ("input_error", "bug", "incomplete", "send_refused")
"""Failures that the same objects would meet again."""


def task_of(folder: str, spool: Spool, queue: Queue, stage: Path) -> Task | None:
    """Return the analysis that a study needs, or None: it was done, or must not be done in part.

    Parameters
    ----------
    folder : str
        Of the study in the spool.
    spool : Spool
    queue : Queue
        Is told of a study that must not be done.
    stage : Path
        Where results are written to.
    """
    images = [path for path in spool.files(folder) if path.name.startswith(IMAGE_PREFIX)]
    made_from = _digest(images)
    row = queue.row(folder)
    if not images or _is_settled(row, made_from):
        return None
    header = dcmread(images[0], specific_tags=["StudyInstanceUID", "Modality"])
    uid = str(header.StudyInstanceUID)
    names = frozenset(path.name for path in images)
    if row is not None and not row.names <= names:
        _refuse_part(queue, row, uid, made_from, names)
        return None
    sizes = [path.stat().st_size // 2 for path in images]
    is_films = header.get("Modality") in MODALITIES
    return Task(
        study_instance_uid=uid,
        paths=tuple(map(str, images)),
        stage=str(stage / folder),
        folder=folder,
        n_voxels=0 if is_films else sum(sizes),
        n_film_pixels=max(sizes) if is_films else 0,
        wanted=made_from,
    )


def _digest(images: list[Path]) -> str:
    digest = sha256()
    for path in images:
        status = path.stat()
        digest.update(f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _is_settled(row: QueueRow | None, made_from: str) -> bool:
    """Whether the same objects were analysed, or failed for good."""
    if row is None or row.made_from != made_from:
        return False
    return row.state in ("sending", "done") or (row.state == "failed" and row.code in _FINAL_CODES)


def _refuse_part(queue: Queue, row: QueueRow, uid: str, made_from: str, names: frozenset[str]) -> None:
    """Keep the result of a whole study from being replaced by that of what came late."""
    reason = (
        f"objects came after {len(row.names - names)} others of the study had been cleared away; send the"
        " whole study again"
    )
    queue.start(row.folder, uid, made_from, row.names | names)
    queue.change(row.folder, "running", state="failed", code="incomplete", reason=reason)
    log.warning("study %s: %s", uid, reason)
