"""The two doors of the package: read one study, or say what there is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from pydicom.dataset import Dataset

from calciseg.arguments import threads_of, words_of
from calciseg.errors import InputError
from calciseg.model import Issue, IssueCode, SourceHeaders, Study
from calciseg.quiet import quiet_pydicom
from calciseg.reading.finding import Source
from calciseg.reading.grouping import StudyFiles, group_slices
from calciseg.reading.indexing import BrokenFile, Index, index_source
from calciseg.reading.judging import JudgedSeries, JudgedStudy, judge
from calciseg.reading.listing import Listing, list_studies
from calciseg.reading.pixels import Progress
from calciseg.reading.radiographs import MODALITIES, read_radiographs
from calciseg.reading.refusal import RefusedError
from calciseg.reading.volume import Watch, read_volume
from calciseg.reading.words import counted

__all__ = ["inspect", "read_study"]

_MOST_NAMED = 20
"""UIDs in one message: more would hide what to do."""


def read_study(
    source: Source,
    study_uid: str | None = None,
    series_uids: Sequence[str] = (),
    *,
    progress: Progress | None = None,
    n_threads: int | None = None,
    watch: Watch | None = None,
) -> Study:
    """Read one study: its CT volumes and its radiographs.

    Parameters
    ----------
    source : path, open binary stream, or iterable of Datasets, streams or paths
        A folder is searched with everything below it, links to other folders included; a path may also be a
        single file, a DICOMDIR or a zip.
    study_uid : str, optional
        The study to read; needed where the source holds several.
    series_uids : sequence of str, optional
        The series to read; one alone may be given as it is. Without them the best series of every
        acquisition is chosen.
    progress : callable, optional
        Called with the number of steps done and their total: first over the files whose headers are read,
        then, from zero again, over the slices of every volume.
    n_threads : int, optional
        How many slices are decoded at once; by default as many as there are processors, up to eight.
    watch : callable, optional
        Called with header and geometry of each volume, in the order of the study's images, before its slices
        are read; returns a callable that takes slabs of the volume in HU, and their first slice, as they are
        decoded, in any order and from several threads.

    Returns
    -------
    Study
        Its images in Hounsfield units with their geometry; doubts are in ``issues``.

    Raises
    ------
    InputError
        The source cannot be analysed; the message is one sentence with what is wrong and what to do.
    UsageError
        An argument is of the wrong type.
    """
    series_uids, n_threads = words_of(series_uids, "series_uids"), threads_of(n_threads)
    with quiet_pydicom():
        index = index_source(source, progress)
        with _blaming(index.broken):
            files = _the_study(index, group_slices(index.slices), study_uid)
            _check_series_exist(files, series_uids)
            study = judge(files, index.broken, series_uids)
            _check_asked_for(index, study, series_uids)
            radiographs, radiograph_issues = read_radiographs(_asked_for(study))
            if not radiographs and not study.chosen:
                _refuse(index, study, radiograph_issues)
        try:
            images = tuple(read_volume(stack, files, progress, n_threads, watch) for stack in study.chosen)
        except RefusedError as refusal:
            raise InputError(f"{index.name} cannot be analysed: {refusal}") from refusal
    return Study(
        study_instance_uid=files.study_instance_uid,
        images=images,
        radiographs=radiographs,
        patient=files.series[0].slices[0].patient if not study.chosen else study.chosen[0].head.patient,
        issues=(*_study_issues(index, study), *radiograph_issues),
        source=_source_headers(study),
    )


def inspect(source: Source, *, progress: Progress | None = None) -> Listing:
    """List the studies and series of a source: usable or not, chosen or not, and why. Reads no pixels.

    Parameters
    ----------
    source : path, open binary stream, or iterable of Datasets, streams or paths
        As for :func:`read_study`.
    progress : callable, optional
        Called with the number of files done and their total.

    Raises
    ------
    InputError
        There is nothing to list.
    """
    with quiet_pydicom():
        index = index_source(source, progress)
        return list_studies(index, [judge(study, index.broken) for study in group_slices(index.slices)])


@contextmanager
def _blaming(broken: Sequence[BrokenFile]) -> Iterator[None]:
    """Let a refusal come of the file that could not be opened, where there is one: that may pass."""
    try:
        yield
    except InputError as error:
        raise error from next((file.cause for file in broken if file.cause is not None), None)


def _the_study(index: Index, studies: Sequence[StudyFiles], study_uid: str | None) -> StudyFiles:
    uids = [study.study_instance_uid for study in studies]
    if study_uid is not None:
        if study_uid not in uids:
            raise InputError(f"{index.name} holds no study {study_uid}; choose one of {_names(uids)}")
        return studies[uids.index(study_uid)]
    if len(studies) > 1:
        raise InputError(
            f"{index.name} holds {len(studies)} studies ({_names(uids)});"
            " choose one with --study UID, or analyse them all with calciseg batch"
        )
    return studies[0]


def _check_series_exist(study: StudyFiles, series_uids: Sequence[str]) -> None:
    present = [series.series_instance_uid for series in study.series]
    for uid in series_uids:
        if uid not in present:
            raise InputError(
                f"study {study.study_instance_uid} has no series {uid}; choose one of {_names(present)}"
            )


def _refuse(index: Index, study: JudgedStudy, radiograph_issues: Sequence[Issue]) -> None:
    """Refuse a study without a usable series."""
    if radiograph_issues:
        raise InputError(f"{index.name}: {radiograph_issues[0].message.removesuffix('.')}")
    refused = [series for series in study.series if series.refusal is not None]
    modalities = {series.files.modality for series in study.series}
    if "CT" not in modalities:
        found = ", ".join(sorted(modality or "objects without a modality" for modality in modalities))
        raise InputError(
            f"{index.name} holds no CT and no radiograph, only {found}; calciseg needs CT, CR or DX:"
            " give a CT series or a plain radiograph"
        )
    cts = [series for series in refused if series.files.modality == "CT"]
    if len(cts) == 1:
        raise InputError(_sentence(index, cts[0]))
    reasons = _names([f"{series.files.series_instance_uid} ({_what(series)})" for series in cts])
    raise InputError(
        f"{index.name} has {len(cts)} CT series and none can be analysed: {reasons};"
        " give a complete axial CT series"
    )


def _asked_for(study: JudgedStudy) -> StudyFiles:
    """Return the radiographs that are to be read."""
    wanted = tuple(one.files for one in study.series if one.is_radiographs and one.is_asked_for)
    return replace(study.files, series=wanted)


def _check_asked_for(index: Index, study: JudgedStudy, series_uids: Sequence[str]) -> None:
    """Refuse any series that was asked for and is not usable."""
    for series in study.series:
        if series.refusal is not None and series.files.series_instance_uid in series_uids:
            raise InputError(_sentence(index, series))


def _sentence(index: Index, series: JudgedSeries) -> str:
    return f"series {series.files.series_instance_uid} of {index.name} cannot be analysed: {series.refusal}"


def _what(series: JudgedSeries) -> str:
    return "" if series.refusal is None else series.refusal.reason


def _names(uids: Sequence[str]) -> str:
    more = f" and {len(uids) - _MOST_NAMED} more" if len(uids) > _MOST_NAMED else ""
    return ", ".join(uids[:_MOST_NAMED]) + more


def _source_headers(study: JudgedStudy) -> SourceHeaders:
    """Refer to every object of the chosen series and every radiograph once, in the order of the slices."""
    slices = [header for stack in study.chosen for header in stack.slices]
    slices += [header for one in study.files.series if one.modality in MODALITIES for header in one.slices]
    first_of_file = {id(header.file): header for header in reversed(slices)}
    in_order = [first_of_file.pop(id(header.file)) for header in slices if id(header.file) in first_of_file]

    def read() -> Iterator[Dataset]:
        for header in in_order:
            with quiet_pydicom():
                dataset = header.file.whole_header()
                # What an anonymiser blanked, others must be able to refer to.
                dataset.SOPInstanceUID = header.identity
                if not dataset.get("SOPClassUID") and header.sop_class_uid is not None:
                    dataset.SOPClassUID = header.sop_class_uid
            yield dataset

    return SourceHeaders(read)


def _study_issues(index: Index, study: JudgedStudy) -> tuple[Issue, ...]:
    issues: list[Issue] = []
    if study.files.is_uid_made:
        message = f"The study has no UID; {study.files.study_instance_uid} was made from its content."
        issues.append(Issue(code=IssueCode.STUDY_UID_MISSING, message=message))
    if index.broken:
        message = f"Left out: {counted(len(index.broken), 'file')} that should be DICOM and cannot be read."
        issues.append(Issue(code=IssueCode.FILES_IGNORED, message=message))
    left_out = _not_chosen(study)
    if left_out:
        message = f"Not analysed: {len(left_out)} other series of the study: {_names(left_out)}."
        issues.append(Issue(code=IssueCode.SERIES_NOT_CHOSEN, message=message))
    return tuple(issues)


def _not_chosen(study: JudgedStudy) -> list[str]:
    left_out = []
    for series in study.series:
        uid = series.files.series_instance_uid
        if series.refusal is not None:
            left_out.append(f"{uid} ({series.refusal.reason})")
        if series.is_radiographs and not series.is_asked_for:
            left_out.append(f"{uid} (not asked for)")
        left_out.extend(f"{uid} ({choice.why})" for choice in series.choices if not choice.is_chosen)
    return left_out
