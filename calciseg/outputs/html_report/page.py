"""What the template shows, and the page that comes of it."""

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from calciseg.model import (
    ExclusionReason,
    FlagCode,
    ImageResult,
    Lesion,
    Morphology,
    PlaneReason,
    RadiographResult,
    Shadow,
    StudyResult,
    Tag,
    TissuePlane,
)
from calciseg.outputs.figures import length, volume
from calciseg.outputs.html_report.lesion_picture import SCALE_BAR_MM, LesionPicture, lesion_picture
from calciseg.outputs.html_report.overview import Overview, overviews
from calciseg.outputs.html_report.radiograph_picture import radiograph_picture
from calciseg.outputs.palette import PLANE_COLOURS
from calciseg.outputs.provenance import provenance
from calciseg.outputs.radiograph_rows import (
    ShadowLedgerRow,
    largest_shadows_first,
    shadow_ledger_rows,
)
from calciseg.outputs.settings_rows import settings_rows
from calciseg.outputs.summary_rows import (
    LedgerRow,
    PlaneRow,
    flags_on_all,
    largest_first,
    ledger_rows,
    plane_rows,
)

__all__ = ["PICTURES_AT_MOST", "report_page"]

PICTURES_AT_MOST = 200
"""Pictures of lesions in one report: about 15 kB each."""

_VOCABULARIES = {
    "Tissue planes": TissuePlane,
    "Shapes": Morphology,
    "Tags": Tag,
    "Flags": FlagCode,
    "Not counted": ExclusionReason,
    "Planes on radiographs": PlaneReason,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _ImageSection:
    """One image, ready for the template."""

    image: ImageResult
    lesions: list[Lesion]
    planes: list[PlaneRow]
    ledger: list[LedgerRow]
    common_flags: list[FlagCode]
    overviews: tuple[Overview, ...]
    pictures: dict[int, LesionPicture]
    """By label."""


def report_page(result: StudyResult) -> str:
    """Make the report.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        HTML without a script, a link or a request; whatever text comes from DICOM is shown as text.
    """
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            result=result,
            sections=_sections(result),
            films=_films(result),
            settings=settings_rows(result.settings),
            provenance=provenance(),
            vocabularies=_VOCABULARIES,
            colours=PLANE_COLOURS,
            scale_bar_mm=SCALE_BAR_MM,
            n_pictures_at_most=PICTURES_AT_MOST,
        )
    )


def _sections(result: StudyResult) -> list[_ImageSection]:
    n_left = PICTURES_AT_MOST
    sections = []
    for image in result.images:
        lesions = largest_first(image.lesions)
        pictured = lesions[:n_left] if image.maps is not None else []
        n_left -= len(pictured)
        sections.append(
            _ImageSection(
                image=image,
                lesions=lesions,
                planes=plane_rows(image),
                ledger=ledger_rows(image.excluded),
                common_flags=flags_on_all(lesions),
                overviews=overviews(image) if image.maps is not None else (),
                pictures={lesion.label: lesion_picture(image, lesion) for lesion in pictured},
            )
        )
    return sections


@dataclass(frozen=True, slots=True, kw_only=True)
class _Film:
    """One radiograph, ready for the template."""

    image: RadiographResult
    lesions: list[Shadow]
    ledger: list[ShadowLedgerRow]
    picture: str | None


def _films(result: StudyResult) -> list[_Film]:
    return [
        _Film(
            image=film,
            lesions=largest_shadows_first(film.lesions),
            ledger=shadow_ledger_rows(film.excluded),
            picture=None if film.maps is None else radiograph_picture(film),
        )
        for film in result.radiographs
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("calciseg.outputs.html_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"volume": volume, "millimetres": length, "words": _words, "count": _count}
    return environment


def _words(word: str) -> str:
    return word.replace("_", " ")


def _count(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:,.0f}"
