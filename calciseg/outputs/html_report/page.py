"""What the template shows, and the page that comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from calciseg.model import (
    Exclusion,
    ExclusionReason,
    FlagCode,
    ImageResult,
    Lesion,
    Morphology,
    PlaneReason,
    RadiographResult,
    Shadow,
    ShadowExclusion,
    StudyResult,
    Tag,
    TissuePlane,
)
from calciseg.outputs.figures import length, volume
from calciseg.outputs.html_report.charts import Chart, depth_chart, size_chart
from calciseg.outputs.html_report.cutouts import PICTURE_PX, SCALE_BAR_MM, Cutout
from calciseg.outputs.html_report.film_view import FilmPictures
from calciseg.outputs.html_report.overview import Overview, overviews
from calciseg.outputs.html_report.viewer_bundle import csp_hash, viewer_bundle
from calciseg.outputs.html_report.viewer_layers import (
    LOWEST_HU,
    STEP_HU,
    ViewerLayers,
    film_layers,
    volume_layers,
)
from calciseg.outputs.html_report.volume_pictures import VolumePictures
from calciseg.outputs.palette import EXCLUDED_COLOUR, PLANE_COLOURS
from calciseg.outputs.provenance import provenance
from calciseg.outputs.radiograph_rows import (
    ShadowLedgerRow,
    extent_lines,
    largest_shadows_first,
    shadow_ledger_rows,
    why_plane,
)
from calciseg.outputs.settings_rows import settings_rows
from calciseg.outputs.summary_rows import (
    PLANES_CAPTION,
    SCORE_CAPTION,
    LedgerRow,
    PlaneRow,
    flags_on_all,
    largest_first,
    ledger_rows,
    place_of,
    plane_rows,
)

__all__ = ["PICTURES_AT_MOST", "ROWS_AT_MOST", "report_page"]

PICTURES_AT_MOST = 300
"""Pictures of lesions in one report: about 9 kB each."""
ROWS_AT_MOST = 1000
"""Rows of lesions in one report: about 1 kB each."""

_VOXELS_AT_MOST = 16_000_000
"""Of the images of a report together, as the viewers show them: what a graphics card takes easily."""
_PIXELS_AT_MOST = 2_500_000
"""The same of a film."""
_SHOWN_AT_MOST, _PICTURES_AND_SHOWN_AT_MOST = 8_500_000, 12_000_000
"""Characters of those images, and of them and all pictures, so that a report stays below 15 MB."""
_SHOWN_AT_LEAST = 20_000
"""Characters of one image, also where pictures have taken all the room: fewer show nothing."""

_SCRIPTS = ("lesion_table.js", "viewer.js", "report.js")

_Excluded = TypeVar("_Excluded", Exclusion, ShadowExclusion)

_VOCABULARIES = {
    "Tissue planes": TissuePlane,
    "Shapes": Morphology,
    "Tags": Tag,
    "Flags": FlagCode,
    "Not counted": ExclusionReason,
    "Planes on radiographs": PlaneReason,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _VolumeSection:
    """One CT volume, ready for the template."""

    image: ImageResult
    lesions: list[Lesion]
    """Those that the table shows, largest first."""
    planes: list[PlaneRow]
    ledger: list[LedgerRow]
    common_flags: list[FlagCode]
    overviews: tuple[Overview, ...]
    cutouts: dict[int, Cutout]
    """By label."""
    n_pictured: int
    ledger_pictures: dict[ExclusionReason, Cutout]
    sizes: Chart | None
    depths: Chart | None
    layers: ViewerLayers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _FilmSection:
    """One radiograph, ready for the template."""

    image: RadiographResult
    lesions: list[Shadow]
    ledger: list[ShadowLedgerRow]
    common_flags: list[FlagCode]
    picture: str | None
    cutouts: dict[int, Cutout]
    n_pictured: int
    ledger_pictures: dict[ExclusionReason, Cutout]
    sizes: Chart | None
    layers: ViewerLayers | None = None


def report_page(result: StudyResult) -> str:
    """Make the report.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    str
        One file that asks for nothing else. Its scripts and its style are named by their hashes in a
        Content-Security-Policy, so nothing else can run; whatever text comes from DICOM or from a case is
        shown as text.
    """
    environment = _environment()
    sections, films = _sections(result)
    style = environment.get_template("report.css.jinja").render(
        colours=PLANE_COLOURS, excluded_colour=EXCLUDED_COLOUR
    )
    script = _script()
    return environment.get_template("report.html.jinja").render(
        result=result,
        sections=sections,
        films=films,
        settings=settings_rows(result.settings),
        provenance=provenance(),
        vocabularies=_VOCABULARIES,
        colours=PLANE_COLOURS,
        excluded_colour=EXCLUDED_COLOUR,
        planes_caption=PLANES_CAPTION,
        score_caption=SCORE_CAPTION,
        scale_bar_mm=SCALE_BAR_MM,
        picture_px=PICTURE_PX,
        n_pictures_at_most=PICTURES_AT_MOST,
        lowest_hu=LOWEST_HU,
        step_hu=STEP_HU,
        bundle=viewer_bundle(),
        style=Markup(style),
        script=Markup(script),
        style_hash=Markup(csp_hash(style.encode())),
        script_hashes=Markup(" ".join((csp_hash(script.encode()), viewer_bundle().csp_hash))),
        legend=_legend(),
    )


def _legend() -> dict[str, dict[str, object]]:
    """Return what the script needs to know of words and colours."""
    return {
        "planes": {
            str(plane.map_value): {"name": plane.value, "colour": colour}
            for plane, colour in PLANE_COLOURS.items()
        },
        "reasons": {
            str(i): reason.value.replace("_", " ") for i, reason in enumerate(ExclusionReason, start=1)
        },
        "excluded_colour": {"colour": EXCLUDED_COLOUR},
    }


def _sections(result: StudyResult) -> tuple[list[_VolumeSection], list[_FilmSection]]:
    n_pictures, n_rows = PICTURES_AT_MOST, ROWS_AT_MOST
    sections, films = [], []
    for image in result.images:
        section = _volume_section(image, n_pictures, n_rows)
        n_pictures, n_rows = n_pictures - section.n_pictured, n_rows - len(section.lesions)
        sections.append(section)
    for film in result.radiographs:
        one = _film_section(film, n_pictures, n_rows)
        n_pictures, n_rows = n_pictures - one.n_pictured, n_rows - len(one.lesions)
        films.append(one)
    _add_layers(sections, films)
    return sections, films


def _add_layers(sections: list[_VolumeSection], films: list[_FilmSection]) -> None:
    """Add what the viewers show, in the room that the pictures leave."""
    all_sections: tuple[_VolumeSection | _FilmSection, ...] = (*sections, *films)
    n_shown = max(1, sum(_is_shown(section.image) for section in all_sections))
    n_drawn = sum(
        len(cutout.data_uri or "")
        for section in all_sections
        for cutout in (*section.cutouts.values(), *section.ledger_pictures.values())
    )
    room = max(_SHOWN_AT_LEAST, min(_SHOWN_AT_MOST, _PICTURES_AND_SHOWN_AT_MOST - n_drawn) // n_shown)
    n_voxels = _VOXELS_AT_MOST // n_shown
    for i, section in enumerate(sections):
        if _is_shown(section.image):
            layers = volume_layers(section.image, n_voxels_at_most=n_voxels, n_characters_at_most=room)
            sections[i] = replace(section, layers=layers)
    for i, film in enumerate(films):
        if _is_shown(film.image):
            layers = film_layers(film.image, n_pixels_at_most=_PIXELS_AT_MOST, n_characters_at_most=room)
            films[i] = replace(film, layers=layers)


def _is_shown(image: ImageResult | RadiographResult) -> bool:
    pixels = image.hu if isinstance(image, ImageResult) else image.values
    return image.maps is not None and pixels is not None


def _volume_section(image: ImageResult, n_pictures: int, n_rows: int) -> _VolumeSection:
    lesions = largest_first(image.lesions)
    cutouts: dict[int, Cutout] = {}
    ledger_pictures: dict[ExclusionReason, Cutout] = {}
    if is_shown := _is_shown(image):
        drawing = VolumePictures(image)
        for i, lesion in enumerate(lesions[:n_rows]):
            cutouts[lesion.label] = drawing.of_lesion(lesion, is_drawn=i < n_pictures)
        for reason, largest in _largest_of_each_reason(image.excluded, lambda one: one.volume_mm3).items():
            if (picture := drawing.of_exclusion(largest)) is not None:
                ledger_pictures[reason] = picture
    return _VolumeSection(
        image=image,
        lesions=lesions[:n_rows],
        planes=plane_rows(image),
        ledger=ledger_rows(image.excluded),
        common_flags=flags_on_all(lesions),
        overviews=overviews(image) if is_shown else (),
        cutouts=cutouts,
        n_pictured=min(len(cutouts), n_pictures),
        ledger_pictures=ledger_pictures,
        sizes=size_chart(lesions),
        depths=depth_chart(lesions),
    )


def _film_section(film: RadiographResult, n_pictures: int, n_rows: int) -> _FilmSection:
    lesions = largest_shadows_first(film.lesions)
    cutouts: dict[int, Cutout] = {}
    ledger_pictures: dict[ExclusionReason, Cutout] = {}
    drawing = FilmPictures(film) if _is_shown(film) else None
    if drawing is not None:
        for i, lesion in enumerate(lesions[:n_rows]):
            cutouts[lesion.label] = drawing.of_lesion(lesion, is_drawn=i < n_pictures)
        for reason, largest in _largest_of_each_reason(film.excluded, lambda one: one.n_pixels).items():
            if (picture := drawing.of_exclusion(largest)) is not None:
                ledger_pictures[reason] = picture
    return _FilmSection(
        image=film,
        lesions=lesions[:n_rows],
        ledger=shadow_ledger_rows(film.excluded),
        common_flags=flags_on_all(lesions),
        picture=None if drawing is None else drawing.whole(),
        cutouts=cutouts,
        n_pictured=min(len(cutouts), n_pictures),
        ledger_pictures=ledger_pictures,
        sizes=size_chart(lesions),
    )


def _largest_of_each_reason(
    excluded: Sequence[_Excluded], size_of: Callable[[_Excluded], float]
) -> dict[ExclusionReason, _Excluded]:
    """Return the largest of what the map of exclusions holds, for each reason."""
    rising = sorted((one for one in excluded if one.label is not None), key=size_of)
    return {one.reason: one for one in rising}


@lru_cache(maxsize=1)
def _script() -> str:
    folder = files("calciseg.outputs.html_report") / "scripts"
    parts = [(folder / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return '"use strict";\n' + "\n".join(parts)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("calciseg.outputs.html_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "volume": volume,
        "millimetres": length,
        "words": _words,
        "count": _count,
        "place_of": place_of,
        "why_plane": why_plane,
        "extent_lines": extent_lines,
    }
    return environment


def _words(word: str) -> str:
    return word.replace("_", " ")


def _count(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:,.0f}"
