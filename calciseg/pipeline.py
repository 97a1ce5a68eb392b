"""A study in, a result out: the order of the stages, and nothing of how they work."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from calciseg.arguments import must_be, words_of
from calciseg.clinical import CaseSource, Knowledge, classify_study, read_case
from calciseg.ct import EarlyLabels, analyze_volume
from calciseg.errors import CancelledError, InputError
from calciseg.kernels import threads_at_most
from calciseg.model import ImageHeader, Study, StudyResult, VolumeGeometry
from calciseg.radiograph import analyze_radiograph
from calciseg.reading import Source, read_study
from calciseg.settings import Settings

__all__ = ["analyze", "require_measured"]


def analyze(
    source: Study | Source,
    context: CaseSource | None = None,
    settings: Settings | None = None,
    *,
    knowledge: Knowledge | None = None,
    study_uid: str | None = None,
    series_uids: Iterable[str] = (),
    n_threads: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> StudyResult:
    """Find, place and measure the soft-tissue calcifications of a study.

    Parameters
    ----------
    source : Study or what ``read_study`` takes
        A study already read, or a path, zip, open stream, or iterable of pydicom Datasets, streams or paths.
    context : mapping, path or Case, optional
        What is known of the patient: the clinical part of ``CASE.json``, all of it, or a FHIR R4 Bundle.
    settings : Settings, optional
        By default ``Settings()``.
    knowledge : Knowledge, optional
        Of the classifier; by default that of the package.
    study_uid : str, optional
        Which study, where the source holds several.
    series_uids : iterable of str
        Which series, instead of those best for calcium; one alone may be given as it is.
    n_threads : int, optional
        By default all processors this process may use. Changes no byte of the result.
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.
    is_cancelled : callable, optional
        Asked wherever progress is told, such as ``threading.Event().is_set``.

    Returns
    -------
    StudyResult

    Raises
    ------
    InputError
        If the source cannot be analysed or the context cannot be read.
    UsageError
        If an argument is of the wrong type.
    CancelledError
        If `is_cancelled` answered yes.

    Notes
    -----
    May be called from several threads and processes at once. Prints nothing and never ends the interpreter.
    """
    settings = Settings() if settings is None else settings
    must_be(settings, Settings, "settings", "give calciseg.Settings(...) or load_settings(file)")
    report = _reporting(progress, is_cancelled)
    # A context that cannot be read is refused before the work, not after it.
    case = None if context is None else read_case(context, knowledge)
    early: list[EarlyLabels] = []
    if isinstance(source, Study):
        study = source
    else:
        study = read_study(
            source,
            study_uid,
            words_of(series_uids, "series_uids"),
            progress=partial(report, "reading"),
            n_threads=n_threads,
            watch=partial(_label_early, early, settings),
        )
    with threads_at_most(n_threads):
        images = tuple(
            analyze_volume(image, n, settings, progress=report, early=labels)
            for n, (image, labels) in enumerate(zip_longest(study.images, early), start=1)
        )
        radiographs = tuple(
            analyze_radiograph(film, n, settings, progress=report)
            for n, film in enumerate(study.radiographs, start=len(images) + 1)
        )
        classification = classify_study(
            images, study.patient, case, settings.classifier, knowledge, radiographs=radiographs
        )
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        patient=study.patient,
        images=images,
        radiographs=radiographs,
        issues=(*study.issues, *classification.issues),
        source=study.source,
        settings=settings,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        classification=classification,
    )


def _label_early(
    early: list[EarlyLabels], settings: Settings, header: ImageHeader, geometry: VolumeGeometry
) -> Callable[[NDArray[np.int16], int], None]:
    """Let a volume be labelled while its slices are decoded."""
    early.append(EarlyLabels(header, geometry, settings))
    return early[-1].add


def _reporting(
    progress: Callable[[str, int, int], None] | None, is_cancelled: Callable[[], bool] | None
) -> Callable[[str, int, int], None]:
    """Join what is told and what is asked on the way."""

    def report(stage: str, n_done: int, n_total: int) -> None:
        if is_cancelled is not None and is_cancelled():
            raise CancelledError("the analysis was cancelled by its caller; nothing was written")
        if progress is not None:
            progress(stage, n_done, n_total)

    return report


def require_measured(result: StudyResult) -> None:
    """Refuse a study of which nothing could be measured, naming its series and the reasons.

    Raises
    ------
    InputError
        If every image failed.
    """
    if any(image.status == "measured" for image in result.all_images):
        return
    reasons = "; ".join(
        f"series {image.header.series_instance_uid}: "
        + (", ".join(issue.message for issue in image.issues) or "could not be measured")
        for image in result.all_images
    )
    raise InputError(f"{reasons or 'no image'}; choose another series with --series, see 'calciseg inspect'")
