"""``result.json``."""

import json
from collections.abc import Collection
from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs.atomic import whole_file
from calciseg.outputs.result_document import result_document
from calciseg.outputs.result_schema import ResultDocument

__all__ = ["NAME", "is_available", "json_text", "write"]

NAME = "json"


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return True


def json_text(document: ResultDocument) -> str:
    """Return a document as text: the same document always gives the same text, and never holds NaN."""
    return json.dumps(document.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write(result: StudyResult, folder: Path, beside: Collection[str] = ()) -> tuple[Path, ...]:
    """Write ``result.json``; it names the label maps that lie in the folder or will lie beside it."""
    path = folder / "result.json"
    document = result_document(result, has_file=lambda name: name in beside or (folder / name).is_file())
    with whole_file(path) as file:
        file.write(json_text(document).encode())
    return (path,)
