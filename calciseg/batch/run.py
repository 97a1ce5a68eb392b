"""The loop of a batch: look for studies, keep the workers busy, write down what became of each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from calciseg._version import __version__
from calciseg.batch.catalogue import Catalogue, CatalogueRow
from calciseg.batch.context_table import ContextTable
from calciseg.batch.survey import FoundStudy, find_studies
from calciseg.batch.wanted import Wanted
from calciseg.errors import OutputError
from calciseg.model import StudyResult
from calciseg.privacy import without_path
from calciseg.workers import Ended, FailureCode, Outcome, StudyFailure, Task, folder_of, publish, sweep
from calciseg.workers.rows import n_lesions_of

__all__ = ["Batch", "Crew", "Event"]

_MOST_ATTEMPTS = 2
_STEPS_BETWEEN_LOOKS = 4
_IDLE_SECONDS = 0.5
_LOOKED_PAST = 4
"""Studies that are looked at for one that fits into the memory that is left."""

Event = Callable[[str, dict[str, Any]], None]
"""Takes the name of what happened and its fields; no path among them."""


class Crew(Protocol):
    """Whoever does the studies."""

    @property
    def running(self) -> tuple[Task, ...]:
        """The tasks that workers have."""

    def has_room_for(self, task: Task, /) -> bool:
        """Whether the task can start now."""

    def start(self, task: Task) -> None:
        """Give a task to a worker."""

    def wait(self, seconds: float) -> list[Ended]:
        """Wait until a task ends, but no longer than some seconds."""


@dataclass(slots=True, kw_only=True, eq=False)
class Batch:
    """A run over the studies below a root.

    Parameters
    ----------
    root, out, stage : Path
    catalogue : Catalogue
    crew : Crew
    context : ContextTable
    wanted : Wanted
    is_overwriting : bool
        Do again what was done with the same input, version and settings.
    shard : tuple of int
        Which part of how many, from 1: a study belongs to one part by its UID.
    tell : callable
    """

    root: Path
    out: Path
    stage: Path
    catalogue: Catalogue
    crew: Crew
    context: ContextTable
    wanted: Wanted
    is_overwriting: bool = False
    shard: tuple[int, int] = (1, 1)
    tell: Event
    number: int = 0
    is_all_found: bool = False
    _alone: frozenset[str] = frozenset()
    _stale: frozenset[str] = frozenset()
    _held_back: dict[str, FoundStudy] = field(default_factory=dict)

    def run(self) -> Iterator[StudyResult | StudyFailure]:
        """Do every study that is not done yet; yield each as it ends.

        A result comes without its files' text where the caller has not asked for results.

        Raises
        ------
        OutputError
            If nothing more can be written; what was done before is kept, and another run goes on from there.
        """
        self.number = self.catalogue.begin_run(_now())
        survey = find_studies(self.root, self.out, self.catalogue)
        while True:
            yield from self._look_for_studies(survey)
            self._keep_busy()
            if not self.crew.running and self.is_all_found and not self._waiting(1):
                return
            for ended in self.crew.wait(_IDLE_SECONDS if self.is_all_found else 0.0):
                yield from self._settle(ended)

    def _look_for_studies(self, survey: Iterator[FoundStudy | None]) -> Iterator[StudyFailure]:
        for _ in range(_STEPS_BETWEEN_LOOKS):
            if self.is_all_found:
                return
            try:
                found = next(survey)
            except StopIteration:
                self.is_all_found = True
                for held in self._held_back.values():
                    yield from self._enter(held)
                if self.shard == (1, 1):
                    self.catalogue.forget_places(self.number)
                self.tell("all_found", self.catalogue.counts(self.number))
                return
            if found is not None and self._is_ours(found.study_instance_uid):
                yield from self._enter(found)

    def _is_ours(self, study_instance_uid: str) -> bool:
        part, n_parts = self.shard
        return int(folder_of(study_instance_uid), 16) % n_parts == part - 1

    def _enter(self, found: FoundStudy) -> Iterator[StudyFailure]:
        """Enter a study, or what a later folder adds to it, and let it wait unless it is settled."""
        uid = found.study_instance_uid
        known = self.catalogue.row(uid)
        files = _files_of(found)
        if self._lacks_files(known, files):
            held = self._held_back.setdefault(uid, found)
            if held is not found:
                held.parts += found.parts
                held.broken |= found.broken
            return
        if known is not None and known.found_by == self.number:
            before = self.catalogue.files(uid)
            if not _added(before, files):
                return
            files = before
        wanted = self.wanted.of(files, self.context.case(uid))
        row = self.catalogue.enter(uid, folder_of(uid), files, wanted, self.number)
        is_there = row.state != "done" or (self.out / row.folder).is_dir()
        if row.state == "running":
            self._stale |= {uid}
        elif row.is_settled and is_there and not self.is_overwriting:
            if row.state == "failed":
                yield from self._told_failure(uid, "kept_failed")
            else:
                self.tell("kept_done", {"study_instance_uid": uid, "folder": row.folder})
        elif found.is_unreadable:
            self._ended(uid, wanted, "input_error", _why_unreadable(found), attempts=1)
            yield from self._told_failure(uid)
        else:
            self.catalogue.queue(uid)
            self.tell("found", {"study_instance_uid": uid, "folder": row.folder})

    def _lacks_files(self, known: CatalogueRow | None, files: dict[str, Any]) -> bool:
        """Whether an earlier run found more of a study than this one has up to now: more may be to come."""
        if known is None or self.is_all_found or known.found_by == self.number:
            return False
        before = self.catalogue.files(known.study_instance_uid)
        return not {part[0] for part in before["parts"]} <= {part[0] for part in files["parts"]}

    def _waiting(self, n: int) -> list[CatalogueRow]:
        running = (task.study_instance_uid for task in self.crew.running)
        return self.catalogue.next_queued(self.number, n, running)

    def _keep_busy(self) -> None:
        while True:
            task = next(
                (one for one in map(self._task, self._waiting(_LOOKED_PAST)) if self.crew.has_room_for(one)),
                None,
            )
            if task is None:
                return
            self.catalogue.start(task.study_instance_uid, _now())
            self.tell("started", {"study_instance_uid": task.study_instance_uid, "folder": task.folder})
            self.crew.start(task)

    def _task(self, row: CatalogueRow) -> Task:
        files = self.catalogue.files(row.study_instance_uid)
        paths = sorted({part[0] for part in files["parts"]} | set(files["broken"]))
        return Task(
            study_instance_uid=row.study_instance_uid,
            paths=tuple(paths),
            stage=str(self.stage / row.folder),
            folder=row.folder,
            n_voxels=row.n_voxels,
            n_film_pixels=row.n_film_pixels,
            wanted=row.wanted,
            context=self.context.case(row.study_instance_uid),
            is_alone=row.study_instance_uid in self._alone,
        )

    def _settle(self, ended: Ended) -> Iterator[StudyResult | StudyFailure]:
        task, outcome = ended.task, ended.outcome
        uid = task.study_instance_uid
        if uid in self._stale:  # A folder read since has added to it.
            self._stale -= {uid}
            sweep(Path(task.stage))
            self.catalogue.queue(uid)
            return
        if outcome.code is None:
            publish(Path(task.stage), self.out / task.folder)
            self._note(task, outcome)
            self.tell("done", _told(task, outcome))
            if outcome.result is not None:
                yield outcome.result
            return
        sweep(Path(task.stage))
        if outcome.code == "output_error":
            self.catalogue.wait_again(uid)
            raise OutputError(f"{outcome.reason}; run the same command again to go on")
        row = self.catalogue.row(uid)
        if ended.is_worth_another_try and row is not None and row.attempts < _MOST_ATTEMPTS:
            self._alone |= {uid} if outcome.code == "out_of_memory" else set()
            self.catalogue.wait_again(uid)
            self.tell("tried_again", {**_told(task, outcome), "code": outcome.code, "reason": outcome.reason})
            return
        self._note(task, outcome)
        yield from self._told_failure(uid)

    def _note(self, task: Task, outcome: Outcome) -> None:
        self._ended(
            task.study_instance_uid,
            None if outcome.may_pass else task.wanted,
            outcome.code,
            outcome.reason,
            seconds=round(outcome.seconds, 3),
            peak_mib=round(outcome.peak_mib, 1),
            images=json.dumps(outcome.images),
            lesions=outcome.lesions,
        )

    def _ended(
        self, uid: str, made_from: str | None, code: FailureCode | None, reason: str | None, **fields: Any
    ) -> None:
        self.catalogue.finish(
            uid,
            "done" if code is None else "failed",
            code=code,
            reason=reason,
            made_from=made_from,
            calciseg_version=__version__,
            versions=self.wanted.versions,
            settings=self.wanted.settings,
            finished=_now(),
            **fields,
        )

    def _told_failure(self, uid: str, name: str = "failed") -> Iterator[StudyFailure]:
        row = self.catalogue.row(uid)
        if row is not None:
            failure = self._failure(row)
            fields = {"study_instance_uid": uid, "code": failure.code, "reason": failure.reason}
            self.tell(name, fields)
            yield failure

    def _failure(self, row: CatalogueRow) -> StudyFailure:
        return StudyFailure(
            study_instance_uid=row.study_instance_uid,
            code=row.code or "bug",  # type: ignore[arg-type]
            reason=without_path(row.reason or "", self.root.resolve()),
            reason_with_paths=row.reason or "",
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _why_unreadable(found: FoundStudy) -> str:
    path, what = min(found.broken.items())
    problem, _, remedy = what.partition("; ")
    more = f" (and {len(found.broken) - 1} more files)" if len(found.broken) > 1 else ""
    return f"{path} {problem}{more}; {remedy or 'let it be read, or copy it again'}"


def _files_of(found: FoundStudy) -> dict[str, Any]:
    """Return a study's files as the catalogue keeps them, copies of an object left out."""
    files: dict[str, Any] = {"parts": [], "broken": {}, "n_voxels": 0, "n_film_pixels": 0}
    _added(files, _listed(found))
    files["broken"] = dict(found.broken)
    return files


def _listed(found: FoundStudy) -> dict[str, Any]:
    parts = [
        [part.path, part.n_bytes, part.mtime_ns, list(part.identities), part.n_voxels, part.n_film_pixels]
        for part in found.parts
    ]
    return {"parts": parts, "broken": dict(found.broken)}


def _added(files: dict[str, Any], more: dict[str, Any]) -> bool:
    """Add what is new to a study's files, in place, and tell whether anything is."""
    known = {identity for part in files["parts"] for identity in part[3]}
    is_new = False
    for part in more["parts"]:
        if not known.issuperset(part[3]):
            files["parts"].append(part)
            files["n_voxels"] += part[4]
            files["n_film_pixels"] = max(files["n_film_pixels"], part[5])
            known.update(part[3])
            is_new = True
    return is_new


def _told(task: Task, outcome: Outcome) -> dict[str, Any]:
    fields: dict[str, Any] = {"study_instance_uid": task.study_instance_uid, "folder": task.folder}
    return fields | {"n_lesions": n_lesions_of(outcome.images), "seconds": round(outcome.seconds, 3)}
