"""How a study's failure is told by a worker: what lacks memory is no bug, and not the study's fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ENOMEM
from pathlib import Path
from typing import Any

import pytest
from archive import ROOT_UID, put_study, thinned_slices

from calciseg import Settings
from calciseg.errors import InputError
from calciseg.reading import files, survey_files
from calciseg.workers import Job, Outcome, Task, work

NO_MEMORY = "not enough memory for this study"


def from_cause(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def outcome(error: Exception, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(work, "analyze", failing)
    return done([], "no-such-stage")


def done(paths: list[Path], stage: str) -> Outcome:
    task = Task(
        study_instance_uid=f"{ROOT_UID}.1.1",
        paths=tuple(map(str, paths)),
        stage=stage,
        folder="",
        n_voxels=0,
        n_film_pixels=0,
        wanted="",
    )
    return work.do_study(task, Job(settings=Settings(), types=("json",)))


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        OSError(ENOMEM, "Cannot allocate memory"),
        from_cause(InputError("cannot be decoded"), MemoryError()),
    ],
)
def test_a_lack_of_memory(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    found = outcome(error, monkeypatch)
    assert (found.code, found.reason) == ("out_of_memory", NO_MEMORY)


@pytest.mark.parametrize(
    ("error", "code", "may_pass"),
    [
        (InputError("x"), "input_error", False),
        (from_cause(InputError("x"), PermissionError(EACCES, "Permission denied")), "input_error", True),
        (RuntimeError("Doe^Jane"), "bug", False),
        (NameError("features"), "bug", False),
    ],
)
def test_other_failures(error: Exception, code: str, may_pass: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = outcome(error, monkeypatch)
    assert (found.code, found.may_pass) == (code, may_pass)
    assert "Jane" not in str(found.reason)


@contextmanager
def no_memory(name: str) -> Iterator[None]:
    def failing(*_: Any, **__: Any) -> None:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.DiskFile, name, failing)
        yield


def test_a_header_or_pixels_without_memory_are_not_called_damaged(repository: Path, tmp_path: Path) -> None:
    paths = put_study(thinned_slices(repository / "sample_data" / "thigh_ct"), tmp_path, 1)
    with no_memory("header"), pytest.raises(MemoryError):
        survey_files(map(str, paths))
    for name in ("header", "pixel_bytes"):
        with no_memory(name):
            found = done(paths, str(tmp_path / "stage"))
        assert (found.code, found.reason) == ("out_of_memory", NO_MEMORY)
