"""A service that is asked to stop, and one that does not."""

import subprocess
import sys

import pytest

SERVICE = """
import sys, threading, time
from calciseg_cli.stopping import stopped_by_signals
with stopped_by_signals(0.3) as stop:
    print("ready", flush=True)
    stop.wait()
    {after}
"""


@pytest.mark.parametrize(
    ("after", "code"),
    [("pass", 0), ("time.sleep(60)", 1), ("threading.Thread(target=time.sleep, args=(60,)).start()", 1)],
    ids=["stops", "hangs", "leaves a thread that hangs"],
)
def test_a_service_that_does_not_stop_is_ended_and_says_where_it_hangs(after: str, code: int) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE.format(after=after)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert service.stdout is not None
        assert service.stdout.readline() == "ready\n"
        service.terminate()
        _, log = service.communicate(timeout=30)
    finally:
        service.kill()
    assert service.returncode == code, log
    assert ("Timeout" in log) == ("Thread 0x" in log) == (code == 1)
