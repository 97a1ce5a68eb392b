"""Finds the studies below a root, folder by folder, and says when one is whole."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Any

from calciseg.batch.catalogue import Catalogue
from calciseg.reading import StudyPart, Survey, survey_files

__all__ = ["FoundStudy", "find_studies"]

_AT_ONCE = 64
"""Files surveyed between two steps of the caller, who has workers to look after."""
_APPLE_DOUBLE = "._"


@dataclass(slots=True, kw_only=True)
class FoundStudy:
    """A study, or what a later folder adds to one."""

    study_instance_uid: str
    parts: list[StudyPart] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Unreadable files that lie beside its own: the reader judges by them whether a series is whole."""
    folders: set[Path] = field(default_factory=set)
    is_unreadable: bool = False
    """No study but a folder with unreadable files only."""

    def held_below(self, root: Path) -> Path:
        """Return the folder that must have been read before the study is taken for whole.

        That is one above all its files, for series often lie in folders beside each other; the root itself
        would hold every study up.
        """
        common = Path(os.path.commonpath(self.folders))
        return common if common.parent in (root, root.parent) else common.parent


def find_studies(root: Path, out: Path, catalogue: Catalogue) -> Iterator[FoundStudy | None]:
    """Go through the folders below a root and yield the studies in them.

    Parameters
    ----------
    root : Path
    out : Path
        The batch's own folder; it is left out where it lies below the root.
    catalogue : Catalogue
        Knows the folders that were read before; they are not read again unless their files have changed.

    Yields
    ------
    FoundStudy or None
        None between two steps, so that the caller can look after its workers. A study whose files lie far
        apart may come twice, the second time with what is new.
    """
    base = root.resolve()
    held: dict[str, FoundStudy] = {}
    for folder, names in _folders(base, out.resolve()):
        for uid in [uid for uid, study in held.items() if not folder.is_relative_to(study.held_below(base))]:
            yield held.pop(uid)
        if isinstance(names, OSError):
            what = f"cannot be opened ({names.strerror or type(names).__name__})"
            _gather(folder, Survey(parts=(), broken=((str(folder), what),)), held)
            continue
        for survey in _surveyed(folder, names, catalogue):
            if survey is not None:
                _gather(folder, survey, held)
            yield None
    yield from held.values()


def _folders(base: Path, out: Path) -> Iterator[tuple[Path, list[str] | OSError]]:
    """Go through the folders, with the names of their files or with why they cannot be opened."""
    failures: list[OSError] = []
    for parent, folders, names in os.walk(base, onerror=failures.append):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if here / name != out)
        kept = sorted(name for name in names if not name.startswith(_APPLE_DOUBLE))
        yield here, [name for name in kept if name.upper() != "DICOMDIR"]
        while failures:
            failure = failures.pop()
            yield Path(failure.filename), failure
    yield from ((Path(failure.filename), failure) for failure in failures)


def _surveyed(folder: Path, names: list[str], catalogue: Catalogue) -> Iterator[Survey | None]:
    """Survey a folder, from memory if its files are the same."""
    paths = []
    digest = sha256()
    for name in names:
        path = folder / name
        try:
            status = path.stat()
        except OSError:
            continue
        if S_ISREG(status.st_mode):
            paths.append(str(path))
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="replace"))
    if not paths:
        return
    signature = digest.hexdigest()
    remembered = catalogue.survey_of(str(folder), signature)
    if remembered is not None:
        yield _from_json(folder, remembered)
        return
    # In steps only to let the caller breathe: objects without UIDs make a study over the whole folder.
    surveys = []
    for start in range(0, len(paths), _AT_ONCE):
        surveys.append(survey_files(paths[start : start + _AT_ONCE]))
        yield None
    whole = _joined(surveys, paths)
    catalogue.keep_survey(str(folder), signature, _as_json(whole))
    yield whole


def _joined(surveys: list[Survey], paths: list[str]) -> Survey:
    """Join the steps; where a step made a UID, the whole folder is surveyed at once."""
    if len(surveys) > 1 and any(part.is_uid_made for one in surveys for part in one.parts):
        return survey_files(paths)
    return Survey(
        parts=tuple(part for one in surveys for part in one.parts),
        broken=tuple(entry for one in surveys for entry in one.broken),
    )


def _gather(folder: Path, survey: Survey, held: dict[str, FoundStudy]) -> None:
    here = set()
    for part in survey.parts:
        uid = part.study_instance_uid
        study = held.setdefault(uid, FoundStudy(study_instance_uid=uid))
        study.parts.append(part)
        study.folders.add(folder)
        here.add(uid)
    if survey.broken and not here:
        uid = f"2.25.{int.from_bytes(sha256(str(folder).encode(errors='replace')).digest()[:16], 'big')}"
        held[uid] = FoundStudy(study_instance_uid=uid, folders={folder}, is_unreadable=True)
        here.add(uid)
    for uid in here:
        held[uid].broken.update(survey.broken)


def _as_json(survey: Survey) -> Any:
    parts = [{**asdict(part), "path": Path(part.path).name} for part in survey.parts]
    return {"parts": parts, "broken": [[Path(path).name, what] for path, what in survey.broken]}


def _from_json(folder: Path, content: Any) -> Survey:
    parts = []
    for fields in content["parts"]:
        whole = {"path": str(folder / fields["path"]), "identities": tuple(fields["identities"])}
        parts.append(StudyPart(**{**fields, **whole}))
    broken = tuple((str(folder / name), what) for name, what in content["broken"])
    return Survey(parts=tuple(parts), broken=broken)
