"""Finds the studies below a root, folder by folder, and says when one is whole."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from calciseg.batch.catalogue import Catalogue
from calciseg.reading import BrokenPart, StudyPart, Survey, look, survey_files, walk

__all__ = ["FoundStudy", "find_studies"]

_AT_ONCE = 64
"""Files surveyed between two steps of the caller, who has workers to look after."""
_FORM = b"3\n"
"""How surveys are written: those that were remembered in another form are made again."""


@dataclass(slots=True, kw_only=True)
class FoundStudy:
    """A study, or what a later folder adds to one."""

    study_instance_uid: str
    parts: list[StudyPart] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)
    """Unreadable files in the folder or the zip of its own: the reader judges by them whether a series is
    whole."""
    folders: set[Path] = field(default_factory=set)
    is_unreadable: bool = False
    """No study but a zip that cannot be read, or unreadable files beside no other."""

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
            closed = BrokenPart(path=str(folder), what=what, is_zip=False, may_pass=True)
            _gather(folder, Survey(parts=(), broken=(closed,)), held)
            continue
        for survey in _surveyed(folder, names, catalogue):
            if survey is not None:
                _gather(folder, survey, held)
            yield None
    yield from held.values()


def _folders(base: Path, out: Path) -> Iterator[tuple[Path, list[str] | OSError]]:
    """Go through the folders, with the names of their files or with why they cannot be opened."""
    failures: list[OSError] = []
    for here, names in walk(base, failures.append, leave_out=out):
        yield here, names
        while failures:
            failure = failures.pop()
            yield Path(failure.filename), failure
    yield from ((Path(failure.filename), failure) for failure in failures)


def _surveyed(folder: Path, names: list[str], catalogue: Catalogue) -> Iterator[Survey | None]:
    """Survey a folder, from memory if its files are the same."""
    paths = []
    digest = sha256(_FORM)
    for name in names:
        path = folder / name
        seen = look(path)
        if seen is not None:
            paths.append(str(path))
            digest.update(seen.encode(errors="replace"))
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
    # What could not be opened looks the same once it can.
    if not any(one.may_pass for one in whole.broken):
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
    """Add what a folder holds; what is broken concerns the studies in the same place, or fails by itself."""
    studies_at: dict[str, set[str]] = {}
    for part in survey.parts:
        uid = part.study_instance_uid
        study = held.setdefault(uid, FoundStudy(study_instance_uid=uid))
        study.parts.append(part)
        study.folders.add(folder)
        studies_at.setdefault(_place(folder, part), set()).add(uid)
    for broken in survey.broken:
        place = _place(folder, broken)
        for uid in studies_at.get(place) or {_unreadable(folder, place, held)}:
            held[uid].broken[broken.path] = broken.what


def _place(folder: Path, one: StudyPart | BrokenPart) -> str:
    """Return what lies together: a zip, or the files of a folder that lie in none."""
    return one.path if one.is_zip else str(folder)


def _unreadable(folder: Path, place: str, held: dict[str, FoundStudy]) -> str:
    """Hold a place without any study, under a UID made from its path, which is returned."""
    uid = f"2.25.{int.from_bytes(sha256(place.encode(errors='replace')).digest()[:16], 'big')}"
    held.setdefault(uid, FoundStudy(study_instance_uid=uid, folders={folder}, is_unreadable=True))
    return uid


def _as_json(survey: Survey) -> Any:
    return {
        "parts": [{**asdict(part), "path": Path(part.path).name} for part in survey.parts],
        "broken": [{**asdict(one), "path": Path(one.path).name} for one in survey.broken],
    }


def _from_json(folder: Path, content: Any) -> Survey:
    parts = []
    for fields in content["parts"]:
        whole = {"path": str(folder / fields["path"]), "identities": tuple(fields["identities"])}
        parts.append(StudyPart(**{**fields, **whole}))
    broken = (BrokenPart(**{**fields, "path": str(folder / fields["path"])}) for fields in content["broken"])
    return Survey(parts=tuple(parts), broken=tuple(broken))
