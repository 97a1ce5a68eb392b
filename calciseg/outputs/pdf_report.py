"""A report of few pages as PDF, for what shows no HTML: what was found, where, and what may cause it."""

import base64
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from calciseg._version import __version__
from calciseg.model import (
    Classification,
    FlagCode,
    ImageResult,
    Issue,
    Lesion,
    RadiographResult,
    Shadow,
    StudyResult,
    TissuePlane,
)
from calciseg.outputs.figures import NOT_MEASURED, counted, length, score, volume
from calciseg.outputs.html_report.film_view import FilmPictures
from calciseg.outputs.html_report.overview import overviews
from calciseg.outputs.palette import PLANE_COLOURS
from calciseg.outputs.radiograph_rows import (
    extent_lines,
    largest_shadows_first,
    shadow_ledger_rows,
    why_plane,
)
from calciseg.outputs.summary_rows import (
    PLANES_CAPTION,
    SCORE_CAPTION,
    flags_on_all,
    largest_first,
    ledger_rows,
    place_of,
    plane_rows,
)

__all__ = ["pdf_report"]

_LESIONS_AT_MOST = 40
"""In the table of an image; the structured report holds them all."""
_REASONS_AT_MOST = 4
_MECHANISMS_AT_MOST = 4
_QUOTED_AT_MOST = 300
"""Characters of the case that one reason quotes."""
_PICTURE_MM = (82.0, 95.0)
"""The room for a picture, width and height."""
_FILM_MM = (170.0, 130.0)
_FILM_COLUMNS = {
    "#": 7, "Plane": 24, "Why": 38, "Shape": 15, "Site": 18, "Area, mm²": 14, "Diameter, mm": 16,
    "Density, of bone": 14, "To skin, mm": 12, "Flags": 16,
}  # fmt: skip
"""Headings of the lesions of a radiograph, and their widths in mm."""
_FONT, _BOLD = "Vera", "VeraBd"
"""They come with reportlab and go into the file."""

_Row = Sequence[str | Paragraph]


def pdf_report(result: StudyResult) -> bytes:
    """Make the report.

    Parameters
    ----------
    result : StudyResult
        With its pixels.

    Returns
    -------
    bytes
        A PDF without a name, a script or a link; the same result makes the same bytes.
    """
    file = BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=16 * mm,
        invariant=1, title="Soft-tissue calcifications (research)", author="",
        creator=f"calciseg {__version__}",
    )  # fmt: skip
    _styles()
    story: list[Flowable] = [
        _text("Research use only — not a diagnosis", "notice"),
        _text("Soft-tissue calcifications", "title"),
        _text(f"Study {result.study_instance_uid} · calciseg {__version__}", "soft"),
    ]
    for image in result.images:
        story += _volume(image)
    for film in result.radiographs:
        story += _film(film)
    if result.classification is not None:
        story += _classification(result.classification)
    story += _issues(result.issues)
    document.build(story)
    return file.getvalue()


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    for name in (_FONT, _BOLD):
        registerFont(TTFont(name, f"{name}.ttf"))
    plain = ParagraphStyle("plain", fontName=_FONT, fontSize=8.5, leading=11.5)
    return {
        "plain": plain,
        "cell": ParagraphStyle("cell", plain, fontSize=7.5, leading=9.5),
        "soft": ParagraphStyle("soft", plain, fontSize=7.5, leading=10, textColor=colors.HexColor("#555555")),
        "notice": ParagraphStyle("notice", plain, fontName=_BOLD, textColor=colors.HexColor("#8a5a00")),
        "title": ParagraphStyle("title", plain, fontName=_BOLD, fontSize=15, leading=20, spaceBefore=4),
        "heading": ParagraphStyle(
            "heading", plain, fontName=_BOLD, fontSize=11, leading=14, spaceBefore=12, spaceAfter=3
        ),
        "small heading": ParagraphStyle("small heading", plain, fontName=_BOLD, spaceBefore=8, spaceAfter=3),
    }


def _text(text: str, style: str = "plain") -> Paragraph:
    """Set text; what comes from DICOM is text and no markup."""
    return Paragraph(escape(text), _styles()[style])


