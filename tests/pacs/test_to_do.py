"""What one odd object, one odd study and another version do to the studies that wait in a spool."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydicom
import pytest
from archive import ROOT_UID
from peers import free_port

from calciseg import Settings
from calciseg.errors import UsageError
from calciseg.pacs import listener as listener_module
from calciseg.pacs import to_do
from calciseg.pacs.listener import Listener
from calciseg.pacs.names import folder_of
from calciseg.pacs.plan import ListenPlan
from calciseg.pacs.queue import Queue, QueueRow
from calciseg.pacs.spool import Spool
from calciseg.workers import Ended, Job, LocalCrew, Outcome, Task

UID = f"{ROOT_UID}.1.1"
FOLDER = folder_of(UID)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", most_bytes=1 << 30, most_object_bytes=1 << 30, least_free_bytes=0)


@pytest.fixture
def queue(spool: Spool, tmp_path: Path) -> Iterator[Queue]:
    with closing(Queue(tmp_path / "spool" / "queue.sqlite")) as opened:
        yield opened


@pytest.fixture
def one(slices: Sequence[pydicom.Dataset]) -> pydicom.Dataset:
    dataset = pydicom.Dataset(slices[0])
    dataset.file_meta = slices[0].file_meta
    dataset.StudyInstanceUID = UID
    return dataset


def put(spool: Spool, name: str, dataset: pydicom.Dataset, cut: int | None = None) -> Path:
    path = spool.studies / FOLDER / f"image-{name}.dcm"
    path.parent.mkdir(exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes()[:cut])
    return path


def until_pixels(dataset: pydicom.Dataset, path: Path) -> int:
    return path.read_bytes().rfind(b"\xe0\x7f\x10\x00")


def task_of(spool: Spool, queue: Queue, tmp_path: Path) -> Task | None:
    return to_do.task_of(FOLDER, spool, queue, tmp_path / "stage")


def begun(spool: Spool, queue: Queue, dataset: pydicom.Dataset, tmp_path: Path) -> Task:
    put(spool, "a", dataset)
    task = task_of(spool, queue, tmp_path)
    assert task is not None
    queue.start(FOLDER, UID, task.wanted, ["image-a.dcm"])
    return task


def row_of(queue: Queue) -> QueueRow:
    row = queue.row(FOLDER)
    assert row is not None
    return row


@pytest.mark.parametrize("n_more", [0, 4, 8, 11])
def test_an_object_cut_within_its_last_header_makes_a_task(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path, n_more: int
) -> None:
    path = put(spool, "a", one)
    put(spool, "a", one, until_pixels(one, path) + n_more)
    task = task_of(spool, queue, tmp_path)
    assert task is not None
    assert task.study_instance_uid == UID


@pytest.mark.parametrize("modality", [["CT", "CR"], "", None])
def test_any_modality_makes_a_task(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path, modality: Any
) -> None:
    one.add_new("Modality", "CS", modality)
    put(spool, "a", one)
    assert task_of(spool, queue, tmp_path) is not None


def test_what_cannot_be_read_at_all_hides_no_other(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path
) -> None:
    put(spool, "a", one, 150)
    put(spool, "b", one, 20)
    put(spool, "c", one)
    task = task_of(spool, queue, tmp_path)
    assert task is not None
    assert (task.study_instance_uid, len(task.paths)) == (UID, 3)


def test_a_study_without_a_readable_object_fails_once(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path
) -> None:
    put(spool, "a", one, 150)
    for _ in range(2):
        assert task_of(spool, queue, tmp_path) is None
        row = row_of(queue)
        assert (row.state, row.code, row.reason) == (
            "failed",
            "input_error",
            "none of its objects can be read",
        )
        assert row.attempts == 1
    put(spool, "b", one)
    assert task_of(spool, queue, tmp_path) is not None


@pytest.mark.parametrize(("code", "is_redone"), [("bug", True), ("input_error", True), ("incomplete", False)])
def test_another_version_tries_again_what_this_one_could_not_do(
    spool: Spool,
    queue: Queue,
    one: pydicom.Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    is_redone: bool,
) -> None:
    task = begun(spool, queue, one, tmp_path)
    made_from = to_do.made_from_by(task.wanted, code)
    queue.change(FOLDER, "running", state="failed", code=code, made_from=made_from)
    assert task_of(spool, queue, tmp_path) is None
    monkeypatch.setattr(to_do, "__version__", "99.0")
    assert (task_of(spool, queue, tmp_path) is not None) == is_redone


def test_what_is_done_is_done_for_another_version_too(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(spool, queue, one, tmp_path)
    queue.change(FOLDER, "running", state="done")
    monkeypatch.setattr(to_do, "__version__", "99.0")
    assert task_of(spool, queue, tmp_path) is None


def test_results_that_were_refused_are_sent_once_more_and_nothing_is_analysed_again(
    spool: Spool, queue: Queue, one: pydicom.Dataset, tmp_path: Path
) -> None:
    begun(spool, queue, one, tmp_path)
    queue.change(FOLDER, "running", state="sending")
    queue.change(FOLDER, "sending", state="failed", code="send_refused", reason="C000H", sendings=4)
    assert task_of(spool, queue, tmp_path) is None
    row = row_of(queue)
    assert (row.state, row.code, row.reason, row.sendings) == ("sending", None, None, 0)
    queue.change(FOLDER, "sending", state="failed", code="send_refused", reason="C000H")
    put(spool, "b", one)
    assert task_of(spool, queue, tmp_path) is not None


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A listener that is not run, its spool with two studies, and what it gave to its crew."""
    for name in ("1", "2"):
        path = tmp_path / "spool" / "studies" / name / "image-a.dcm"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"an object")
    started: list[Task] = []
    monkeypatch.setattr(LocalCrew, "start", lambda _, task: started.append(task))
    job = Job(settings=Settings(), types=("json",))
    plan = ListenPlan(
        out=tmp_path / "out",
        spool=tmp_path / "spool",
        job=job,
        is_anybody_allowed=True,
        quiet_seconds=1e-6,
        least_free_bytes=0,
        memory_bytes=1 << 30,
        n_workers=2,
    )
    listener = Listener(plan)
    yield SimpleNamespace(listener=listener, started=started, stage=tmp_path / "stage", plan=plan)
    listener._queue.close()


