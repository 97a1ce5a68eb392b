"""One study at a time, each in a process that is watched: for whoever has many of them.

``task`` (what goes to a worker and comes back) → ``crew`` (processes, their time and memory) → ``worker`` and
``work`` (in the process: analysed, written to a stage) → ``publish`` (its files take their place).
"""

from calciseg.workers.crew import Ended, LocalCrew
from calciseg.workers.memory import memory_allowed
from calciseg.workers.publish import folder_of, make_folder, publish, sweep, swept_stage
from calciseg.workers.task import FailureCode, Job, Outcome, StudyFailure, Task

__all__ = [
    "Ended",
    "FailureCode",
    "Job",
    "LocalCrew",
    "Outcome",
    "StudyFailure",
    "Task",
    "folder_of",
    "make_folder",
    "memory_allowed",
    "publish",
    "sweep",
    "swept_stage",
]
