"""The studies and series of a path, for people."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calciseg.outputs.figures import counted
from calciseg.reading import Listing, SeriesListing, StudyListing

__all__ = ["listing_tables"]


def listing_tables(listing: Listing) -> RenderableType:
    """Lay out a listing.

    Parameters
    ----------
    listing : Listing

    Returns
    -------
    rich renderable
    """
    parts: list[RenderableType] = []
    for study in listing.studies:
        parts += [_study_line(study), *(_series_block(series) for series in study.series), Text()]
    left_out = [
        *([counted(len(listing.broken_files), "broken DICOM file")] if listing.broken_files else []),
        *([counted(listing.n_other_files, "file") + " of other kinds"] if listing.n_other_files else []),
    ]
    if left_out:
        parts.append(Text(f"Left out: {', '.join(left_out)}.", style="dim"))
    return Group(*parts)


def _study_line(study: StudyListing) -> Text:
    made = " (made from the content: the study has no UID)" if study.is_uid_made else ""
    return Text("Study ", style="bold").append(f"{study.study_instance_uid}{made}", style="not bold")


def _series_block(series: SeriesListing) -> RenderableType:
    if series.is_chosen:
        mark, style = "✓", "bold green"
    elif series.is_usable:
        mark, style = "·", "default"
    else:
        mark, style = "✗", "bold red"
    lines = Table.grid(padding=(0, 1))
    lines.add_row(Text(mark, style=style), Text(f"Series {series.series_instance_uid}", overflow="fold"))
    lines.add_row("", Text(_facts(series), style="dim"))
    lines.add_row("", Text((series.why if series.is_usable else series.reason) or ""))
    return Padding(lines, (0, 0, 0, 2))


def _facts(series: SeriesListing) -> str:
    spacing = series.spacing_mm_zyx and " × ".join(f"{step:.3g}" for step in series.spacing_mm_zyx) + " mm"
    shape = series.shape_zyx and "{} slices of {} × {}".format(*series.shape_zyx)
    facts = (
        series.modality,
        series.body_part,
        shape or counted(series.n_files, "file"),
        spacing,
        f"{series.kvp:g} kV" if series.kvp is not None else None,
        series.convolution_kernel,
        f"acquisition {series.acquisition}" if series.acquisition is not None else None,
    )
    return " · ".join(fact for fact in facts if fact)
