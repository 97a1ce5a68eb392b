"""The doors of the package: analyse every study below a folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from calciseg import outputs
from calciseg.arguments import count_of, must_be, one_of, path_of, positive, words_of
from calciseg.batch.catalogue import Catalogue, opened
from calciseg.batch.cohort_page import write_cohort_page
from calciseg.batch.context_table import ContextTable, read_context
from calciseg.batch.run import Batch, Event
from calciseg.batch.tables import write_tables
from calciseg.batch.wanted import Wanted
from calciseg.clinical import load_knowledge
from calciseg.errors import InputError, UsageError
from calciseg.kernels import n_threads_allowed
from calciseg.model import StudyResult
from calciseg.settings import Settings
from calciseg.workers.crew import LocalCrew
from calciseg.workers.memory import memory_allowed
from calciseg.workers.publish import make_folder, sweep, swept_stage
from calciseg.workers.task import Job, StudyFailure

if TYPE_CHECKING:
    from calciseg.batch.dask_crew import DaskCrew

__all__ = ["BatchPlan", "Existing", "analyze_folder", "make_plan", "run_batch"]

Existing = Literal["skip", "overwrite", "fail"]

_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchPlan:
    """What a batch is to do.

    Attributes
    ----------
    root, out : Path
    job : Job
    n_workers : int
        Processes that analyse a study each.
    context : ContextTable
    existing : {"skip", "overwrite", "fail"}
        What to do about studies that were done with the same input, version and settings.
    shard : tuple of int
        Which part of how many, from 1.
    memory_bytes : int
        That all workers may use together.
    seconds : float
        The longest that one study may take.
    """

    root: Path
    out: Path
    job: Job
    n_workers: int = 1
    context: ContextTable
    existing: Existing = "skip"
    shard: tuple[int, int] = (1, 1)
    memory_bytes: int
    seconds: float = _SECONDS
    scheduler: str | None = None
    """Address of a Dask scheduler whose workers do the studies, in place of processes on this machine."""


def analyze_folder(
    root: str | Path,
    out: str | Path,
    *,
    jobs: int = 1,
    context: str | Path | None = None,
    settings: Settings | None = None,
    types: Sequence[str] = outputs.DEFAULT_TYPES,
    existing: Existing = "skip",
    memory_bytes: int | None = None,
    seconds: float = _SECONDS,
) -> Iterator[StudyResult | StudyFailure]:
    """Analyse every study below a folder, each in a process of its own.

    Parameters
    ----------
    root : path
        Searched with everything below it; links to other folders are followed. A study whose files lie in
        several folders is one study.
    out : path
        Gets a folder a study, ``studies.csv``, ``lesions.csv`` and ``batch.sqlite``.
    jobs : int
        Studies at once; they share the processors.
    context : path, optional
        A case for every study, or a CSV with a ``study_instance_uid`` column.
    settings : Settings, optional
    types : sequence of str
        Formats, as :func:`calciseg.write` takes them.
    existing : {"skip", "overwrite", "fail"}
        What to do about studies that were done with the same input, version and settings.
    memory_bytes : int, optional
        That all processes may use together; by default four fifths of the machine's.
    seconds : float
        The longest that one study may take.

    Yields
    ------
    StudyResult or StudyFailure
        In the order they finish. What an earlier run has done is not yielded; what failed then for a reason
        in its files, which are the same, is. What could not be opened then is tried again.

    Raises
    ------
    InputError
        If there is no such folder, or the context cannot be read.
    UsageError
        If the arguments do not fit together, or another batch writes to `out`.
    OutputError
        If nothing more can be written; the same call goes on from there.
    """
    plan = make_plan(
        root,
        out,
        n_workers=jobs,
        context=context,
        settings=settings,
        types=types,
        existing=existing,
        memory_bytes=memory_bytes,
        seconds=seconds,
        is_result_wanted=True,
    )
    return run_batch(plan)


def make_plan(
    root: str | Path,
    out: str | Path,
    *,
    n_workers: int = 1,
    context: str | Path | None = None,
    settings: Settings | None = None,
    types: Sequence[str] = outputs.DEFAULT_TYPES,
    knowledge: Sequence[str | Path] = (),
    existing: Existing = "skip",
    shard: tuple[int, int] = (1, 1),
    memory_bytes: int | None = None,
    seconds: float = _SECONDS,
    scheduler: str | None = None,
    is_result_wanted: bool = False,
) -> BatchPlan:
    """Check what is asked for before the first study is touched; see :func:`analyze_folder`."""
    root, out, types = path_of(root, "root"), path_of(out, "out"), words_of(types, "types")
    settings = Settings() if settings is None else settings
    must_be(settings, Settings, "settings", "give calciseg.Settings(...) or load_settings(file)")
    if not root.is_dir():
        what = "is not a folder; give one, or use calciseg analyze" if root.exists() else "does not exist"
        raise InputError(f"{root} {what}{'' if root.exists() else '; check the path'}")
    if root.resolve() == out.resolve():
        raise UsageError(f"{out}: results cannot go where the studies lie; choose another folder")
    n_workers, seconds = count_of(n_workers, "jobs"), positive(seconds, "seconds")
    memory_bytes = memory_allowed() if memory_bytes is None else int(positive(memory_bytes, "memory_bytes"))
    one_of(existing, get_args(Existing), "existing")
    if not 1 <= shard[0] <= shard[1]:
        raise UsageError("shards count from 1; correct the numbers")
    outputs.check(types, out)
    job = Job(
        settings=settings,
        types=types,
        knowledge=tuple(str(Path(path).resolve()) for path in knowledge),
        n_threads=max(1, n_threads_allowed() // n_workers),
        is_result_wanted=is_result_wanted,
    )
    return BatchPlan(
        root=root,
        out=out,
        job=job,
        n_workers=n_workers,
        context=(
            ContextTable()
            if context is None
            else read_context(path_of(context, "context"), load_knowledge(job.knowledge))
        ),
        existing=existing,
        shard=shard,
        memory_bytes=memory_bytes,
        seconds=seconds,
        scheduler=scheduler,
    )


def run_batch(
    plan: BatchPlan, tell: Event = lambda _name, _fields: None
) -> Iterator[StudyResult | StudyFailure]:
    """Run a batch and write its tables at the end; a part of a batch leaves them to a run over the whole.

    Parameters
    ----------
    plan : BatchPlan
    tell : callable
        Called with the name and the fields of everything that happens; no path among them.

    Yields
    ------
    StudyResult or StudyFailure
        Results only where the plan's job wants them.
    """
    name = "batch" if plan.shard == (1, 1) else f"batch-{plan.shard[0]}-of-{plan.shard[1]}"
    make_folder(plan.out)
    with opened(plan.out / f"{name}.sqlite") as catalogue:
        catalogue.adopt(_other_catalogues(plan))
        _check_existing(plan, catalogue)
        # The catalogue is ours alone from here on, so what lies on the stage is nobody's.
        stage = swept_stage(plan.out, name)
        crew = _crew(plan)
        batch = Batch(
            root=plan.root,
            out=plan.out,
            stage=stage,
            catalogue=catalogue,
            crew=crew,
            context=plan.context,
            wanted=Wanted(plan.job),
            is_overwriting=plan.existing == "overwrite",
            shard=plan.shard,
            tell=tell,
        )
        try:
            yield from batch.run()
            if not catalogue.counts(batch.number) and plan.shard == (1, 1):
                raise InputError(f"{plan.root} holds no DICOM study; give the folder that holds the studies")
        finally:
            crew.close()
            sweep(stage)
        if plan.shard == (1, 1):
            write_tables(plan.out, plan.root, catalogue, plan.context)
            write_cohort_page(plan.out, plan.root, catalogue)
        tell("finished", catalogue.counts(batch.number))


def _other_catalogues(plan: BatchPlan) -> list[Path]:
    """Return those that may know of results that lie there; not those of parts that run beside this one."""
    part, n_parts = plan.shard
    paths = sorted(plan.out.glob("batch-*-of-*.sqlite"))
    if (part, n_parts) == (1, 1):
        return paths
    others = [path for path in paths if not path.stem.endswith(f"-of-{n_parts}")]
    whole = plan.out / "batch.sqlite"
    return [*others, *([whole] if whole.exists() else [])]


def _crew(plan: BatchPlan) -> "LocalCrew | DaskCrew":
    if plan.scheduler is None:
        return LocalCrew(plan.job, plan.n_workers, budget_bytes=plan.memory_bytes, seconds=plan.seconds)
    if find_spec("distributed") is None:
        raise UsageError("--scheduler needs Dask; install calciseg[dask]")
    from calciseg.batch.dask_crew import DaskCrew

    return DaskCrew(plan.scheduler, plan.job, seconds=plan.seconds)


def _check_existing(plan: BatchPlan, catalogue: Catalogue) -> None:
    n_done = sum(1 for _ in catalogue.ended(("done",)))
    if plan.existing == "fail" and n_done:
        raise UsageError(
            f"{plan.out}: holds the results of {n_done} studies; choose another folder, or --existing skip or"
            " overwrite"
        )
