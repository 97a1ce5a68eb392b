"""What guards the port, in this process."""

import time
from pathlib import Path

import pytest
from hostile import associate_request, connected, read_pdu

from calciseg.pacs.association import Limits
from calciseg.pacs.audit import Audit
from calciseg.pacs.guards import GuardedSocket, GuardedTimer
from calciseg.pacs.spool import Spool
from calciseg.pacs.store import StoreScp

ACCEPTED = 2


def test_a_timer_that_was_stopped_late_has_not_expired() -> None:
    timer = GuardedTimer(0.001)
    timer.start()
    time.sleep(0.01)
    assert timer.expired
    timer.stop()
    assert not timer.expired
    timer.start()
    time.sleep(0.01)
    assert timer.expired


def test_a_request_in_the_moment_in_which_its_time_is_up_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = GuardedSocket.recv

    def late(guarded: GuardedSocket, n_bytes: int) -> bytearray:
        if guarded.assoc.dul.state_machine.current_state == "Sta2":  # the request is waited for
            guarded.assoc.dul.artim_timer.timeout = 0.0
        return receive(guarded, n_bytes)

    monkeypatch.setattr(GuardedSocket, "recv", late)
    scp = StoreScp(
        Spool(tmp_path, most_bytes=1 << 20, most_object_bytes=1 << 20, least_free_bytes=0),
        Audit(None),
        received=lambda _folder: None,
        ended=lambda _visit: None,
        ae_title="CALCISEG",
        calling=(),
        limits=Limits(),
        tls=None,
    )
    try:
        with connected(scp.start("127.0.0.1", 0)) as connection:
            time.sleep(0.3)
            connection.sendall(associate_request())
            assert read_pdu(connection)[0] == ACCEPTED
    finally:
        scp.stop(0.0)
