"""``--output-type``, for every command that has it."""

from typing import Annotated

import typer

__all__ = ["DEFAULT_TYPES", "OutputTypes", "listed"]

DEFAULT_TYPES = "json,csv,nifti,html"

OutputTypes = Annotated[
    str,
    typer.Option(
        "--output-type",
        metavar="LIST",
        help="What to write, comma-separated: json, csv, nifti, html, parquet, seg, sr, pdf, fhir.",
    ),
]


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a comma-separated list."""
    return tuple(word.strip() for word in text.split(","))
