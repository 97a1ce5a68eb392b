"""From ``result.json`` back to what it was made of."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from calciseg.errors import InputError, SettingsError
from calciseg.model import (
    Classification,
    Exclusion,
    HandIndex,
    ImageHeader,
    ImageResult,
    Imaging,
    Issue,
    Lesion,
    PatientFacts,
    PlaneAreas,
    PlaneTotals,
    RadiographResult,
    RadiographTotals,
    Shadow,
    ShadowExclusion,
    StudyResult,
    Totals,
    UnseenRadiograph,
    UnseenVolume,
    VolumeGeometry,
)
from calciseg.outputs.classification_schema import ClassificationEntry
from calciseg.outputs.radiograph_schema import RadiographEntry
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_schema import ImageEntry, ResultDocument
from calciseg.settings import Settings

__all__ = ["as_published", "read_document"]

_T = TypeVar("_T")
_Result = TypeVar("_Result", ImageResult, RadiographResult)


def read_document(folder: Path) -> StudyResult:
    """Read ``result.json`` of a folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    StudyResult
        Its images hold neither pixels nor maps, its figures are rounded as the document's.

    Raises
    ------
    InputError
        If there is none, or it is no result of this version of the document.
    """
    path = folder / "result.json"
    try:
        document = ResultDocument.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"{folder} holds no result.json; give the folder that 'calciseg analyze -o' wrote"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({(error.strerror or 'unknown').lower()})") from error
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise InputError(
            f"{path} is no calciseg result of schema 1.0 ({where}: {first['msg']}); analyse the study again"
        ) from error
    return _study(path, document)


def as_published(result: StudyResult) -> StudyResult:
    """Round the figures of a result as ``result.json`` rounds them.

    Every output is made from these, so that it is the same whether it was written right after the analysis
    or from the stored result.
    """
    document = result_document(result)
    entries = {entry.n: entry for entry in document.images}
    return replace(
        result,
        images=tuple(
            _with_figures(image, _image(entry))
            for image in result.images
            if isinstance(entry := entries[image.n], ImageEntry)
        ),
        radiographs=tuple(
            _with_figures(film, _film(entry))
            for film in result.radiographs
            if isinstance(entry := entries[film.n], RadiographEntry)
        ),
        classification=None if document.classification is None else _classification(document.classification),
    )


def _with_figures(result: _Result, rounded: _Result) -> _Result:
    return replace(result, lesions=rounded.lesions, excluded=rounded.excluded, totals=rounded.totals)


def _study(path: Path, document: ResultDocument) -> StudyResult:
    try:
        settings = Settings.model_validate(document.settings)
    except (pydantic.ValidationError, SettingsError) as error:
        raise InputError(
            f"{path} was made with settings that calciseg no longer knows; analyse the study again"
        ) from error
    return StudyResult(
        study_instance_uid=document.study_instance_uid,
        patient=_made(PatientFacts, document.patient),
        images=tuple(_image(entry) for entry in document.images if isinstance(entry, ImageEntry)),
        radiographs=tuple(_film(entry) for entry in document.images if isinstance(entry, RadiographEntry)),
        issues=tuple(_made(Issue, issue) for issue in document.issues),
        settings=settings,
        created=document.created,
        classification=None if document.classification is None else _classification(document.classification),
    )


def _classification(entry: ClassificationEntry) -> Classification:
    stated, derived = (
        None
        if imaging is None
        else _made(Imaging, imaging, tissue_planes=tuple(imaging.tissue_planes.items()))
        for imaging in (entry.imaging_stated, entry.imaging_derived)
    )
    return _made(Classification, entry, imaging_stated=stated, imaging_derived=derived)


def _image(entry: ImageEntry) -> ImageResult:
    geometry = entry.geometry.model_dump()
    is_resampled = geometry.pop("is_resampled")
    totals = entry.totals
    return ImageResult(
        n=entry.n,
        image=UnseenVolume(
            header=_header(entry), geometry=VolumeGeometry(**geometry), is_resampled=is_resampled
        ),
        status=entry.status,
        lesions=tuple(_made(Lesion, lesion) for lesion in entry.lesions),
        excluded=tuple(_made(Exclusion, line) for line in entry.excluded),
        totals=None
        if totals is None
        else _made(
            Totals,
            totals,
            by_plane={plane: _made(PlaneTotals, one) for plane, one in totals.by_plane.items()},
        ),
        issues=tuple(_made(Issue, issue) for issue in entry.issues),
    )


def _film(entry: RadiographEntry) -> RadiographResult:
    return RadiographResult(
        n=entry.n,
        image=UnseenRadiograph(header=_header(entry), **entry.geometry.model_dump()),
        status=entry.status,
        lesions=tuple(_made(Shadow, shadow) for shadow in entry.lesions),
        excluded=tuple(_made(ShadowExclusion, line) for line in entry.excluded),
        totals=_film_totals(entry),
        issues=tuple(_made(Issue, issue) for issue in entry.issues),
    )


def _film_totals(entry: RadiographEntry) -> RadiographTotals | None:
    totals = entry.totals
    if totals is None:
        return None
    index = totals.calciseg_hand_index
    return _made(
        RadiographTotals,
        totals,
        by_plane={plane: _made(PlaneAreas, one) for plane, one in totals.by_plane.items()},
        by_site={site: _made(PlaneAreas, one) for site, one in totals.by_site.items()},
        calciseg_hand_index=None if index is None else _made(HandIndex, index),
    )


def _header(entry: ImageEntry | RadiographEntry) -> ImageHeader:
    return ImageHeader(
        series_instance_uid=entry.series_instance_uid,
        sop_instance_uids=entry.sop_instance_uids,
        modality=entry.modality,
        acquisition=entry.acquisition,
        laterality=entry.laterality,
        view=entry.view,
    )


def _made(kind: type[_T], entry: pydantic.BaseModel, **parts: Any) -> _T:
    """Make a frozen object, and those inside it, of an entry of the document."""
    made: _T = _validators(kind).validate_python({**entry.model_dump(), **parts})
    return made


_validators: Callable[[Any], pydantic.TypeAdapter[Any]] = lru_cache(pydantic.TypeAdapter)