def _volume(image: ImageResult) -> list[Flowable]:
    heading = _text(f"CT volume, image {image.n}", "heading")
    totals = image.totals
    if totals is None:
        return [heading, _text("Not measured."), *_issues(image.issues)]
    story: list[Flowable] = [
        heading,
        _text(f"{counted(totals.n_lesions, 'lesion')}, {volume(totals.volume_mm3)} mm³ by threshold"),
        Spacer(0, 2 * mm),
    ]
    if image.maps is not None and image.hu is not None:
        pictures = [_picture(one.data_uri, _PICTURE_MM) for one in overviews(image)]
        names = [
            _text(f"Projection {one.name}, {one.sides[0]} on the left", "soft") for one in overviews(image)
        ]
        story.append(_table([pictures, names], ruled=False))
    planes: list[_Row] = [
        [_plane(row.tissue_plane), str(row.n_lesions), volume(row.volume_mm3), score(row.agatston)]
        for row in plane_rows(image)
    ]
    shown, on_all = largest_first(image.lesions)[:_LESIONS_AT_MOST], flags_on_all(image.lesions)
    lesions: list[_Row] = [
        [
            str(lesion.label),
            _plane(lesion.tissue_plane),
            lesion.morphology,
            place_of(lesion) or NOT_MEASURED,
            volume(lesion.volume_mm3),
            length(lesion.max_diameter_mm),
            f"{lesion.hu_max:,.0f}",
            length(lesion.depth_from_skin_mm),
            _flags(lesion, on_all),
        ]
        for lesion in shown
    ]
    excluded: list[_Row] = [
        [_words(row.reason), str(row.n_components), volume(row.volume_mm3), "; ".join(row.evidence)]
        for row in ledger_rows(image.excluded)
    ]
    head = ["Plane", "Lesions", "Volume, mm³", "Agatston-type"]
    story += _titled("By tissue plane", head, planes, [34, 20, 26, 28])
    if planes:
        story += [_text(PLANES_CAPTION, "soft"), _text(SCORE_CAPTION, "soft")]
    head = ["#", "Plane", "Shape", "Site", "Volume, mm³", "Diameter, mm", "HU max", "To skin, mm", "Flags"]
    story += _titled(_lesions_title(image), head, lesions, [8, 28, 16, 26, 21, 22, 14, 14, 25])
    story += _flag_meanings(shown, on_all)
    head = ["Reason", "Parts", "Volume, mm³", "What decided it, of the largest"]
    story += _titled("Dense, but not counted", head, excluded, [34, 16, 24, 100])
    return [*story, *_issues(image.issues)]


def _film(film: RadiographResult) -> list[Flowable]:
    heading = _text(f"Radiograph, image {film.n}", "heading")
    totals = film.totals
    if totals is None:
        return [heading, _text("Not measured."), *_issues(film.issues)]
    area = "" if totals.area_mm2 is None else f", {volume(totals.area_mm2)} mm²"
    story: list[Flowable] = [
        heading,
        _text(f"{counted(totals.n_lesions, 'lesion')}{area}"),
        *(_text(line, "soft") for line in extent_lines(totals)),
        Spacer(0, 2 * mm),
    ]
    if film.maps is not None and film.values is not None:
        story.append(_picture(FilmPictures(film).whole(), _FILM_MM))
    shown, on_all = largest_shadows_first(film.lesions)[:_LESIONS_AT_MOST], flags_on_all(film.lesions)
    lesions: list[_Row] = [
        [
            str(shadow.label),
            _plane(shadow.tissue_plane),
            why_plane(shadow),
            shadow.morphology,
            place_of(shadow) or NOT_MEASURED,
            NOT_MEASURED if shadow.area_mm2 is None else volume(shadow.area_mm2),
            length(shadow.max_diameter_mm),
            NOT_MEASURED if shadow.density_grade is None else f"{shadow.density_grade:.2f}",
            length(shadow.depth_from_skin_mm),
            _flags(shadow, on_all),
        ]
        for shadow in shown
    ]
    excluded: list[_Row] = [
        [_words(row.reason), str(row.n_components), "; ".join(row.evidence)]
        for row in shadow_ledger_rows(film.excluded)
    ]
    story += _titled(_lesions_title(film), [*_FILM_COLUMNS], lesions, [*_FILM_COLUMNS.values()])
    story += _flag_meanings(shown, on_all)
    head = ["Reason", "Parts", "What decided it, of the largest"]
    story += _titled("Dense, but not counted", head, excluded, [34, 16, 124])
    return [*story, *_issues(film.issues)]


