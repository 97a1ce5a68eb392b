"""The table of the tissue planes, from the outside inwards."""

from rich.table import Table
from rich.text import Text

from calciseg.model import ImageResult, TissuePlane
from calciseg.outputs.palette import PLANE_COLOURS
from calciseg_cli.figures import volume

__all__ = ["plane_name", "plane_table"]

_BAR_WIDTH = 24
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plane_name(tissue_plane: TissuePlane) -> Text:
    """Return the name of a plane behind a square of its colour."""
    return Text("■ ", style=PLANE_COLOURS[tissue_plane]).append(tissue_plane, style="default")


def plane_table(image: ImageResult) -> Table:
    """Lay out count, volume, score and share of each plane.

    Parameters
    ----------
    image : ImageResult
        One that was measured.
    """
    assert image.totals is not None
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Plane")
    for heading in ("Lesions", "Volume mm³", "Agatston-type"):
        table.add_column(heading, justify="right")
    table.add_column("Share of volume")
    for tissue_plane in TissuePlane:
        totals = image.totals.by_plane[tissue_plane]
        share = totals.volume_mm3 / image.totals.volume_mm3
        if share == 0 and totals.n_lesions == 0:
            continue
        table.add_row(
            plane_name(tissue_plane),
            f"{totals.n_lesions:,}",
            volume(totals.volume_mm3),
            f"{_agatston(image, tissue_plane):,.0f}",
            _bar(share, PLANE_COLOURS[tissue_plane]),
        )
    return table


def _agatston(image: ImageResult, tissue_plane: TissuePlane) -> float:
    return sum(lesion.agatston or 0.0 for lesion in image.lesions if lesion.tissue_plane == tissue_plane)


def _bar(share: float, colour: str) -> Text:
    n_eighths = round(share * _BAR_WIDTH * 8)
    bar = _EIGHTHS[-1] * (n_eighths // 8) + _EIGHTHS[n_eighths % 8].strip()
    return Text(bar, style=colour).append(f" {share:.0%}", style="default")
