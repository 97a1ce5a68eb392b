"""Stored results again: read back, joined with their images, measured anew. Nothing is segmented again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calciseg.arguments import path_of
from calciseg.clinical import CaseSource, Knowledge, classify_study, read_case
from calciseg.ct import measure_labels
from calciseg.errors import InputError
from calciseg.kernels import threads_at_most
from calciseg.model import (
    CtVolume,
    ImageHeader,
    ImageResult,
    Issue,
    IssueCode,
    LesionMaps,
    Radiograph,
    RadiographResult,
    Shadow,
    Study,
    StudyResult,
)
from calciseg.outputs import label_map_name, read_document, read_map
from calciseg.radiograph import measure_shadows
from calciseg.reading import Source, read_study

__all__ = ["measure", "read_result"]

_Progress = Callable[[str, int, int], None]
_Image = TypeVar("_Image", CtVolume, Radiograph)
_Result = TypeVar("_Result", ImageResult, RadiographResult)
_SAME_MM = 1e-3
_MOST_NAMED = 20


def read_result(
    folder: str | Path,
    source: Study | Source | None = None,
    *,
    progress: _Progress | None = None,
    n_threads: int | None = None,
) -> StudyResult:
    """Read a stored result back, with its images and maps where the source is at hand.

    Parameters
    ----------
    folder : path
        What ``analyze -o`` or :func:`calciseg.write` wrote: ``result.json`` and, with a source, the maps.
    source : Study or what ``read_study`` takes, optional
        The images that the result was made from.
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.
    n_threads : int, optional

    Returns
    -------
    StudyResult
        Its figures are those of ``result.json``. Without a source its images hold neither pixels nor maps:
        outputs made of these are refused, and reports have no pictures.

    Raises
    ------
    InputError
        If there is no result, the source is another study or no longer holds the images, or a map was
        changed since: that is for :func:`measure`.
    """
    folder = path_of(folder, "folder")
    stored = read_document(folder)
    if source is None:
        return stored
    joined = _with_source(folder, stored, source, progress, n_threads)
    for one in joined.all_images:
        which = None if one.maps is None else _changes(one, one.maps)
        if which is not None:
            raise InputError(
                f"{folder / label_map_name(one)} was changed after its lesions were measured (lesions that"
                f" differ: {which}); measure it anew first ('calciseg measure')"
            )
    return joined


def measure(
    folder: str | Path,
    source: Study | Source,
    *,
    context: CaseSource | None = None,
    knowledge: Knowledge | None = None,
    progress: _Progress | None = None,
    n_threads: int | None = None,
) -> StudyResult:
    """Measure the lesions of stored label maps anew, also of maps that were edited.

    Each value of a label map is a lesion, also one of several parts; nothing is segmented again. What was
    taken out of the map goes into the ledger of exclusions, and what was drawn over an exclusion leaves it.

    Parameters
    ----------
    folder : path
        With ``result.json`` and the maps of every image.
    source : Study or what ``read_study`` takes
        The images that the result was made from.
    context : Case, mapping or path, optional
        With it the classification is made anew; without it the stored one is kept, and an issue says so
        where the lesions have changed.
    knowledge : Knowledge, optional
        Of the classifier.
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.
    n_threads : int, optional

    Returns
    -------
    StudyResult
        With the settings of the stored one. A result whose maps nobody changed comes out as it was.

    Raises
    ------
    InputError
        If there is no result, a map is missing or lies on another grid, the map of exclusions was changed, or
        the source is another study.
    """
    case = None if context is None else read_case(context, knowledge)
    folder = path_of(folder, "folder")
    joined = _with_source(folder, read_document(folder), source, progress, n_threads)
    with threads_at_most(n_threads):
        images = tuple(_measured(image, joined, progress) for image in joined.images)
        films = tuple(_measured_film(film, joined, progress) for film in joined.radiographs)
    again = replace(
        joined,
        images=images,
        radiographs=films,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    if case is None:
        return _with_kept_classification(again)
    classification = classify_study(
        images, again.patient, case, again.settings.classifier, knowledge, radiographs=films
    )
    stored_issues = joined.classification.issues if joined.classification else ()
    of_study = tuple(
        issue
        for issue in again.issues
        if issue not in stored_issues and issue.code != IssueCode.CLASSIFICATION_KEPT
    )
    return replace(again, classification=classification, issues=(*of_study, *classification.issues))


def _with_source(
    folder: Path,
    stored: StudyResult,
    source: Study | Source,
    progress: _Progress | None,
    n_threads: int | None,
) -> StudyResult:
    """Join a stored result with its images and maps."""
    study = _source_of(stored, source, progress, n_threads)
    return replace(
        stored,
        images=tuple(_joined(folder, image, stored, study) for image in stored.images),
        radiographs=tuple(_joined_film(folder, film, stored, study) for film in stored.radiographs),
        source=study.source,
    )


def _source_of(
    stored: StudyResult, source: Study | Source, progress: _Progress | None, n_threads: int | None
) -> Study:
    if isinstance(source, Study):
        study = source
    else:
        uids = dict.fromkeys(image.header.series_instance_uid for image in stored.all_images)
        study = read_study(
            source,
            stored.study_instance_uid,
            tuple(uids),
            progress=None if progress is None else partial(progress, "reading"),
            n_threads=n_threads,
        )
    if study.study_instance_uid != stored.study_instance_uid:
        raise InputError(
            f"the result is of study {stored.study_instance_uid}, the source is {study.study_instance_uid};"
            " give the images that the result was made from"
        )
    return study


def _the_image(
    of: _Result,
    stored: tuple[_Result, ...],
    images: tuple[_Image, ...],
    is_on_same_grid: Callable[[_Image], bool],
) -> _Image:
    """Find the image that a result was made from.

    Some anonymisers give several images one UID: the first of them in the result was made from the first of
    them in the source, and so on.
    """
    alike = [one for one in stored if _identity(one.header) == _identity(of.header)]
    found = [image for image in images if _identity(image.header) == _identity(of.header)]
    if len(found) != len(alike):
        raise InputError(
            f"the source no longer holds image {of.n} as it was analysed (series"
            f" {of.header.series_instance_uid}); give all the files that the result was made from, no others"
        )
    image = found[alike.index(of)]
    if not is_on_same_grid(image):
        raise InputError(
            f"image {of.n} (series {of.header.series_instance_uid}) lies on another grid than when it"
            " was analysed; analyse the study again"
        )
    return image


def _identity(header: ImageHeader) -> tuple[str, ...]:
    return (header.series_instance_uid, *header.sop_instance_uids)


def _joined(folder: Path, one: ImageResult, stored: StudyResult, study: Study) -> ImageResult:
    def is_on_same_grid(volume: CtVolume) -> bool:
        before, now = one.geometry, volume.geometry
        return before.shape_zyx == now.shape_zyx and np.allclose(
            now.affine_lps_mm_from_zyx, before.affine_lps_mm_from_zyx, atol=_SAME_MM
        )

    volume = _the_image(one, stored.images, study.images, is_on_same_grid)
    return replace(one, image=volume, maps=_maps(folder, one))


def _joined_film(folder: Path, one: RadiographResult, stored: StudyResult, study: Study) -> RadiographResult:
    def is_on_same_grid(film: Radiograph) -> bool:
        before, now = one.image.spacing_mm_yx, film.spacing_mm_yx
        is_same_step = before == now or (before and now and np.allclose(before, now, atol=_SAME_MM))
        return one.image.shape_yx == film.shape_yx and bool(is_same_step)

    film = _the_image(one, stored.radiographs, study.radiographs, is_on_same_grid)
    return replace(one, image=film, maps=_maps(folder, one))


def _maps(folder: Path, stored: ImageResult | RadiographResult) -> LesionMaps | None:
    if stored.status == "failed":
        return None
    names = (label_map_name(stored), f"planes-{stored.n}.nii.gz", f"excluded-{stored.n}.nii.gz")
    labels, planes, excluded = (read_map(folder / name, stored.geometry) for name in names)
    _check_exclusions(folder / names[2], stored, excluded)
    return LesionMaps(labels=labels, planes=planes.astype(np.uint8), excluded=excluded)


def _check_exclusions(
    path: Path, stored: ImageResult | RadiographResult, excluded: NDArray[np.unsignedinteger]
) -> None:
    """Refuse a map of exclusions that is not the one of the ledger: nothing says why others were excluded."""
    listed = {line.label for line in stored.excluded if line.label is not None}
    differ = sorted(listed ^ set(np.unique(excluded[excluded > 0]).tolist()))
    if differ:
        raise InputError(
            f"{path} is not the map that result.json lists (exclusions that differ: {_named(differ)}); put it"
            f" back as it was, and edit {label_map_name(stored)} instead: what is taken out there is excluded"
        )


def _measured(image: ImageResult, result: StudyResult, progress: _Progress | None) -> ImageResult:
    if image.maps is None or not isinstance(image.image, CtVolume):
        return image
    again = measure_labels(
        image.image, image.n, image.maps, image.excluded, result.settings, progress=progress
    )
    return replace(again, issues=(*again.issues, *_edited(image, image.maps)))


def _measured_film(
    film: RadiographResult, result: StudyResult, progress: _Progress | None
) -> RadiographResult:
    if film.maps is None or not isinstance(film.image, Radiograph):
        return film
    again = measure_shadows(film.image, film.n, film.maps, film.excluded, result.settings, progress=progress)
    return replace(again, issues=(*again.issues, *_edited(film, film.maps)))


def _edited(stored: ImageResult | RadiographResult, maps: LesionMaps) -> tuple[Issue, ...]:
    """Say that labels were changed since they were measured, now or before."""
    which = _changes(stored, maps)
    if which is None:
        return tuple(issue for issue in stored.issues if issue.code == IssueCode.LABELS_EDITED)
    message = f"the label map was changed by hand; lesions that differ: {which}"
    return (Issue(code=IssueCode.LABELS_EDITED, message=message),)


def _changes(stored: ImageResult | RadiographResult, maps: LesionMaps) -> str | None:
    """Name the lesions that a map holds otherwise than they were measured; None where there are none."""
    sizes = {one.label: one.n_pixels if isinstance(one, Shadow) else one.n_voxels for one in stored.lesions}
    values, counts = np.unique(maps.labels[maps.labels > 0], return_counts=True)
    now = dict(zip(values.tolist(), counts.tolist(), strict=True))
    if now == sizes and np.array_equal(maps.labels > 0, maps.planes > 0):
        return None
    changed = sorted(label for label in sizes.keys() | now.keys() if sizes.get(label) != now.get(label))
    return _named(changed) or "moved, none in size"


def _named(labels: Sequence[int]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(map(str, labels[:_MOST_NAMED])) + more


def _with_kept_classification(result: StudyResult) -> StudyResult:
    """Keep the stored classification, and say so where the lesions are no longer those it was made of."""
    kept = Issue(
        code=IssueCode.CLASSIFICATION_KEPT,
        message="the ranking was made before lesions were changed by hand; give --context to make it anew",
    )
    is_edited = any(
        issue.code == IssueCode.LABELS_EDITED for image in result.all_images for issue in image.issues
    )
    if not is_edited or result.classification is None or kept in result.issues:
        return result
    return replace(result, issues=(*result.issues, kept))
