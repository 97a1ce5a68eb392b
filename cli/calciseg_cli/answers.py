"""What the commands that make results take and say alike."""

import sys
from collections.abc import Sequence
from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_json import json_text
from calciseg_cli.study_summary import study_summary
from calciseg_cli.terminal import rendered

__all__ = ["as_json", "as_summary", "say_left_out", "say_written"]


def say_left_out(names: list[str]) -> None:
    """Name on stderr what cannot be made without the images."""
    if names:
        line = f"calciseg: not made without the images: {', '.join(names)}; give --source PATH"
        print(line, file=sys.stderr)  # noqa: T201


def say_written(paths: tuple[Path, ...], types: Sequence[str]) -> None:
    """Name the files on stderr, and say why a segmentation that was asked for is not among them."""
    if paths:
        names = ", ".join(path.name for path in paths)
        print(f"calciseg: wrote {names} in {paths[0].parent}", file=sys.stderr)  # noqa: T201
    if "seg" in types and not any(path.name.startswith("seg-") for path in paths):
        line = "calciseg: wrote no DICOM SEG: there are no lesions, and without a segment it is not valid"
        print(line, file=sys.stderr)  # noqa: T201


def as_json(result: StudyResult, written: tuple[Path, ...]) -> str:
    """Return the document of ``result.json``; it names the label maps that were written with it."""
    names = {path.name for path in written}
    return json_text(result_document(result, has_file=names.__contains__))


def as_summary(result: StudyResult, *, is_case_missing: bool = False) -> str:
    """Return the summary for people, as wide as the terminal."""
    return rendered(study_summary(result, is_case_missing=is_case_missing))
