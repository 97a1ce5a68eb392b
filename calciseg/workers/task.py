"""What goes to a worker and what comes back."""

from dataclasses import dataclass, field
from typing import Any, Literal

from calciseg.model import StudyResult
from calciseg.settings import Settings

__all__ = ["FailureCode", "Job", "Outcome", "StudyFailure", "Task"]

FailureCode = Literal["input_error", "output_error", "bug", "crashed", "out_of_time", "out_of_memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for every study."""

    settings: Settings
    types: tuple[str, ...]
    knowledge: tuple[str, ...] = ()
    """Files with clinical knowledge of the user's own."""
    n_threads: int = 1
    is_result_wanted: bool = False
    """Whether the caller wants the :class:`~calciseg.model.StudyResult` and not its files alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One study for one worker."""

    study_instance_uid: str
    paths: tuple[str, ...] = field(repr=False)
    stage: str = field(repr=False)
    """The folder to write to; it takes its place among the results once it is whole."""
    folder: str
    """Of the results, below the folder of all."""
    n_voxels: int
    """Of all its slices together."""
    n_film_pixels: int
    """Of its largest radiograph."""
    wanted: str
    context: dict[str, Any] | None = field(default=None, repr=False)
    is_alone: bool = False
    """Whether nothing else may run beside it: it has used too much memory once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """How a worker's study ended."""

    study_instance_uid: str
    code: FailureCode | None = None
    """None: done."""
    reason: str | None = None
    may_pass: bool = False
    """Whether it failed for a file that could not be read just then."""
    images: tuple[dict[str, Any], ...] = ()
    """Rows of ``studies.csv``."""
    lesions: tuple[tuple[Any, ...], ...] = ()
    """Rows of ``lesions.csv``."""
    seconds: float = 0.0
    peak_mib: float = 0.0
    result: StudyResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFailure:
    """A study that could not be analysed."""

    study_instance_uid: str
    code: FailureCode
    reason: str
    """One sentence; without paths, which may hold names."""
    reason_with_paths: str = field(default="", repr=False)
    """The same with them, for the terminal alone."""
