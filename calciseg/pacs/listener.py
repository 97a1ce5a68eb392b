"""``calciseg listen``: studies come in by C-STORE, are analysed once complete, and results go back.

The objects in the spool are what is to be done; the queue remembers what was. So nothing that was
acknowledged is lost when the process is killed at any moment: at its next start it looks through the spool.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from calciseg.errors import OutputError, UsageError, kind_and_place
from calciseg.pacs.audit import Audit, Visit
from calciseg.pacs.health import HealthServer
from calciseg.pacs.plan import ListenPlan
from calciseg.pacs.queue import Queue
from calciseg.pacs.returning import Returning
from calciseg.pacs.spool import Spool
from calciseg.pacs.store import StoreScp
from calciseg.pacs.tidying import tidy
from calciseg.pacs.to_do import fail_unread, made_from_by, task_of
from calciseg.privacy import without_path
from calciseg.workers import Ended, LocalCrew, Task, make_folder, publish, sweep, swept_stage

__all__ = ["Listener"]

log = logging.getLogger("calciseg.pacs")

_TICK_SECONDS = 0.2
_TIDY_SECONDS = 60.0
_MOST_ATTEMPTS = 2
_OPEN_PATIENCE = 10
"""Quiet times after which a study is complete though an association that brought it stays open."""
_TRY_AGAIN_SECONDS = 60.0
_NOTE_AGAIN_SECONDS = 5.0
"""Until a queue that could not be written is tried again."""
_CLEARING_SECONDS = 5.0
"""Between two looks for what may leave a spool or disk that is short of room."""


class Listener:
    """Receives, analyses and sends back until it is told to stop.

    Parameters
    ----------
    plan : ListenPlan

    Raises
    ------
    UsageError
        If another listener uses the spool.
    OutputError
        If a folder cannot be used.
    """

    def __init__(self, plan: ListenPlan) -> None:
        self._plan = plan
        make_folder(plan.out)
        make_folder(plan.spool)
        self._queue = Queue(plan.spool / "queue.sqlite")
        self._spool = Spool(
            plan.spool,
            most_bytes=plan.most_spool_bytes,
            most_object_bytes=plan.most_object_bytes,
            least_free_bytes=plan.least_free_bytes,
        )
        self._audit = Audit(plan.audit)
        self._lock = threading.Lock()
        now = time.monotonic()
        self._changed = dict.fromkeys(self._spool.folders(), now)
        """When something of a study last came, by folder; those that need no look are not in it."""
        self._last_received: float | None = None
        self._scp = StoreScp(
            self._spool,
            self._audit,
            received=self._note_received,
            ended=self._note_ended,
            ae_title=plan.ae_title,
            calling=plan.calling,
            limits=plan.limits,
            tls=None if plan.tls is None else plan.tls.context(is_server=True),
        )
        self._crew = LocalCrew(
            plan.job, plan.n_workers, budget_bytes=plan.memory_bytes, seconds=plan.study_seconds
        )

    def run(self, stop: threading.Event, ready: Callable[[int], None] = lambda _port: None) -> None:
        """Work until stopped.

        Parameters
        ----------
        stop : threading.Event
        ready : callable
            Called with the port as soon as it is listened on.

        Raises
        ------
        UsageError
            If a port cannot be listened on.
        """
        plan = self._plan
        stage = swept_stage(plan.out, "listen")
        returning = Returning(self._queue, plan.out, plan.destination)
        health = HealthServer(
            plan, self._scp, self._spool, self._queue, self._n_waiting, self._silence, returning.has_died
        )
        try:
            with _listening_on(plan.host, plan.port):
                port = self._scp.start(plan.host, plan.port)
            with _listening_on("--health-port: 127.0.0.1", plan.health_port):
                health.start()
            returning.start()
            log.info("listening as %s on %s port %d", plan.ae_title, plan.host, port)
            ready(port)
            self._loop(stop, stage)
        finally:
            log.info("stopping")
            self._scp.stop(plan.grace_seconds)
            self._crew.close()
            returning.stop()
            health.stop()
            sweep(stage)
            self._queue.close()
            self._audit.close()

    def _loop(self, stop: threading.Event, stage: Path) -> None:
        tidied = 0.0
        while not stop.is_set():
            self._start_due(stage)
            for ended in self._crew.wait(_TICK_SECONDS):
                with self._noting(ended.task.folder):
                    self._settle(ended)
            patience = _CLEARING_SECONDS if self._spool.is_short() else _TIDY_SECONDS
            if time.monotonic() - tidied > patience:
                with self._noting():
                    tidy(self._spool, self._queue, self._plan.keep_hours)
                tidied = time.monotonic()

    @contextmanager
    def _noting(self, folder: str | None = None) -> Iterator[None]:
        """Outlive what goes wrong with one study, or with tidying: other studies must be done.

        What may pass, such as a queue that cannot be written, is tried again; a bug fails its study.
        """
        try:
            yield
        except OutputError as error:
            log.error("%s; it is tried again", error)
            self._look_again(folder, _NOTE_AGAIN_SECONDS)
        except OSError as error:
            log.error("the spool cannot be read (%s); it is tried again", error.strerror)
            self._look_again(folder, _TRY_AGAIN_SECONDS)
        except Exception as error:
            reason = f"this is a bug in calciseg ({kind_and_place(error)}); report it"
            log.error("%s", reason)
            if folder is not None:
                self._give_up(folder, reason)

    def _give_up(self, folder: str, reason: str) -> None:
        """Let a study fail of which not even a task can be made."""
        with self._lock:
            self._changed.pop(folder, None)
        try:
            fail_unread(folder, self._spool, self._queue, reason)
        except Exception as error:  # the queue is at fault, or the study's folder; the log has the reason
            log.error("study %s: its failure cannot be noted (%s)", folder, type(error).__name__)
            self._look_again(folder, _TRY_AGAIN_SECONDS)

    def _note_received(self, folder: str) -> None:
        with self._lock:
            self._changed[folder] = self._last_received = time.monotonic()

    def _note_ended(self, visit: Visit) -> None:
        """Count the quiet time from the end of the association."""
        now = time.monotonic()
        with self._lock:
            self._changed.update((folder, now) for folder in visit.folders if folder in self._changed)

    def _n_waiting(self) -> int:
        with self._lock:
            return len(self._changed)

    def _silence(self) -> float | None:
        """Seconds since something came."""
        return None if self._last_received is None else time.monotonic() - self._last_received

    def _start_due(self, stage: Path) -> None:
        """Give complete studies to the crew, as many as it has room for."""
        running = {task.folder for task in self._crew.running}
        under_way = self._scp.folders_under_way()
        now = time.monotonic()
        with self._lock:
            quiet = {folder: now - then for folder, then in self._changed.items() if folder not in running}
        for folder, seconds in sorted(quiet.items(), key=lambda item: -item[1]):
            patience = self._plan.quiet_seconds * (_OPEN_PATIENCE if folder in under_way else 1)
            if seconds < patience:
                continue
            with self._noting(folder):
                task = task_of(folder, self._spool, self._queue, stage)
                if task is not None and not self._crew.has_room_for(task):
                    return
                with self._lock:
                    # Something may have come since.
                    if now - self._changed[folder] < patience:
                        continue
                    del self._changed[folder]
                if task is not None:
                    self._start(task)

    def _start(self, task: Task) -> None:
        names = [Path(path).name for path in task.paths]
        self._queue.start(task.folder, task.study_instance_uid, task.wanted, names)
        log.info("study %s: analysis of %d objects", task.study_instance_uid, len(task.paths))
        self._crew.start(task)

    def _settle(self, ended: Ended) -> None:
        task, outcome = ended.task, ended.outcome
        uid, stage = task.study_instance_uid, Path(task.stage)
        row = self._queue.row(task.folder)
        if outcome.code is None:
            try:
                publish(stage, self._plan.out / task.folder)
            except OSError as error:
                self._fail(task, "output_error", str(error), may_pass=True)
                return
            self._queue.change(task.folder, "running", state="sending", code=None, reason=None)
            log.info("study %s: done in %.1f s", uid, outcome.seconds)
            return
        sweep(stage)
        if ended.is_worth_another_try and row is not None and row.attempts < _MOST_ATTEMPTS:
            log.warning("study %s: %s; it is tried again", uid, outcome.reason)
            self._look_again(task.folder)
            return
        self._fail(
            task,
            outcome.code,
            outcome.reason or "",
            may_pass=outcome.may_pass or outcome.code == "output_error",
        )

    def _fail(self, task: Task, code: str, reason: str, *, may_pass: bool) -> None:
        sentence = without_path(without_path(reason, self._plan.spool), self._plan.out)
        made_from = None if may_pass else made_from_by(task.wanted, code)
        self._queue.change(
            task.folder, "running", state="failed", code=code, reason=sentence, made_from=made_from
        )
        log.error("study %s: %s", task.study_instance_uid, sentence)
        if may_pass:
            self._look_again(task.folder, _TRY_AGAIN_SECONDS)

    def _look_again(self, folder: str | None, seconds: float = 0.0) -> None:
        if folder is None:
            return
        with self._lock:
            self._changed[folder] = max(self._changed.get(folder, 0.0), time.monotonic() + seconds)


@contextmanager
def _listening_on(host: str, port: int | None) -> Iterator[None]:
    """Say in words that nobody can listen there: taken, forbidden, or no address of this machine."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: what cannot be the name of a host
        why = (getattr(error, "strerror", None) or type(error).__name__).lower()
        raise UsageError(f"{host} port {port}: cannot be listened on ({why}); choose another") from error
