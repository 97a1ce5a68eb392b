"""SIGTERM and Ctrl-C ask a service to come to an end; it decides when, within limits."""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["stopped_by_signals"]


@contextmanager
def stopped_by_signals(most_seconds: float) -> Iterator[threading.Event]:
    """Give an event that is set by SIGTERM and SIGINT; a second signal ends the process at once.

    Parameters
    ----------
    most_seconds : float
        After the signal: a process that is still there then writes down what its threads wait for, and ends
        with 1. It must not wait for a supervisor that kills it and tells nobody why.
    """
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        if sys.__stderr__ is not None:
            faulthandler.dump_traceback_later(most_seconds, exit=True, file=sys.__stderr__)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
