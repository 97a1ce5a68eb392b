"""``calciseg batch``."""

from pathlib import Path
from typing import Annotated

import typer

from calciseg_cli.numbers import LEAST, within_reason
from calciseg_cli.outcome import ExitCode
from calciseg_cli.output_types import DEFAULT_TYPES, OutputTypes, listed

__all__ = ["batch"]


def batch(
    root: Annotated[Path, typer.Argument(metavar="ROOT", help="Every study below this folder.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT", help="Where to write: a folder a study.")
    ],
    jobs: Annotated[int, typer.Option(min=1, help="Studies at once; they share the cores.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler, as tcp://host:8786.")
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A CSV with a study_instance_uid column, or a folder of <UID>.json."
        ),
    ] = None,
    knowledge: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.toml", help="Clinical knowledge of your own; repeatable."),
    ] = None,
    output_type: OutputTypes = DEFAULT_TYPES,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings; see 'calciseg info'.")
    ] = None,
    existing: Annotated[
        str, typer.Option(metavar="skip|overwrite|fail", help="What to do about studies that are done.")
    ] = "skip",
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="One part of N, for job arrays; run without it at the end.")
    ] = "1/1",
    memory: Annotated[
        float | None,
        typer.Option(
            callback=within_reason, metavar="GIB", min=LEAST, help="For all studies at once; by default 80 %."
        ),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(callback=within_reason, metavar="SECONDS", min=LEAST, help="For one study.")
    ] = 3600.0,
    events: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="What happens, as JSON Lines; - is stderr.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="A line for every study.")] = False,
) -> tuple[str, ExitCode]:
    """Analyse every study below a folder; run again to go on, or for what is new."""
    from calciseg.batch import StudyFailure, make_plan, run_batch
    from calciseg.settings import load_settings
    from calciseg_cli import batch_answer
    from calciseg_cli.batch_events import telling
    from calciseg_cli.batch_progress import shown_batch
    from calciseg_cli.privacy import hiding

    with hiding(root, context):
        plan = make_plan(
            root,
            out,
            n_workers=jobs,
            context=context,
            settings=None if settings is None else load_settings(settings),
            types=listed(output_type),
            knowledge=knowledge or (),
            existing=batch_answer.existing_of(existing),
            shard=batch_answer.shard_of(shard),
            memory_bytes=None if memory is None else int(memory * (1 << 30)),
            seconds=time_limit,
            scheduler=scheduler,
        )
    account = batch_answer.Account()
    with (
        hiding(root),
        telling(events) as tell_events,
        shown_batch(is_quiet=quiet, is_verbose=verbose) as (show, show_failure),
    ):

        def tell(name: str, fields: dict[str, object]) -> None:
            account.note(name, fields)
            tell_events(name, fields)
            show(name, fields, account)

        for ended in run_batch(plan, tell):
            if isinstance(ended, StudyFailure):
                show_failure(ended)
    return account.answer(is_json=json)
