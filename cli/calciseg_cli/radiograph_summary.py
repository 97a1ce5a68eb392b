"""A radiograph for a person at a terminal: lesion by lesion, then what was not counted."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calciseg.model import FlagCode, RadiographResult, RadiographTotals
from calciseg.outputs.figures import NOT_MEASURED, counted, length, volume
from calciseg.outputs.radiograph_rows import largest_shadows_first, shadow_ledger_rows
from calciseg_cli.lesion_table import LESIONS_SHOWN
from calciseg_cli.plane_table import plane_name

__all__ = ["radiograph_line", "radiograph_parts"]

_HEADINGS = (
    ("#", True), ("Plane", False), ("Shape", False), ("Pixels", True), ("Area mm²", True), ("Ø mm", True),
    ("Density", True), ("Skin mm", True), ("Flags", False),
)  # fmt: skip


def radiograph_line(image: RadiographResult, *, n_images: int) -> Text:
    """Say in one line which film it is."""
    header, film = image.header, image.image
    spacing = "no spacing stated"
    if film.spacing_mm_yx is not None:
        spacing = f"{film.spacing_mm_yx[0]:.3g} × {film.spacing_mm_yx[1]:.3g} mm ({film.spacing_basis})"
    rows, columns = film.shape_yx
    facts = (
        header.body_part,
        f"view {header.view}" if header.view else None,
        header.laterality,
        f"{rows} × {columns} pixels",
        spacing,
    )
    which = f"{header.modality} radiograph, image {image.n} of {n_images}"
    return Text(which, style="bold").append(
        "".join(f" · {fact}" for fact in facts if fact), style="not bold dim"
    )


def radiograph_parts(image: RadiographResult) -> Iterator[RenderableType]:
    """Lay out headline, lesions and ledger."""
    if image.totals is None:
        yield Text("Could not be measured.", style="bold red")
        return
    yield _headline(image.totals)
    if image.lesions:
        yield Padding(_lesion_table(image), (1, 0))
        n_hidden = len(image.lesions) - LESIONS_SHOWN
        if n_hidden > 0:
            yield Text(f"and {n_hidden} more in lesions.csv", style="dim")
        for flag in FlagCode:
            if any(flag in lesion.flags for lesion in image.lesions):
                yield Text(f"{flag.replace('_', ' ')}: {flag.meaning}", style="dim")
    if image.excluded:
        yield Padding(_ledger_table(image), (1, 0, 0, 0))


def _headline(totals: RadiographTotals) -> Text:
    if totals.n_lesions == 0:
        return Text("No soft-tissue calcification found.", style="bold")
    area = f"{totals.n_pixels:,} pixels" if totals.area_mm2 is None else f"{volume(totals.area_mm2)} mm²"
    facts = [counted(totals.n_lesions, "soft-tissue calcification"), area]
    if totals.calciseg_hand_index is not None:
        facts.append(f"calciseg hand index {totals.calciseg_hand_index.value:.2f}")
    return Text(" · ".join(facts), style="bold")


def _lesion_table(image: RadiographResult) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading, is_number in _HEADINGS:
        table.add_column(heading, justify="right" if is_number else "left")
    for lesion in largest_shadows_first(image.lesions)[:LESIONS_SHOWN]:
        table.add_row(
            str(lesion.label),
            plane_name(lesion.tissue_plane),
            lesion.morphology.value,
            f"{lesion.n_pixels:,}",
            NOT_MEASURED if lesion.area_mm2 is None else volume(lesion.area_mm2),
            length(lesion.max_diameter_mm),
            NOT_MEASURED if lesion.density_grade is None else f"{lesion.density_grade:.2f}",
            length(lesion.depth_from_skin_mm),
            ", ".join(flag.replace("_", " ") for flag in lesion.flags),
        )
    return table


def _ledger_table(image: RadiographResult) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Not counted")
    for heading in ("Parts", "Pixels"):
        table.add_column(heading, justify="right")
    table.add_column("What it is")
    for row in shadow_ledger_rows(image.excluded):
        table.add_row(
            row.reason.replace("_", " "),
            f"{row.n_components:,}",
            f"{row.n_pixels:,}",
            Text(row.reason.meaning, style="dim"),
        )
    return table
