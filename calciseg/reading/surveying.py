"""What a file adds to which study, for those who sort many studies before they read any."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from calciseg.errors import InputError, may_pass
from calciseg.quiet import quiet_pydicom
from calciseg.reading.files import ZipMember
from calciseg.reading.finding import files_at, is_zip
from calciseg.reading.grouping import StudyFiles, group_slices
from calciseg.reading.headers import SliceHeader
from calciseg.reading.indexing import BrokenFile, read_one
from calciseg.reading.radiographs import MODALITIES

__all__ = ["BrokenPart", "StudyPart", "Survey", "survey_files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPart:
    """What one file, or one zip, holds of one study."""

    path: str
    study_instance_uid: str
    is_uid_made: bool
    """Whether the study has no UID of its own and this one was made from its content."""
    identities: tuple[str, ...]
    """What tells its objects from others: copies have the same."""
    n_voxels: int
    """Of its slices."""
    n_film_pixels: int
    """Of its largest radiograph."""
    n_bytes: int
    mtime_ns: int
    is_zip: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenPart:
    """A file, or a zip, that should hold DICOM and cannot be read."""

    path: str
    what: str
    is_zip: bool
    """What is wrong with a zip, or in it, says nothing about the files that lie beside it."""
    may_pass: bool = False
    """Whether it could not be opened just then; its content may be all right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What some files of one folder hold."""

    parts: tuple[StudyPart, ...]
    broken: tuple[BrokenPart, ...]


def survey_files(paths: Iterable[str]) -> Survey:
    """Read the headers of files of one folder and say what belongs to which study.

    Parameters
    ----------
    paths : iterable of str
        Files and zips of one folder. Objects without a Study Instance UID make one study together, as
        :func:`calciseg.read_study` has it.

    Returns
    -------
    Survey
    """
    slices: dict[str, list[SliceHeader]] = {}
    broken: list[BrokenPart] = []
    zips: set[str] = set()
    with quiet_pydicom():
        for path in paths:
            outcomes, is_zipped = _outcomes(path)
            zips.update([path] if is_zipped else [])
            for outcome in outcomes:
                if isinstance(outcome, BrokenFile):
                    broken.append(_broken_part(path, outcome, is_zipped))
                elif outcome and not outcome[0].is_own_product:
                    slices.setdefault(path, []).extend(outcome)
        studies = group_slices(header for headers in slices.values() for header in headers)
    study_of = {id(header): study for study in studies for series in study.series for header in series.slices}
    parts = (_parts(path, headers, study_of, path in zips) for path, headers in slices.items())
    return Survey(parts=tuple(chain.from_iterable(parts)), broken=tuple(broken))


def _outcomes(path: str) -> tuple[list[tuple[SliceHeader, ...] | BrokenFile | None], bool]:
    """Read what lies at a path, and tell whether that is a zip."""
    try:
        files = files_at(Path(path))
    except InputError as error:
        what = str(error).removeprefix(path).strip()
        folder = str(Path(path).parent)
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else None
        broken = BrokenFile(label=path, folder=folder, what=what, is_surely_dicom=False, cause=cause)
        return [broken], _is_zip(path)
    return [read_one(file) for file in files], any(isinstance(file, ZipMember) for file in files)


def _broken_part(path: str, file: BrokenFile, is_zipped: bool) -> BrokenPart:
    is_closed = file.cause is not None and may_pass(file.cause)
    return BrokenPart(path=path, what=file.what, is_zip=is_zipped, may_pass=is_closed)


def _is_zip(path: str) -> bool:
    try:
        return is_zip(Path(path))
    except InputError:
        return False


def _parts(
    path: str, headers: list[SliceHeader], study_of: dict[int, StudyFiles], is_zipped: bool
) -> list[StudyPart]:
    own: dict[str, tuple[StudyFiles, list[SliceHeader]]] = {}
    for header in headers:
        study = study_of[id(header)]
        own.setdefault(study.study_instance_uid, (study, []))[1].append(header)
    return [_part(path, study, slices, is_zipped) for study, slices in own.values()]


def _part(path: str, study: StudyFiles, slices: list[SliceHeader], is_zipped: bool) -> StudyPart:
    status = Path(path).stat()
    films = [one for one in slices if one.modality in MODALITIES]
    return StudyPart(
        path=path,
        study_instance_uid=study.study_instance_uid,
        is_uid_made=study.is_uid_made,
        identities=tuple(sorted({header.identity for header in slices})),
        n_voxels=sum(_n_pixels(one) for one in slices if one.modality not in MODALITIES),
        n_film_pixels=max(map(_n_pixels, films), default=0),
        n_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        is_zip=is_zipped,
    )


def _n_pixels(header: SliceHeader) -> int:
    return (header.pixel_code.rows or 0) * (header.pixel_code.columns or 0)
