"""What is dense and was not counted, by reason."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from calciseg.model import Exclusion
from calciseg.outputs.figures import volume
from calciseg.outputs.summary_rows import ledger_rows

__all__ = ["ledger_table"]


def ledger_table(excluded: Sequence[Exclusion]) -> Table:
    """Lay out one row a reason.

    Parameters
    ----------
    excluded : sequence of Exclusion
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Not counted")
    for heading in ("Parts", "Volume mm³", "HU max"):
        table.add_column(heading, justify="right")
    table.add_column("What it is")
    for row in ledger_rows(excluded):
        table.add_row(
            row.reason.replace("_", " "),
            f"{row.n_components:,}",
            volume(row.volume_mm3),
            f"{row.hu_max:.0f}",
            Text(row.reason.meaning, style="dim"),
        )
    return table
