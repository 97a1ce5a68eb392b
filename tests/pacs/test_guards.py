"""What guards the port, by itself."""

import time

from calciseg.pacs.guards import GuardedTimer


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
