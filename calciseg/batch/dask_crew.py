"""Workers of a Dask cluster in place of processes on this machine."""

import contextlib
import queue
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os.path import commonpath
from pathlib import Path
from typing import Any

import psutil
from distributed import Client, Future
from distributed.scheduler import KilledWorker

from calciseg.errors import UsageError
from calciseg.workers.crew import Ended, LocalCrew
from calciseg.workers.task import Job, Outcome, Task

__all__ = ["DaskCrew"]

_SECONDS_TO_CONNECT = 10
"""For the scheduler, and again for its first worker."""
_SHARE_OF_MEMORY = 0.8
_AHEAD = 2
"""Tasks handed over for each slot: the next study waits at the worker and not at the far end of a network."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answer:
    """What comes back over the network: the outcome, and the files that a worker here would leave on disk."""

    ended: Ended | None
    """None: the worker does not see the study's files; they must be sent."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class DaskCrew:
    """A crew made of the workers of a Dask cluster.

    Each worker runs its study in a process of its own, watched as on one machine. Files are read where the
    worker sees the same paths, else sent to it; results always come back over the network.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``tcp://host:8786``.
    job : Job
    seconds : float
        The longest that one study may take.

    Raises
    ------
    UsageError
        If no scheduler answers there, or it has no worker.
    """

    def __init__(self, address: str, job: Job, *, seconds: float) -> None:
        try:
            self._client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__}); check it"
            ) from error
        self._job = job
        self._seconds = seconds
        self._tasks: dict[Future[Any], Task] = {}
        self._done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        try:
            self._client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
        except TimeoutError as error:
            self._client.close()
            raise UsageError(
                f"--scheduler {address}: the cluster has no worker; start one and run again"
            ) from error

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that the cluster has."""
        return tuple(self._tasks.values())

    def has_room_for(self, _task: Task) -> bool:
        """Whether the cluster may have another task; it minds the memory of its workers itself."""
        return len(self._tasks) < _AHEAD * max(1, self._n_slots())

    def start(self, task: Task) -> None:
        """Hand a task over."""
        self._submit(task, {})

    def wait(self, seconds: float) -> list[Ended]:
        """Wait until a task ends, but no longer than some seconds."""
        ended: list[Ended] = []
        with contextlib.suppress(queue.Empty):
            ended += self._ended(self._done.get(timeout=max(seconds, 0.01)))
            while True:
                ended += self._ended(self._done.get_nowait())
        return ended

    def close(self) -> None:
        """Take back what is not done and leave the cluster."""
        self._client.cancel(list(self._tasks), force=True)
        self._tasks.clear()
        self._client.close()

    def _n_slots(self) -> int:
        return sum(self._client.nthreads().values())

    def _submit(self, task: Task, sent: Mapping[str, bytes]) -> None:
        future = self._client.submit(_do_there, task, self._job, self._seconds, sent, pure=False)
        self._tasks[future] = task
        future.add_done_callback(self._done.put)

    def _ended(self, future: "Future[Any]") -> list[Ended]:
        task = self._tasks.pop(future)
        try:
            answer: _Answer = future.result()
        except KilledWorker:
            return [_lost(task, "the workers that had the study died; look for a lack of memory")]
        except Exception as error:
            return [_lost(task, f"the cluster lost the study ({type(error).__name__})")]
        if answer.ended is None:
            self._submit(task, {path: Path(path).read_bytes() for path in task.paths})
            return []
        stage = Path(task.stage)
        if answer.files:
            stage.mkdir(parents=True, exist_ok=True)
        for name, content in answer.files.items():
            (stage / name).write_bytes(content)
        return [replace(answer.ended, task=task)]


def _lost(task: Task, reason: str) -> Ended:
    outcome = Outcome(study_instance_uid=task.study_instance_uid, code="crashed", reason=reason)
    return Ended(task=task, outcome=outcome, is_worth_another_try=True)


def _do_there(task: Task, job: Job, seconds: float, sent: Mapping[str, bytes]) -> _Answer:
    """Do a study on a worker of the cluster."""
    if not sent and not Path(task.paths[0]).exists():
        return _Answer(ended=None)
    with tempfile.TemporaryDirectory(prefix="calciseg-") as folder:
        stage = Path(folder, "stage")
        there = replace(task, stage=str(stage), paths=_put(sent, Path(folder)) if sent else task.paths)
        crew = _own_crew(job, seconds)
        crew.start(there)
        ended: list[Ended] = []
        while not ended:
            ended = crew.wait(1.0)
        files = {path.name: path.read_bytes() for path in stage.iterdir()} if stage.is_dir() else {}
        return _Answer(ended=_with_own_paths(ended[0], there, task), files=files)


def _put(sent: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    """Write the files that came with the task, in folders as they lay in."""
    common = commonpath(Path(path).parent for path in sent)
    put = []
    for path, content in sent.items():
        place = folder / "input" / Path(path).relative_to(common)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        put.append(str(place))
    return tuple(put)


def _with_own_paths(ended: Ended, there: Task, task: Task) -> Ended:
    """Name files by the paths that the caller knows."""
    reason = ended.outcome.reason
    if reason is not None:
        for here, own in zip(there.paths, task.paths, strict=True):
            reason = reason.replace(here, own)
        reason = reason.replace(commonpath(there.paths), commonpath(task.paths))
    return replace(ended, task=task, outcome=replace(ended.outcome, reason=reason))


_crews = threading.local()


def _own_crew(job: Job, seconds: float) -> LocalCrew:
    """Return the process of this thread of the worker; it outlives the study, as on one machine."""
    if getattr(_crews, "key", None) != (job, seconds):
        if hasattr(_crews, "crew"):
            _crews.crew.close()
        budget = int(_SHARE_OF_MEMORY * psutil.virtual_memory().total)
        _crews.crew = LocalCrew(job, 1, budget_bytes=budget, seconds=seconds)
        _crews.key = (job, seconds)
    crew: LocalCrew = _crews.crew
    return crew