def a_task(folder: str, **_: object) -> Task:
    return Task(
        study_instance_uid=f"1.2.{folder}",
        paths=("image-a.dcm",),
        stage="no-such-stage",
        folder=folder,
        n_voxels=1,
        n_film_pixels=0,
        wanted="w",
    )


def test_a_bug_with_one_study_fails_that_study_alone(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(folder: str, *_: object) -> Task:
        if folder == "1":
            raise TypeError("Doe^Jane")
        return a_task(folder)

    monkeypatch.setattr(listener_module, "task_of", odd)
    made.listener._start_due(made.stage)
    made.listener._start_due(made.stage)
    assert [task.folder for task in made.started] == ["2"]
    row = made.listener._queue.row("1")
    assert (row.state, row.code) == ("failed", "bug")
    assert "TypeError, test_to_do.py:" in row.reason
    assert "Jane" not in caplog.text
    assert made.listener._n_waiting() == 0


def test_a_spool_that_cannot_be_read_for_once_is_looked_at_again(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OSError(5, "Input/output error")]

    def flaky(folder: str, *_: object) -> Task:
        if folder == "1" and failures:
            raise failures.pop()
        return a_task(folder)

    monkeypatch.setattr(listener_module, "task_of", flaky)
    monkeypatch.setattr(listener_module, "_TRY_AGAIN_SECONDS", 0.0)
    made.listener._start_due(made.stage)
    made.listener._start_due(made.stage)
    assert sorted(task.folder for task in made.started) == ["1", "2"]
    assert made.listener._queue.counts() == {"running": 2}


@pytest.mark.parametrize(("may_pass", "is_settled"), [(True, False), (False, True)])
def test_a_study_whose_objects_could_not_be_read_just_then_is_looked_at_again(
    made: SimpleNamespace, may_pass: bool, is_settled: bool
) -> None:
    task = replace(a_task("1"), stage=str(made.stage))
    made.listener._changed.clear()
    made.listener._start(task)
    outcome = Outcome(study_instance_uid="1.2.1", code="input_error", reason="x", may_pass=may_pass)
    made.listener._settle(Ended(task=task, outcome=outcome))
    row = made.listener._queue.row("1")
    assert (row.state, row.code) == ("failed", "input_error")
    assert (row.made_from is not None) == is_settled
    assert made.listener._n_waiting() == (0 if is_settled else 1)


@pytest.mark.parametrize("host", ["no.such.invalid", "192.0.2.1", "a..b", "x" * 70])
def test_an_address_that_is_not_ours_is_said_in_a_sentence(
    made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    object.__setattr__(made.plan, "host", host)
    object.__setattr__(made.plan, "port", free_port())
    with pytest.raises(UsageError, match=rf"^{host} port \d+: cannot be listened on \(.*\); choose another"):
        made.listener.run(threading.Event())


def test_a_port_for_health_that_is_taken_is_named(made: SimpleNamespace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        object.__setattr__(made.plan, "port", 0)
        object.__setattr__(made.plan, "health_port", port)
        with pytest.raises(UsageError, match=rf"^--health-port: 127\.0\.0\.1 port {port}: cannot be"):
            made.listener.run(threading.Event())
