"""The ranking with its reasons, on one screen."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from calciseg.model import Classification, RankedMechanism

__all__ = ["classification_page"]

_MECHANISMS_SHOWN = 3
_REASONS_SHOWN = 4
_ISSUES_SHOWN = 3
_HELP_SHOWN = 3


def classification_page(result: Classification) -> RenderableType:
    """Lay out a classification.

    Parameters
    ----------
    result : Classification

    Returns
    -------
    rich renderable
    """
    return Group(*_parts(result))


def _parts(result: Classification) -> Iterator[RenderableType]:
    for alert in result.alerts:
        yield (
            Text("! ", style="bold red")
            .append(alert.message, style="bold")
            .append(f" ({alert.observed})", style="not bold dim")
        )
    yield _headline(result)
    yield _ranking(result)
    for name, words in (("Patterns", result.patterns), ("Diseases", result.entities)):
        if words:
            yield Text(f"{name}: ", style="dim").append(", ".join(map(_words, words)), style="default")
    if result.mimics:
        mimics = ", ".join(f"{_words(one.name)} ({one.points:+g})" for one in result.mimics[:3])
        yield Text("Mimics: ", style="dim").append(mimics, style="default")
    if result.would_help:
        helps = "; ".join(
            f"{one.item} ({' or '.join(map(_words, one.separates))})"
            for one in result.would_help[:_HELP_SHOWN]
        )
        yield Text("Would help: ", style="dim").append(helps, style="default")
    for issue in result.issues[:_ISSUES_SHOWN]:
        yield Text("! ", style="bold yellow").append(issue.message, style="not bold")
    if len(result.issues) > _ISSUES_SHOWN:
        yield Text(f"and {len(result.issues) - _ISSUES_SHOWN} more with --json", style="dim")
    yield Text("Research use only — not a diagnosis. Points are no probabilities.", style="dim")


def _headline(result: Classification) -> Text:
    names = " or ".join(map(_words, result.between))
    said = {
        "probable": f"Probable: {names}",
        "indeterminate": f"Indeterminate between {names}",
        "insufficient": "Insufficient: too little, or too contradictory, is known of the case",
    }[result.status]
    return Text(said, style="bold")


def _ranking(result: Classification) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("Points", justify="right")
    table.add_column("Mechanism and its reasons")
    for ranked in [one for one in result.ranking if one.evidence][:_MECHANISMS_SHOWN]:
        table.add_row(f"{ranked.points:+g}", Text(_words(ranked.mechanism), style="bold"))
        for points, reason in _reasons(ranked):
            table.add_row(Text(points, style="dim"), reason)
    return table


def _reasons(ranked: RankedMechanism) -> Iterator[tuple[str, Text]]:
    for one in ranked.evidence[:_REASONS_SHOWN]:
        text = Text(f"{one.criterion}: {one.observed}", overflow="ellipsis", no_wrap=True)
        yield f"{one.points:+g}", text.append(f" [{one.source}]", style="dim")
    if len(ranked.evidence) > _REASONS_SHOWN:
        yield "", Text(f"and {len(ranked.evidence) - _REASONS_SHOWN} more with --json", style="dim")


def _words(name: str) -> str:
    return name.replace("_", " ")
