"""``calciseg inspect``."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["inspect"]


def inspect(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder, a DICOMDIR, a zip, or a single file.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> str:
    """List studies and series, and whether they can be analysed."""
    import calciseg
    from calciseg_cli.listing_answer import listing_answer
    from calciseg_cli.privacy import hiding

    with hiding(path):
        listing = calciseg.inspect(path)
    return listing_answer(listing, path, is_json=json)
