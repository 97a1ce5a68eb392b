"""Where ``calciseg`` starts. Commands import what is heavy when they run: ``--help`` is quick."""

from typing import Annotated

import typer

from calciseg import __version__
from calciseg_cli import (
    analyze,
    batch,
    classify,
    info,
    inspect,
    listen,
    measure,
    phantom,
    pull,
    push,
    query,
    report,
    warmup,
)
from calciseg_cli.outcome import run

__all__ = ["main"]

app = typer.Typer(
    help="Find soft-tissue calcifications in CT and their tissue plane. Research use only; not a diagnosis.",
    # Plain text everywhere: wrong usage is one line, and a box is not.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("analyze")(analyze.analyze)
app.command("batch")(batch.batch)
app.command("inspect")(inspect.inspect)
app.command("classify")(classify.classify)
app.command("report")(report.report)
app.command("measure")(measure.measure)
app.command("phantom")(phantom.phantom)
app.command("pull")(pull.pull)
app.command("push")(push.push)
app.command("query")(query.query)
app.command("retrieve")(query.retrieve)
app.command("listen")(listen.listen)
app.command("warmup")(warmup.warmup)
app.command("info")(info.info)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"calciseg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> int:
    """Run ``calciseg`` and return its exit code."""
    return run(app)
