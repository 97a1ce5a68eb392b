"""A study as rows of tables: one an image, one a lesion."""

from collections.abc import Sequence
from typing import Any

from calciseg.model import StudyResult, TissuePlane
from calciseg.outputs.html_report.film_view import FilmPictures
from calciseg.outputs.html_report.overview import thumbnail
from calciseg.outputs.lesions_csv import COLUMNS, joined_rows
from calciseg.outputs.radiograph_schema import RadiographEntry
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_schema import ImageEntry, TotalsEntry

__all__ = ["LESION_COLUMNS", "TOTALS_COLUMNS", "image_rows", "lesion_rows", "n_lesions_of"]

LESION_COLUMNS = COLUMNS

_PICTURE_PX = 160
_HAND_INDEX = "calciseg_hand_index"
_OF_IMAGE = ("n", "series_instance_uid", "modality", "kind", "image_status")
_OF_TOTALS = (*(name for name in TotalsEntry.model_fields if name != "by_plane"), "area_mm2", _HAND_INDEX)
_OF_PLANE = ("n_lesions", "volume_mm3", "volume_pv_mm3", "area_mm2")
_OF_CLASSIFICATION = ("classification_status", "mechanism")

TOTALS_COLUMNS = (
    *_OF_IMAGE,
    *_OF_TOTALS,
    *(f"{plane}_{name}" for plane in TissuePlane for name in _OF_PLANE),
    *_OF_CLASSIFICATION,
)
"""The columns of ``studies.csv`` that a study which failed leaves empty."""


def image_rows(result: StudyResult) -> tuple[dict[str, Any], ...]:
    """Return one row an image, with a small picture for the cohort's page; not measured is None."""
    document = result_document(result)
    verdict = result.classification
    classified: dict[str, str] = {} if verdict is None else {"classification_status": verdict.status}
    if verdict is not None and verdict.status == "probable":
        classified["mechanism"] = verdict.ranking[0].mechanism
    pictures = {image.n: thumbnail(image) for image in result.images if image.maps is not None}
    pictures |= {
        film.n: FilmPictures(film).whole(_PICTURE_PX) for film in result.radiographs if film.maps is not None
    }
    return tuple(
        {**_of_image(image), **classified, "picture": pictures.get(image.n)} for image in document.images
    )


def lesion_rows(result: StudyResult) -> tuple[tuple[Any, ...], ...]:
    """Return one row a lesion."""
    return tuple(joined_rows(result))


def n_lesions_of(images: Sequence[dict[str, Any]]) -> int:
    """Count the lesions of a study once.

    Images of a study may show the same anatomy, so they are not summed: the fullest CT counts, and where no
    CT was measured the fullest radiograph. The classifier goes by radiographs also where CT was measured and
    shows nothing.

    Parameters
    ----------
    images : sequence of dict
        As :func:`image_rows` gives them.
    """
    measured = [image for image in images if image.get("n_lesions") is not None]
    volumes = [image for image in measured if image["kind"] == "ct_volume"]
    return max((int(image["n_lesions"]) for image in volumes or measured), default=0)


def _of_image(image: ImageEntry | RadiographEntry) -> dict[str, Any]:
    row = {name: getattr(image, name) for name in _OF_IMAGE if name != "image_status"}
    row["image_status"] = image.status
    if image.totals is None:
        return row
    row |= {name: getattr(image.totals, name, None) for name in _OF_TOTALS}
    index = row[_HAND_INDEX]
    row[_HAND_INDEX] = None if index is None else index.value
    for plane, totals in image.totals.by_plane.items():
        row |= {f"{plane}_{name}": getattr(totals, name, None) for name in _OF_PLANE}
    return row
