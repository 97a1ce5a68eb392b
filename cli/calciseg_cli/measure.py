"""``calciseg measure``."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["measure"]


def measure(
    result_dir: Annotated[
        Path, typer.Argument(metavar="RESULT_DIR", help="What 'calciseg analyze -o' wrote, maps included.")
    ],
    source: Annotated[
        Path,
        typer.Option(metavar="PATH", help="The images: a folder, a DICOMDIR, a zip, or a single file."),
    ],
    context: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Rank the causes anew: CASE.json or a FHIR R4 Bundle."),
    ] = None,
    output_type: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="What to write; by default what RESULT_DIR holds already."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="How many threads; by default all cores.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print result.json in place of the summary.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
) -> str:
    """Measure the lesions of stored label maps anew, also of edited ones; nothing is segmented again."""
    import calciseg
    from calciseg import outputs
    from calciseg.pipeline import require_measured
    from calciseg_cli import answers
    from calciseg_cli.output_types import listed
    from calciseg_cli.privacy import hiding
    from calciseg_cli.progress import shown_progress

    with hiding(result_dir, source, context):
        there = outputs.types_in(result_dir)
        types = there if output_type is None else listed(output_type)
        outputs.check(types, result_dir if there else None)
        with shown_progress(is_quiet=quiet, is_verbose=verbose) as progress:
            result = calciseg.measure(
                result_dir, source, context=context, progress=progress, n_threads=threads
            )
        require_measured(result)
        written = outputs.write(result, result_dir, types)
    if not quiet:
        answers.say_written(written, types)
    return answers.as_json(result, written) if json else answers.as_summary(result)
