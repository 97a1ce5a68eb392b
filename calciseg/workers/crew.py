"""Worker processes on this machine, watched: one that hangs, grows or dies costs one study."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from calciseg.workers.memory import expected_bytes
from calciseg.workers.messages import receive, send
from calciseg.workers.task import FailureCode, Job, Outcome, Task

__all__ = ["Ended", "LocalCrew"]

_HOME = Path(__file__).resolve().parents[2]
_MIB = 1 << 20
_WATCH_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A task that a worker has left, one way or another."""

    task: Task
    outcome: Outcome
    is_worth_another_try: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    task: Task | None = None
    begun: float = 0.0
    peak_bytes: int = 0
    limit_bytes: int = 0
    watched: psutil.Process | None = field(default=None)
    verdict: tuple[FailureCode, str] | None = None
    """Why it was ended by us."""


class LocalCrew:
    """Up to `n_workers` processes, each with one study at a time.

    Parameters
    ----------
    job : Job
    n_workers : int
    budget_bytes : int
        Memory that all of them may use together.
    seconds : float
        The longest that one study may take.
    more_memory : str
        What to do about a study that used too much, for its reason.
    """

    def __init__(
        self,
        job: Job,
        n_workers: int,
        *,
        budget_bytes: int,
        seconds: float,
        more_memory: str = "give it more with --memory",
    ) -> None:
        self.n_workers = n_workers
        self.budget_bytes = budget_bytes
        self._job = job
        self._seconds = seconds
        self._more_memory = more_memory
        self._workers: list[_Worker] = []
        self._answers: queue.SimpleQueue[tuple[_Worker, Outcome | None]] = queue.SimpleQueue()

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that workers have."""
        return tuple(worker.task for worker in self._workers if worker.task is not None)

    def has_room_for(self, task: Task) -> bool:
        """Whether a worker is free and the study's memory fits beside what runs."""
        running = self.running
        if len(running) >= self.n_workers:
            return False
        if not running:
            return True
        if task.is_alone or any(other.is_alone for other in running):
            return False
        need = sum(expected_bytes(one) for one in (task, *running))
        return need <= self.budget_bytes

    def start(self, task: Task) -> None:
        """Give a task to a free worker."""
        worker = next((one for one in self._workers if one.task is None), None) or self._hired()
        share = self.budget_bytes // self.n_workers
        is_large = task.is_alone or expected_bytes(task) > share
        worker.task, worker.begun, worker.peak_bytes = task, time.monotonic(), 0
        worker.limit_bytes = self.budget_bytes if is_large else share
        # A worker that has just died is told of by its listener.
        with contextlib.suppress(OSError, ValueError):
            assert worker.process.stdin is not None
            send(worker.process.stdin, task)

    def wait(self, seconds: float) -> list[Ended]:
        """Wait until a task ends, but no longer than some seconds."""
        ended: list[Ended] = []
        until = time.monotonic() + seconds
        while True:
            self._watch()
            left = 0.0 if ended else min(_WATCH_SECONDS, max(0.0, until - time.monotonic()))
            try:
                worker, outcome = self._answers.get(timeout=left) if left else self._answers.get_nowait()
            except queue.Empty:
                if ended or time.monotonic() >= until:
                    return ended
                continue
            ended += self._ended(worker, outcome)

    def close(self) -> None:
        """End all workers; what they were doing is lost."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            for stream in (worker.process.stdin, worker.process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
        self._workers.clear()

    def _hired(self) -> _Worker:
        # The working folder may hold a queue.py; what the parent imported calciseg from must be found.
        paths = [str(_HOME), *filter(None, [os.environ.get("PYTHONPATH")])]
        with _deaf_children():
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "calciseg.workers.worker"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        worker = _Worker(process=process)
        with contextlib.suppress(psutil.Error):
            worker.watched = psutil.Process(process.pid)
        self._workers.append(worker)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            send(process.stdin, (self._job, self._seconds))
        return worker

    def _listen(self, worker: _Worker) -> None:
        assert worker.process.stdout is not None
        while True:
            try:
                outcome = receive(worker.process.stdout)
            except (OSError, ValueError):
                outcome = None
            self._answers.put((worker, outcome if isinstance(outcome, Outcome) else None))
            if outcome is None:
                return

    def _watch(self) -> None:
        for worker in self._workers:
            if worker.task is None or worker.verdict is not None or worker.watched is None:
                continue
            with contextlib.suppress(psutil.Error):
                worker.peak_bytes = max(worker.peak_bytes, worker.watched.memory_info().rss)
            if worker.peak_bytes > worker.limit_bytes:
                used = f"more than {worker.limit_bytes / _MIB:.0f} MiB of memory"
                self._end(worker, "out_of_memory", f"the study used {used}; {self._more_memory}")
            elif time.monotonic() - worker.begun > self._seconds:
                took = f"longer than {self._seconds:g} s"
                self._end(worker, "out_of_time", f"the study took {took}; give it more with --time-limit")

    def _end(self, worker: _Worker, code: FailureCode, reason: str) -> None:
        worker.verdict = (code, reason)
        worker.process.kill()

    def _ended(self, worker: _Worker, outcome: Outcome | None) -> list[Ended]:
        task, worker.task = worker.task, None
        if outcome is not None and worker.verdict is None:
            assert task is not None
            return [Ended(task=task, outcome=_with_peak(outcome, worker.peak_bytes))]
        if outcome is not None:  # It answered in the moment in which it was ended; its end follows.
            worker.task = task
            return []
        if worker in self._workers:
            self._workers.remove(worker)
            worker.process.kill()
            worker.process.wait()
        if task is None:
            return []
        code, reason = worker.verdict or ("crashed", _how_it_died(worker.process.returncode))
        lost = Outcome(
            study_instance_uid=task.study_instance_uid,
            code=code,
            reason=reason,
            seconds=time.monotonic() - worker.begun,
            peak_mib=worker.peak_bytes / _MIB,
        )
        return [Ended(task=task, outcome=lost, is_worth_another_try=True)]


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes that are started here be deaf to Ctrl-C from their first moment: they decide nothing.

    A worker ignores it by itself only once it runs. What is blocked in this thread is inherited; the signal
    itself is not lost, another thread takes it or this one after the block.
    """
    if sys.platform == "win32":  # no signal can be blocked there
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _with_peak(outcome: Outcome, peak_bytes: int) -> Outcome:
    return replace(outcome, peak_mib=peak_bytes / _MIB)


def _how_it_died(status: int) -> str:
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"the process that analysed the study was ended by {name}; look for a lack of memory"
    return f"the process that analysed the study ended with code {status}"
