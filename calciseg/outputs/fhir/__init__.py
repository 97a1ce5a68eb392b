"""``fhir.json``: the result as a FHIR R4 Bundle of a DiagnosticReport and its Observations."""

from importlib.util import find_spec
from pathlib import Path

from calciseg.model import StudyResult
from calciseg.outputs.atomic import whole_file

__all__ = ["NAME", "is_available", "write"]

NAME = "fhir"


def is_available() -> bool:
    """Whether everything that the writer needs is installed."""
    return find_spec("fhir") is not None


def write(result: StudyResult, folder: Path) -> tuple[Path, ...]:
    """Write ``fhir.json``; it holds no name, no ID and no date of birth."""
    from calciseg.outputs.fhir.bundle import bundle_of

    path = folder / "fhir.json"
    text = bundle_of(result).model_dump_json(indent=1)
    with whole_file(path) as file:
        file.write((text + "\n").encode())
    return (path,)
