"""One study, in a worker: analysed, written to its stage, and told in rows."""

import time
from typing import Any

from calciseg.clinical import load_knowledge, read_case
from calciseg.errors import CalcisegError, OutputError, lacks_memory, may_pass
from calciseg.outputs import write
from calciseg.pipeline import analyze, require_measured
from calciseg.workers.rows import image_rows, lesion_rows
from calciseg.workers.task import FailureCode, Job, Outcome, Task

__all__ = ["do_study"]


def do_study(task: Task, job: Job) -> Outcome:
    """Analyse a study and write its results to the stage.

    Parameters
    ----------
    task : Task
    job : Job

    Returns
    -------
    Outcome
        Whatever happens: a study that fails must not take the worker with it.
    """
    begun = time.perf_counter()
    try:
        fields = _done(task, job)
    except Exception as error:
        fields = _failure(error)
    return Outcome(study_instance_uid=task.study_instance_uid, seconds=time.perf_counter() - begun, **fields)


def _failure(error: Exception) -> dict[str, Any]:
    if lacks_memory(error):
        return {"code": "out_of_memory", "reason": "not enough memory for this study"}
    if isinstance(error, CalcisegError):
        code: FailureCode = "output_error" if isinstance(error, OutputError) else "input_error"
        return {"code": code, "reason": " ".join(str(error).split()), "may_pass": may_pass(error)}
    # The message of a bug may quote a header: only its kind is told.
    reason = f"this is a bug in calciseg ({type(error).__name__}); report it with 'calciseg analyze -v'"
    return {"code": "bug", "reason": reason}


def _done(task: Task, job: Job) -> dict[str, Any]:
    knowledge = load_knowledge(job.knowledge)
    case = None if task.context is None else read_case(task.context, knowledge)
    result = analyze(
        list(task.paths),
        context=case,
        settings=job.settings,
        knowledge=knowledge,
        study_uid=task.study_instance_uid,
        n_threads=job.n_threads,
    )
    require_measured(result)
    write(result, task.stage, job.types)
    return {
        "images": image_rows(result),
        "lesions": lesion_rows(result),
        "result": result if job.is_result_wanted else None,
    }
