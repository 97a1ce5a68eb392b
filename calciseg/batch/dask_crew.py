"""Workers of a Dask cluster in place of processes on this machine."""

import contextlib
import logging
import os
import queue
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from os.path import commonpath
from pathlib import Path
from typing import Any

from distributed import Client, Future, get_worker
from distributed.comm.addressing import parse_address, parse_host_port
from distributed.comm.registry import get_backend
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning

from calciseg.errors import UsageError
from calciseg.outputs import output_error
from calciseg.outputs.provenance import provenance
from calciseg.workers.crew import Ended, LocalCrew
from calciseg.workers.memory import memory_allowed
from calciseg.workers.task import FailureCode, Job, Outcome, Task

__all__ = ["DaskCrew"]

_WITH_PORT = ("tcp", "tls")
"""Schemes whose addresses are a host and a port."""
_SECONDS_TO_CONNECT = 10
"""For the scheduler, and again for its first worker."""
_SHARE_OF_MEMORY = 0.8
"""Of what Dask gives its worker, for the study's own process; the rest is for the worker's."""
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

    Each worker runs its studies, one a thread, in processes of their own, watched as on one machine; they
    share the memory limit of the worker. Files are read where the worker sees the same paths, else sent to
    it; results always come back over the network.

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
        If it is no address, no scheduler answers there, or it has no worker.
    """

    def __init__(self, address: str, job: Job, *, seconds: float) -> None:
        for name in ("distributed", "distributed.client"):
            # It would tell on stderr, in pages, what is told here in a sentence.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _check_address(address)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", VersionMismatchWarning)
                self._client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__}); check it"
            ) from error
        self._address = address
        # A thread of a Dask worker stands for a core.
        self._job = replace(job, n_threads=1)
        self._seconds = seconds
        self._versions = provenance()
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
        self._submit(task, None)

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
        with self._reached():
            return sum(self._client.nthreads().values())

    def _submit(self, task: Task, sent: Mapping[str, bytes] | None) -> None:
        with self._reached():
            # Files wait at a worker, not in the scheduler's memory.
            held = None if sent is None else self._client.scatter([sent], hash=False)[0]
            future = self._client.submit(
                _do_there, task, self._job, self._seconds, self._versions, held, pure=False
            )
        self._tasks[future] = task
        future.add_done_callback(self._done.put)

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        """Say in words that the scheduler is gone."""
        try:
            yield
        except Exception as error:
            raise self._gone() from error

    def _gone(self) -> UsageError:
        return UsageError(
            f"--scheduler {self._address}: the scheduler is gone; start one and run the same command again"
            " to go on"
        )

    def _ended(self, future: "Future[Any]") -> list[Ended]:
        task = self._tasks.pop(future)
        try:
            answer: _Answer = future.result()
        except KilledWorker:
            return [_lost(task, "the workers that had the study died; look for a lack of memory")]
        except UsageError:
            raise
        except Exception as error:
            if self._client.status != "running":
                raise self._gone() from error
            if isinstance(error, ImportError) or isinstance(error.__cause__, ImportError):
                raise UsageError(
                    f"--scheduler {self._address}: the cluster does not know calciseg; install the same"
                    " version for its scheduler and workers"
                ) from error
            return [_lost(task, f"the cluster lost the study ({type(error).__name__})")]
        if answer.ended is None:
            return self._sent(task)
        _put_on_stage(answer.files, Path(task.stage))
        return [replace(answer.ended, task=task)]

    def _sent(self, task: Task) -> list[Ended]:
        """Send a study's files after it."""
        try:
            files = {path: Path(path).read_bytes() for path in task.paths}
        except OSError as error:
            what = f"{error.filename} cannot be read ({error.strerror}); check it and run again"
            return [_lost(task, what, "input_error")]
        self._submit(task, files)
        return []


def _check_address(address: str) -> None:
    """Refuse what is no address: a client would wait for one at its end, too, and end in a traceback."""
    try:
        scheme, place = parse_address(address)
        get_backend(scheme)
        if scheme in _WITH_PORT:
            parse_host_port(place)
    except ValueError as error:
        raise UsageError(
            f"--scheduler {address!r}: is no address of a scheduler; give it as tcp://host:8786"
        ) from error


def _lost(task: Task, reason: str, code: FailureCode = "crashed") -> Ended:
    outcome = Outcome(study_instance_uid=task.study_instance_uid, code=code, reason=reason)
    return Ended(task=task, outcome=outcome, is_worth_another_try=code == "crashed")


def _put_on_stage(files: Mapping[str, bytes], stage: Path) -> None:
    try:
        if files:
            stage.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with (stage / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise output_error(stage, error) from error


def _do_there(
    task: Task,
    job: Job,
    seconds: float,
    versions: Mapping[str, str],
    sent: Mapping[str, bytes] | None,
) -> _Answer:
    """Do a study on a worker of the cluster."""
    _require_same(versions)
    if sent is None and not Path(task.paths[0]).exists():
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


def _require_same(versions: Mapping[str, str]) -> None:
    """Refuse to make other bytes than the caller would."""
    own = provenance()
    other = {name: version for name, version in versions.items() if own.get(name) != version}
    if other:
        name, version = next(iter(other.items()))
        raise UsageError(
            f"--scheduler: a worker has {name} {own.get(name)} where this machine has {version}; install the"
            " same versions everywhere"
        )


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
        _crews.crew = LocalCrew(
            job,
            1,
            budget_bytes=_own_share(),
            seconds=seconds,
            more_memory="give the workers of the cluster more",
        )
        _crews.key = (job, seconds)
    crew: LocalCrew = _crews.crew
    return crew


def _own_share() -> int:
    """Return the bytes that this thread of the worker may use, so that large studies do not meet."""
    worker = get_worker()
    limit = worker.memory_manager.memory_limit
    whole = memory_allowed() if limit is None else int(_SHARE_OF_MEMORY * limit)
    return whole // int(worker.state.nthreads)
