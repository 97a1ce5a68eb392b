"""From the stage to the results: a study's files take their place together, and whole."""

import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from calciseg.outputs import output_error, remove_older, sync_folder

__all__ = ["STAGE", "folder_of", "make_folder", "publish", "sweep", "swept_stage"]

STAGE = ".calciseg-batch"
"""Below OUT: what is being made; empty when nothing runs."""


def folder_of(study_instance_uid: str) -> str:
    """Name the folder of a study's results: a hash, for a UID may be traced and a name is worse."""
    return sha256(study_instance_uid.encode()).hexdigest()[:16]


def make_folder(out: Path) -> None:
    """Make the folder of all results.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(out, error) from error


def swept_stage(out: Path, name: str) -> Path:
    """Make a stage, without what an interrupted run left there.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    stage = out / STAGE / name
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
    except OSError as error:
        raise output_error(stage, error) from error
    return stage


def publish(stage: Path, target: Path) -> None:
    """Move a study's results from the stage to their place; they are on the disk for good when this returns.

    In a folder that is there already the older results are replaced, file by file, and the files that are
    not calciseg's stay.

    Raises
    ------
    OutputError
        If a file cannot be moved.
    """
    try:
        sync_folder(stage)
        if not target.exists():
            stage.replace(target)
            sync_folder(target.parent)
            return
        names = sorted(path.name for path in stage.iterdir())
        for name in names:
            (stage / name).replace(target / name)
        sync_folder(target)
        stage.rmdir()
    except OSError as error:
        raise output_error(target, error) from error
    remove_older(target, keep=names)


def sweep(stage: Path) -> None:
    """Remove a stage with what is on it, and the folder of stages once it is empty."""
    shutil.rmtree(stage, ignore_errors=True)
    if stage.parent.name == STAGE:
        with suppress(OSError):
            stage.parent.rmdir()