def _classification(verdict: Classification) -> list[Flowable]:
    between = " or ".join(map(_words, verdict.between))
    said = {
        "probable": f"Probable: {between}",
        "indeterminate": f"Indeterminate between {between}",
        "insufficient": "Insufficient: too little, or too contradictory, is known of the case",
    }
    story: list[Flowable] = [
        _text("Clinical classifier", "heading"),
        *(_text(f"{alert.message} ({alert.observed})", "notice") for alert in verdict.alerts),
        _text(said[verdict.status]),
        _text("A ranked differential, never a diagnosis. Points are no probabilities.", "soft"),
    ]
    rows: list[_Row] = [
        [
            _words(ranked.mechanism),
            f"{ranked.points:+g}",
            "; ".join(
                f"{_quoted(one.observed)} ({one.points:+g})" for one in ranked.evidence[:_REASONS_AT_MOST]
            ),
        ]
        for ranked in verdict.ranking[:_MECHANISMS_AT_MOST]
        if ranked.evidence
    ]
    return [*story, *_titled("", ["Mechanism", "Points", "Reasons"], rows, [34, 18, 122])]


def _quoted(observed: str) -> str:
    """Quote the case; a whole letter given as one condition would be a row higher than a page."""
    return observed if len(observed) <= _QUOTED_AT_MOST else f"{observed[:_QUOTED_AT_MOST].rstrip()} …"


def _lesions_title(image: ImageResult | RadiographResult) -> str:
    n_lesions = len(image.lesions)
    some = f": {_LESIONS_AT_MOST} of {n_lesions}" if n_lesions > _LESIONS_AT_MOST else ""
    return f"Lesions, largest first{some}"


def _flags(lesion: Lesion | Shadow, on_all: Collection[FlagCode]) -> str:
    return ", ".join(_words(flag) for flag in lesion.flags if flag not in on_all)


def _flag_meanings(shown: Sequence[Lesion | Shadow], on_all: Collection[FlagCode]) -> list[Flowable]:
    """Say what the flags mean: those of single lesions by their names, those of all once."""
    in_rows = {flag for lesion in shown for flag in lesion.flags} - set(on_all)
    named = [f"{_words(flag)}: {flag.meaning}" for flag in FlagCode if flag in in_rows]
    return [_text(text, "soft") for text in (*named, *(f"All lesions: {flag.meaning}" for flag in on_all))]


def _issues(issues: Iterable[Issue]) -> list[Flowable]:
    return [_text(issue.message, "soft") for issue in issues]


def _titled(
    title: str, head: Sequence[str], rows: Sequence[_Row], widths_mm: Sequence[float]
) -> list[Flowable]:
    if not rows:
        return []
    cells = [[cell if isinstance(cell, Paragraph) else _text(cell, "cell") for cell in row] for row in rows]
    table = _table([[_text(name, "soft") for name in head], *cells], widths_mm)
    return [KeepTogether([_text(title, "small heading")]) if title else Spacer(0, 2 * mm), table]


def _table(
    cells: Sequence[Sequence[Flowable]], widths_mm: Sequence[float] | None = None, *, ruled: bool = True
) -> Table:
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    if ruled:
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.HexColor("#cccccc")))
    widths = None if widths_mm is None else [width * mm for width in widths_mm]
    rows = [list(row) for row in cells]
    return Table(rows, style=style, hAlign="LEFT", repeatRows=int(ruled), colWidths=widths)


def _plane(tissue_plane: TissuePlane) -> Paragraph:
    square = f'<font color="{PLANE_COLOURS[tissue_plane]}">•</font> '
    return Paragraph(square + escape(tissue_plane), _styles()["cell"])


def _picture(data_uri: str, room_mm: tuple[float, float]) -> Image:
    content = base64.b64decode(data_uri.partition(",")[2])
    width, height = room_mm
    picture = Image(BytesIO(content), width=width * mm, height=height * mm, kind="proportional")
    picture.hAlign = "LEFT"
    return picture


def _words(word: str | None) -> str:
    return NOT_MEASURED if word is None else word.replace("_", " ")
