"""What is dense and was not counted, by reason."""

from collections.abc import Sequence

from rich.table import Table

from calciseg.model import Exclusion, ExclusionReason
from calciseg_cli.figures import volume

__all__ = ["ledger_table"]


def ledger_table(excluded: Sequence[Exclusion]) -> Table:
    """Lay out one row a reason, in the order of the vocabulary.

    Parameters
    ----------
    excluded : sequence of Exclusion
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Not counted")
    for heading in ("Parts", "Volume mm³", "HU max"):
        table.add_column(heading, justify="right")
    table.add_column("What it is")
    for reason in ExclusionReason:
        chosen = [exclusion for exclusion in excluded if exclusion.reason == reason]
        if chosen:
            table.add_row(
                reason.replace("_", " "),
                f"{sum(exclusion.n_components for exclusion in chosen):,}",
                volume(sum(exclusion.volume_mm3 for exclusion in chosen)),
                f"{max(exclusion.hu_max for exclusion in chosen):.0f}",
                reason.meaning,
            )
    return table
