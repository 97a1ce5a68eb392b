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
    if result.status != "insufficient":
        yield Text("In textbooks: ", style="dim").append(_in_textbooks(result), style="default")
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


def _in_textbooks(result: Classification) -> str:
    """Say what the first of the ranking is called in which lists, each name once."""
    lists: dict[str, list[str]] = {}
    for label, name in result.schemes.items():
        lists.setdefault(name, []).append(label)
    return "; ".join(f"{name} ({' · '.join(labels)})" for name, labels in lists.items())


def _headline(result: Classification) -> Text:
    *firsts, last = map(_words, result.between)
    said = {
        "probable": f"Probable: {last}",
        "indeterminate": f"Indeterminate between {', '.join(firsts)} and {last}",
        "insufficient": "Insufficient: too little, or too contradictory, is known of the case",
    }[result.status]
    return Text(said, style="bold")


def _ranking(result: Classification) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, expand=True)
    table.add_column("Points", justify="right", width=6)
    table.add_column("Mechanism and its reasons", no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column("Source", no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    for ranked in [one for one in result.ranking if one.evidence][:_MECHANISMS_SHOWN]:
        table.add_row(f"{ranked.points:+g}", Text(_words(ranked.mechanism), style="bold"))
        for points, reason, source in _reasons(ranked):
            table.add_row(Text(points, style="dim"), reason, source)
    return table


def _reasons(ranked: RankedMechanism) -> Iterator[tuple[str, Text, str]]:
    for one in ranked.evidence[:_REASONS_SHOWN]:
        yield f"{one.points:+g}", Text(f"{one.criterion}: {one.observed}"), one.source
    if len(ranked.evidence) > _REASONS_SHOWN:
        yield "", Text(f"and {len(ranked.evidence) - _REASONS_SHOWN} more with --json", style="dim"), ""


def _words(name: str) -> str:
    return name.replace("_", " ")
