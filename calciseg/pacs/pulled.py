"""Studies of a DICOMweb server, analysed from memory one after the other; what is done is not done again."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from calciseg import outputs
from calciseg._version import __version__
from calciseg.errors import CalcisegError, InputError, OutputError
from calciseg.model import StudyResult
from calciseg.pacs.names import folder_of
from calciseg.pacs.pull import IMAGE_MODALITIES, retrieve, save_study
from calciseg.pacs.web import WebInstance, WebPacs
from calciseg.pipeline import analyze, require_measured
from calciseg.settings import Settings
from calciseg.workers import StudyFailure

__all__ = ["PullPlan", "StudyKept", "pull"]

_DONE = "pull.json"
"""In OUT: of which objects, settings and version each folder was made."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PullPlan:
    """What to do with the studies.

    Attributes
    ----------
    out : Path, optional
        Gets a folder of results a study; without it nothing is analysed.
    saved : Path, optional
        Gets the objects; without it they stay in memory.
    types : tuple of str
        Formats of the results.
    settings : Settings
    is_overwriting : bool
        Analyse again what was analysed with the same objects, settings and version.
    n_threads : int, optional
    """

    out: Path | None = None
    saved: Path | None = None
    types: tuple[str, ...] = outputs.DEFAULT_TYPES
    settings: Settings
    is_overwriting: bool = False
    n_threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyKept:
    """A study that needed no analysis: done before, or only to be saved."""

    study_instance_uid: str
    n_objects: int


def pull(
    pacs: WebPacs,
    study_uids: Sequence[str],
    plan: PullPlan,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[StudyResult | StudyKept | StudyFailure]:
    """Retrieve studies by WADO-RS, analyse them, and write their results.

    Parameters
    ----------
    pacs : WebPacs
    study_uids : sequence of str
    plan : PullPlan
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.

    Yields
    ------
    StudyResult, StudyKept or StudyFailure
        A study that fails fails alone.

    Raises
    ------
    OutputError
        If nothing more can be written; the same call goes on from there.
    """
    for uid in study_uids:
        try:
            yield _pulled(pacs, uid, plan, progress or (lambda _stage, _done, _total: None))
        except OutputError:
            raise
        except CalcisegError as error:
            yield StudyFailure(
                study_instance_uid=uid, code="input_error", reason=" ".join(str(error).split())
            )


def _pulled(
    pacs: WebPacs, uid: str, plan: PullPlan, progress: Callable[[str, int, int], None]
) -> StudyResult | StudyKept:
    listed = pacs.list_instances(uid)
    if not listed:
        raise InputError(f"{pacs.name} has no study {uid}; check the UID")
    images = [one for one in listed if one.modality in IMAGE_MODALITIES]

    def retrieving(n_done: int, n_total: int) -> None:
        progress("retrieving", n_done, n_total)

    if plan.out is None:
        if plan.saved is not None:
            save_study(pacs, listed, plan.saved, retrieving)
        return StudyKept(study_instance_uid=uid, n_objects=len(listed))
    if not images:
        kinds = ", ".join(sorted({one.modality or "objects without a modality" for one in listed}))
        raise InputError(f"study {uid} holds no CT, only {kinds}; choose another study")
    made_of = _digest(images, plan)
    if not plan.is_overwriting and _is_done(plan.out, uid, made_of):
        return StudyKept(study_instance_uid=uid, n_objects=len(listed))
    source = (
        retrieve(pacs, images, retrieving)
        if plan.saved is None
        else save_study(pacs, listed, plan.saved, retrieving)
    )
    result = analyze(
        source, settings=plan.settings, study_uid=uid, n_threads=plan.n_threads, progress=progress
    )
    require_measured(result)
    outputs.write(result, plan.out / folder_of(uid), plan.types, clear_other_types=True)
    _note_done(plan.out, uid, made_of)
    return result


def _digest(images: Sequence[WebInstance], plan: PullPlan) -> str:
    """Hash what the server tells of all that the result depends on."""
    stated = [
        sorted(one.sop_instance_uid for one in images),
        sorted(plan.types),
        plan.settings.model_dump(mode="json"),
        __version__,
    ]
    return sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def _done(out: Path) -> dict[str, str]:
    try:
        done: dict[str, str] = json.loads((out / _DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return done


def _is_done(out: Path, uid: str, made_of: str) -> bool:
    folder = folder_of(uid)
    return _done(out).get(folder) == made_of and (out / folder).is_dir()


def _note_done(out: Path, uid: str, made_of: str) -> None:
    with outputs.whole_file(out / _DONE) as file:
        file.write(json.dumps({**_done(out), folder_of(uid): made_of}, indent=1).encode())
