"""What peers may do to a listener: each is refused with the right status, and service goes on."""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from struct import pack

import psutil
import pydicom
import pytest
from hostile import (
    associate_request,
    associated,
    connected,
    data_set,
    p_data,
    read_pdu,
    store_command,
    store_status,
)
from listening import Listening, listening
from peers import dcmtk, n_stored, wait_until

ACCEPTED, REJECTED, P_DATA, ABORTED, CLOSED = 2, 3, 4, 7, 0
SUCCESS, OUT_OF_RESOURCES, NOT_OF_SOP_CLASS, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xA900, 0xC000
N_ASSOCIATIONS = 3


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A listener that is strict, and analyses nothing while the tests last."""
    options = (
        "--associations",
        N_ASSOCIATIONS,
        "--idle-seconds",
        2,
        "--object-mib",
        1,
        "--quiet-seconds",
        3600,
    )
    with listening(tmp_path_factory.mktemp("listener"), *options) as strict:
        yield strict


@pytest.fixture(autouse=True)
def service_goes_on(listener: Listening) -> Iterator[None]:
    yield
    assert listener.process.poll() is None, listener.log

    def is_answered() -> bool:
        echo = dcmtk("echoscu", "-aec", "CALCISEG", "-aet", "STORESCU", "127.0.0.1", listener.port)
        return echo.returncode == 0

    wait_until(is_answered, 30)
    wait_until(lambda: listener.health()["n_associations"] == 0, 30)
    assert "Traceback" not in listener.log
    assert not list((listener.folder / "spool" / "parts").iterdir())


def rejection(listener: Listening, request: bytes) -> tuple[int, int, int]:
    """Result, source and reason of a rejection (PS3.8, 9.3.4)."""
    with connected(listener.port) as connection:
        connection.sendall(request)
        kind, content = read_pdu(connection)
    assert kind == REJECTED, f"PDU type {kind}"
    return content[1], content[2], content[3]


def test_wrong_ae_titles(listener: Listening) -> None:
    assert rejection(listener, associate_request(called="OTHER")) == (1, 1, 7)
    assert rejection(listener, associate_request(calling="STRANGER")) == (1, 1, 3)
    wait_until(lambda: [line["end"] for line in listener.audit][-2:] == ["rejected", "rejected"])


def test_unknown_sop_class(listener: Listening) -> None:
    with connected(listener.port) as connection:
        connection.sendall(associate_request(sop_class="1.2.3.4.5"))
        kind, content = read_pdu(connection)
        assert kind == ACCEPTED
        at = content.index(b"\x21\x00")
        assert content[at + 6] == 3  # abstract syntax not supported
        # Who sends all the same is not answered but thrown out.
        connection.sendall(store_command("1.2.3", "1.2.3.4.5") + p_data(2, b"\0" * 8))
        assert read_pdu(connection)[0] == ABORTED


@pytest.mark.slow
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        os.urandom(4096),
        pack(">BBI", 1, 0, 0xFFFFFFFF) + bytes(100_000),
        pack(">BBI", 4, 0, 12) + bytes(12),
        pack(">BBI", 1, 0, 70) + bytes(70),
        b"",
    ],
    ids=["http", "tls", "noise", "4 GB PDU", "data first", "empty request", "nothing"],
)
def test_garbage_on_the_port(listener: Listening, garbage: bytes) -> None:
    n_before = len(listener.audit)
    with connected(listener.port) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            return
        kind, _ = read_pdu(connection)
        assert kind in (CLOSED, ABORTED, REJECTED)
    wait_until(lambda: len(listener.audit) > n_before)


def test_a_message_that_never_ends(listener: Listening) -> None:
    def flood(connection: socket.socket) -> None:
        for _ in range(200):
            connection.sendall(p_data(1, b"\0" * 60_000))
            time.sleep(0.01)

    with associated(listener.port) as connection, pytest.raises(OSError, match=r"reset|Broken"):
        flood(connection)
    with associated(listener.port) as connection:
        connection.sendall(p_data(0, b"\0" * 1000))
        assert read_pdu(connection)[0] == ABORTED


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [b"", b"\x04", pack(">BBI", 4, 0, 1000) + b"\0" * 10], ids=["idle", "head", "PDU"]
)
def test_half_open_connections_are_closed(listener: Listening, part: bytes) -> None:
    begun = time.monotonic()
    with associated(listener.port) as connection:
        connection.sendall(store_command("1.2.3.9") + p_data(0, b"\0" * 100) + part)
        while read_pdu(connection)[0] != CLOSED:
            pass
    assert time.monotonic() - begun < 20
    wait_until(lambda: [line["end"] for line in listener.audit[-1:]] == ["aborted"])


@pytest.mark.slow
def test_who_says_nothing_at_all_is_closed(listener: Listening) -> None:
    with connected(listener.port) as connection:
        assert read_pdu(connection)[0] == CLOSED


def stored(connection: socket.socket, instance_uid: str, content: bytes) -> int:
    connection.sendall(store_command(instance_uid))
    for start in range(0, len(content), 60_000):
        connection.sendall(p_data(0, content[start : start + 60_000]))
    connection.sendall(p_data(2, b""))
    return store_status(connection)


def test_objects_that_cannot_be_kept(listener: Listening) -> None:
    n_before = len(listener.objects)
    good = data_set("1.2.3", "1.2.3.1")
    with associated(listener.port) as connection:
        assert stored(connection, "1.2.3.2", good) == CANNOT_UNDERSTAND
        assert stored(connection, "1.2.3.1", data_set("", "1.2.3.1")) == CANNOT_UNDERSTAND
        assert stored(connection, "1.2.3.1", b"\xff" * 1000) == CANNOT_UNDERSTAND
        assert stored(connection, "1.2.3.1", b"\x08\0\x05\0\xff\xff\xff\xff" * 5000) == CANNOT_UNDERSTAND
        other_class = data_set("1.2.3", "1.2.3.1", "1.2.840.10008.5.1.4.1.1.4")
        assert stored(connection, "1.2.3.1", other_class) == NOT_OF_SOP_CLASS
        assert stored(connection, "1.2.3.1", good + bytes(2 << 20)) == OUT_OF_RESOURCES
        assert len(listener.objects) == n_before
        assert stored(connection, "1.2.3.1", good) == SUCCESS
        assert stored(connection, "1.2.3.1", good) == SUCCESS
        # No part of a UID makes a path.
        outside = "../../../outside"
        assert stored(connection, outside, data_set("/etc", outside)) == SUCCESS
    assert len(listener.objects) == n_before + 2
    assert not list(listener.folder.parent.rglob("outside*"))
    wait_until(lambda: listener.audit[-1]["n_refused"] == 6)
    assert "larger than allowed" in str(listener.audit[-1]["reasons"])


def test_more_associations_than_allowed(listener: Listening) -> None:
    with ExitStack() as stack:
        for _ in range(N_ASSOCIATIONS):
            stack.enter_context(associated(listener.port))
        assert rejection(listener, associate_request()) == (2, 3, 2)


@pytest.mark.slow
def test_a_thousand_connections_that_wait(listener: Listening) -> None:
    process = psutil.Process(listener.process.pid)
    n_threads, rejected = process.num_threads(), 0
    with ExitStack() as stack:
        connections = []
        for _ in range(1000):
            # Those before it are let go as they fall idle: half a minute where the machine is slow.
            connection = socket.create_connection(("127.0.0.1", listener.port), timeout=240)
            connections.append(stack.enter_context(connection))
        for connection in connections[-50:]:
            connection.sendall(associate_request())
            kind, content = read_pdu(connection)
            rejected += kind == REJECTED and tuple(content[1:4]) == (2, 3, 2)
        assert process.num_threads() < n_threads + 100
        assert listener.health()["http"] == 200
    assert rejected > 25


@pytest.mark.slow
def test_a_full_spool_and_a_full_disk(slices: Sequence[pydicom.Dataset], study: Path, tmp_path: Path) -> None:
    with listening(tmp_path / "spool", "--spool-gib", 0.001, "--quiet-seconds", 3600) as full:
        filler = bytes(600_000)
        with associated(full.port) as connection:
            statuses = [
                stored(connection, f"1.2.3.{n}", data_set("1.2.3", f"1.2.3.{n}") + _pixels(filler))
                for n in range(3)
            ]
            small = stored(connection, "1.2.4.1", data_set("1.2.4", "1.2.4.1"))
        assert statuses == [SUCCESS, OUT_OF_RESOURCES, OUT_OF_RESOURCES]
        assert small == SUCCESS
        assert len(full.objects) == 2
    with listening(tmp_path / "disk", "--free-gib", 1_000_000, "--quiet-seconds", 3600) as low:
        with associated(low.port) as connection:
            assert stored(connection, "1.2.3.1", data_set("1.2.3", "1.2.3.1")) == OUT_OF_RESOURCES
        health = low.health()
    assert (health["http"], health["troubles"]) == (503, ["the disk is nearly full"])
    assert low.objects == []


def _pixels(content: bytes) -> bytes:
    return pack("<HHI", 0x7FE0, 0x0010, len(content)) + content


@pytest.mark.slow
def test_an_object_of_four_gigabytes(listener: Listening) -> None:
    """Taken in, dropped, refused; neither memory nor disk is filled."""
    process = psutil.Process(listener.process.pid)
    chunk = p_data(0, bytes((1 << 18) - 12))
    with associated(listener.port) as connection:
        connection.sendall(store_command("1.2.3.4"))
        connection.sendall(p_data(0, data_set("1.2.3", "1.2.3.4") + pack("<HHI", 0x7FE0, 0x0010, 0xFFFFFFF0)))
        for _ in range((4 << 30) // len(chunk) + 1):
            connection.sendall(chunk)
        connection.sendall(p_data(2, b""))
        assert store_status(connection) == OUT_OF_RESOURCES
        assert process.memory_info().rss < 500 << 20
        assert stored(connection, "1.2.3.5", data_set("1.2.3", "1.2.3.5")) == SUCCESS


def test_a_study_still_arrives(listener: Listening, study: Path) -> None:
    done = dcmtk("storescu", "-v", "-xe", "+sd", "-aec", "CALCISEG", "127.0.0.1", listener.port, study)
    assert n_stored(done) == len(list(study.iterdir())), done.stderr
