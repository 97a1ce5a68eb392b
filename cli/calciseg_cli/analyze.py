"""``calciseg analyze``."""

from pathlib import Path
from typing import Annotated

import typer

from calciseg_cli.output_types import DEFAULT_TYPES, OutputTypes, listed

__all__ = ["analyze"]


def analyze(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder, a DICOMDIR, a zip, or a single file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Where to write; without it nothing is written."),
    ] = None,
    context: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is known of the patient: CASE.json or a FHIR R4 Bundle."),
    ] = None,
    knowledge: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.toml", help="Clinical knowledge of your own; repeatable."),
    ] = None,
    output_type: OutputTypes = DEFAULT_TYPES,
    seg_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE", help="DICOM SEG: binary, a segment a plane, or labelmap, a segment a lesion."
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with settings; see 'calciseg info'.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="UID", help="The study, where PATH has several.")
    ] = None,
    series: Annotated[
        list[str] | None, typer.Option(metavar="UID", help="The series, in place of the best; repeatable.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="How many threads; by default all cores.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print result.json in place of the summary.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
) -> str:
    """Find, measure and place the calcifications of one study."""
    import calciseg
    from calciseg import clinical, outputs
    from calciseg.pipeline import require_measured
    from calciseg.settings import load_settings, with_seg_type
    from calciseg_cli import answers
    from calciseg_cli.privacy import hiding
    from calciseg_cli.progress import shown_progress

    types = listed(output_type)
    outputs.check(types, out)
    chosen = with_seg_type(calciseg.Settings() if settings is None else load_settings(settings), seg_type)
    known = clinical.load_knowledge(knowledge or ())
    case = None
    if context is not None:
        with hiding(context):
            case = clinical.read_case(context, known)
    with hiding(path), shown_progress(is_quiet=quiet, is_verbose=verbose) as progress:
        result = calciseg.analyze(
            path,
            context=case,
            knowledge=known,
            settings=chosen,
            study_uid=study,
            series_uids=tuple(series or ()),
            n_threads=threads,
            progress=progress,
        )
    require_measured(result)
    written = () if out is None else outputs.write(result, out, types, clear_other_types=True)
    if not quiet:
        answers.say_written(written, () if out is None else types)
    if json:
        return answers.as_json(result, written)
    return answers.as_summary(result, is_case_missing=context is None)
