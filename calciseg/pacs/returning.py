"""Results on their way back to the PACS: tried again until they are taken or refused for good."""

import logging
import threading
import time
from pathlib import Path

from calciseg.errors import CalcisegError, OutputError, kind_and_place
from calciseg.pacs.peers import Peer
from calciseg.pacs.queue import Queue, QueueRow
from calciseg.pacs.send import send_objects

__all__ = ["Returning"]

log = logging.getLogger("calciseg.pacs")

_TICK_SECONDS = 0.2
_FIRST_WAIT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 600.0


class Returning:
    """A thread that sends the DICOM objects of results.

    Parameters
    ----------
    queue : Queue
    out : Path
        Of the results.
    destination : Peer or None
        None: nothing is sent, and every study is done.
    """

    def __init__(self, queue: Queue, out: Path, destination: Peer | None) -> None:
        self._queue = queue
        self._out = out
        self._destination = destination
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="returning")

    def start(self) -> None:
        """Begin, with what an earlier run has left."""
        self._thread.start()

    def has_died(self) -> bool:
        """Whether it has ended without being told to."""
        was_started = self._thread.ident is not None
        return was_started and not self._thread.is_alive() and not self._stop.is_set()

    def stop(self) -> None:
        """End after the object that is being sent."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            try:
                for row in self._queue.rows("sending"):
                    if row.send_after <= time.time() and not self._stop.is_set():
                        self._return_or_wait(row)
            except Exception as error:  # whatever it is, the results of other studies must be sent
                log.error("sending results: %s; it is tried again", _in_words(error))
                self._stop.wait(_FIRST_WAIT_SECONDS)

    def _return_or_wait(self, row: QueueRow) -> None:
        try:
            self._return(row)
        except OutputError:  # The queue: what was sent twice is there once.
            raise
        except Exception as error:
            self._try_later(row, _in_words(error))

    def _return(self, row: QueueRow) -> None:
        folder = row.folder
        objects = sorted((self._out / folder).glob("*.dcm"))
        if self._destination is None or not objects:
            self._queue.change(folder, "sending", state="done")
            return
        report = send_objects(self._destination, objects)
        if not report.refused:
            log.info("study %s: %d objects sent", row.study_instance_uid, report.n_stored)
            self._queue.change(folder, "sending", state="done", code=None, reason=None)
            return
        reason = f"{self._destination} refused {', '.join(report.refused)}"
        if report.is_worth_another_try:
            self._try_later(row, reason)
        else:
            log.error("study %s: %s", row.study_instance_uid, reason)
            self._queue.change(folder, "sending", state="failed", code="send_refused", reason=reason)

    def _try_later(self, row: QueueRow, reason: str) -> None:
        seconds = min(_FIRST_WAIT_SECONDS * 2 ** min(row.sendings, 16), _LONGEST_WAIT_SECONDS)
        log.warning("study %s: %s; tried again in %.0f s", row.study_instance_uid, reason, seconds)
        self._queue.change(
            row.folder, "sending", reason=reason, sendings=row.sendings + 1, send_after=time.time() + seconds
        )


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, CalcisegError) else kind_and_place(error)
