"""The table of the tissue planes, from the outside inwards."""

from rich.table import Table
from rich.text import Text

from calciseg.model import ImageResult, TissuePlane
from calciseg.outputs import PLANE_COLOURS
from calciseg.outputs.figures import score, volume
from calciseg.outputs.summary_rows import plane_rows

__all__ = ["plane_name", "plane_table"]

_BAR_WIDTH = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plane_name(tissue_plane: TissuePlane) -> Text:
    """Return the name of a plane behind a square of its colour."""
    return Text("■ ", style=PLANE_COLOURS[tissue_plane]).append(tissue_plane, style="default")


def plane_table(image: ImageResult) -> Table:
    """Lay out count, volume, score and share of each plane.

    Parameters
    ----------
    image : ImageResult
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Plane")
    for heading in ("Lesions", "Volume mm³", "Agatston-type"):
        table.add_column(heading, justify="right")
    table.add_column("Share of volume")
    for row in plane_rows(image):
        table.add_row(
            plane_name(row.tissue_plane),
            f"{row.n_lesions:,}",
            volume(row.volume_mm3),
            score(row.agatston),
            _bar(row.volume_fraction, PLANE_COLOURS[row.tissue_plane]),
        )
    return table


def _bar(fraction: float, colour: str) -> Text:
    n_eighths = round(fraction * _BAR_WIDTH * 8)
    bar = _EIGHTHS[-1] * (n_eighths // 8) + _EIGHTHS[n_eighths % 8].strip()
    return Text(bar, style=colour).append(f" {fraction:.0%}", style="default")
