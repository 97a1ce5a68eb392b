"""``calciseg report``."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]

_STORED = ("json", "nifti")
"""What the others are made from."""
_DEFAULT = ("csv", "html")
_NEED_SOURCE = ("seg", "sr", "pdf")


def report(
    result_dir: Annotated[
        Path, typer.Argument(metavar="RESULT_DIR", help="What 'calciseg analyze -o' wrote.")
    ],
    source: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The images, for pictures and DICOM: a folder, a zip, a file."),
    ] = None,
    output_type: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="What to write; by default csv, html and what is there already."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say what is done.")] = False,
) -> str:
    """Make the outputs of a stored result anew; nothing is segmented or measured again."""
    import calciseg
    from calciseg import outputs
    from calciseg_cli import answers
    from calciseg_cli.output_types import listed
    from calciseg_cli.privacy import hiding
    from calciseg_cli.progress import shown_progress

    there = outputs.types_in(result_dir)
    if output_type is None:
        wanted = tuple(dict.fromkeys((*_DEFAULT, *there)))
        types = tuple(kind for kind in wanted if kind not in _STORED)
    else:
        types = listed(output_type)
    outputs.check(types, result_dir if there else None)
    left_out = [] if source is not None else [kind for kind in types if kind in (*_NEED_SOURCE, *_STORED)]
    with hiding(source or result_dir), shown_progress(is_quiet=quiet, is_verbose=verbose) as progress:
        result = calciseg.read_result(result_dir, source, progress=progress)
    written = outputs.write(result, result_dir, [kind for kind in types if kind not in left_out])
    if not quiet:
        answers.say_written(written, [kind for kind in types if kind not in left_out])
    if source is None:
        answers.say_left_out([*left_out, *(["the pictures of the report"] if "html" in types else [])])
    return answers.as_summary(result)
