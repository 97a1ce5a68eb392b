"""Results on their way back: whatever one sending raises, it is tried again, and so are the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydicom
import pytest
from peers import wait_until

from calciseg.errors import InputError
from calciseg.pacs import returning as returning_module
from calciseg.pacs import send
from calciseg.pacs.health import HealthServer
from calciseg.pacs.peers import Peer
from calciseg.pacs.queue import Queue
from calciseg.pacs.returning import Returning
from calciseg.pacs.send import SendReport, send_objects

PACS = Peer(ae_title="PACS", host="127.0.0.1", port=104)
ALL_STORED = SendReport(n_stored=1, refused=(), is_worth_another_try=False)


def answering(monkeypatch: pytest.MonkeyPatch, *answers: int | Exception | None) -> None:
    """Let the peer answer to one object after the other: with a status, not at all, or raise."""
    left = list(answers)

    def send_c_store(_: pydicom.Dataset) -> pydicom.Dataset:
        answer, status = left.pop(0), pydicom.Dataset()
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            status.Status = answer
        return status

    @contextmanager
    def associated(*_: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(send_c_store=send_c_store)

    monkeypatch.setattr(send, "associated", associated)


@pytest.fixture
def objects(slices: Sequence[pydicom.Dataset], tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{n}.dcm" for n in range(2)]
    for path in paths:
        slices[0].save_as(path, enforce_file_format=True)
    return paths


@pytest.mark.parametrize("answers", [(0, RuntimeError("no association")), (0, None), (None,)])
def test_a_peer_that_goes_away_between_two_objects_broke_off(
    objects: list[Path], monkeypatch: pytest.MonkeyPatch, answers: Sequence[Any]
) -> None:
    answering(monkeypatch, *answers)
    with pytest.raises(InputError, match=r"^PACS@127.0.0.1:104 broke off while \d.dcm was sent; try later"):
        send_objects(PACS, objects)


def test_an_object_that_is_damaged_or_gone_is_named(
    objects: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, 0, 0)
    objects[0].write_bytes(objects[0].read_bytes()[:200])
    with pytest.raises(InputError, match=r"^0.dcm cannot be read as DICOM"):
        send_objects(PACS, objects)
    objects[0].unlink()
    with pytest.raises(InputError, match=r"^0.dcm cannot be read as DICOM \(FileNotFoundError\)"):
        send_objects(PACS, objects)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with closing(Queue(tmp_path / "queue.sqlite")) as opened:
        yield opened


@pytest.fixture
def sending(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Returning]]:
    """Start to return the results of two studies, with another function that sends."""
    monkeypatch.setattr(returning_module, "_TICK_SECONDS", 0.001)
    monkeypatch.setattr(returning_module, "_FIRST_WAIT_SECONDS", 0.001)
    for folder in ("1", "2"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "seg-1.dcm").touch()
        queue.start(folder, f"1.2.{folder}", "w", ())
        queue.change(folder, "running", state="sending")
    started = []

    def start(send_objects: Callable[[Peer, Sequence[Path]], SendReport]) -> Returning:
        monkeypatch.setattr(returning_module, "send_objects", send_objects)
        started.append(Returning(queue, tmp_path, PACS))
        started[0].start()
        return started[0]

    yield start
    started[0].stop()


@pytest.mark.parametrize(
    "error", [RuntimeError("Doe^Jane"), InputError("away"), KeyError("x"), MemoryError()]
)
def test_what_one_sending_raises_is_tried_again(
    queue: Queue,
    sending: Callable[..., Returning],
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    failures = [error, error]

    def send_objects(_: Peer, paths: Sequence[Path]) -> SendReport:
        if paths[0].parent.name == "1" and failures:
            raise failures.pop()
        return ALL_STORED

    returning = sending(send_objects)
    wait_until(lambda: queue.counts() == {"done": 2})
    assert not failures
    assert not returning.has_died()
    assert "Jane" not in caplog.text


def test_a_queue_that_cannot_be_read_for_once_ends_nothing(
    queue: Queue, sending: Callable[..., Returning], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, failures = queue.rows, [OSError(5, "Input/output error")]

    def flaky(state: Any) -> Any:
        if failures:
            raise failures.pop()
        return rows(state)

    monkeypatch.setattr(queue, "rows", flaky)
    sending(lambda *_: ALL_STORED)
    wait_until(lambda: queue.counts() == {"done": 2})


def test_health_tells_of_nothing_that_sends(queue: Queue) -> None:
    plan = SimpleNamespace(ae_title="CALCISEG")
    scp = SimpleNamespace(n_associations=0)
    spool = SimpleNamespace(is_nearly_full=lambda: False, is_disk_low=lambda: False, n_bytes=0, most_bytes=1)

    def document(has_died: bool) -> dict[str, Any]:
        parts: Any = (plan, scp, spool)
        return HealthServer(*parts, queue, lambda: 0, lambda: None, lambda: has_died).document()

    assert document(False)["status"] == "ok"
    (trouble,) = document(True)["troubles"]
    assert "nothing sends results any more" in trouble
