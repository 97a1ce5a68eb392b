"""From TOML files to checked tables; a user's file adds rows or replaces those of the same id."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from calciseg.clinical.knowledge import rows
from calciseg.clinical.knowledge.checking import check_tables
from calciseg.clinical.knowledge.tables import Origin, Tables
from calciseg.errors import KnowledgeError

__all__ = ["read_tables"]

_ROW_TYPES: dict[str, type[rows.Row]] = {
    "source": rows.SourceRow,
    "mechanism": rows.MechanismRow,
    "scheme": rows.SchemeRow,
    "pattern": rows.PatternRow,
    "mimic": rows.MimicRow,
    "number": rows.NumberRow,
    "composed": rows.ComposedRow,
    "cue": rows.CueRow,
    "decoy": rows.DecoyRow,
    "word": rows.WordRow,
    "area": rows.AreaRow,
    "organ": rows.OrganRow,
    "concept": rows.ConceptRow,
    "evidence": rows.EvidenceRow,
    "alert": rows.AlertRow,
    "analyte": rows.AnalyteRow,
    "complication": rows.ComplicationRow,
    "treatment": rows.TreatmentRow,
}
_Entries = dict[str, dict[object, tuple[rows.Row, Origin]]]


def read_tables(user_files: Iterable[str | Path] = ()) -> Tables:
    """Read the tables of the package, then those of the user over them.

    Parameters
    ----------
    user_files : iterable of path
        TOML files with the same tables; a row replaces the one of the same id.

    Returns
    -------
    Tables

    Raises
    ------
    KnowledgeError
        If a file cannot be read, or a row is not valid or names what does not exist; names file and row.
    """
    entries: _Entries = {name: {} for name in _ROW_TYPES}
    version = ""
    shipped = files("calciseg.clinical.knowledge").joinpath("tables")
    for file in sorted(shipped.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            version = _enter(entries, file.name, file.read_text(encoding="utf-8"))
    for path in map(Path, user_files):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KnowledgeError(f"{path}: cannot be read as text; give a TOML file with rows") from error
        version += f"+{_enter(entries, str(path), text)}"
    tables = Tables(
        version=version,
        origins={name: tuple(origin for _, origin in found.values()) for name, found in entries.items()},
        **{name: tuple(row for row, _ in found.values()) for name, found in entries.items()},  # type: ignore[arg-type]
    )
    check_tables(tables)
    return tables


def _enter(entries: _Entries, file: str, text: str) -> str:
    """Enter the rows of a file and return its version."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: is not valid TOML ({error}); correct it") from error
    version = document.pop("version", "user")
    for name, found in document.items():
        if name not in _ROW_TYPES:
            raise KnowledgeError(f"{file}: table {name!r} is not known; choose from {', '.join(_ROW_TYPES)}")
        if not isinstance(found, list):
            raise KnowledgeError(f"{file}: table {name!r} must be a list of rows; write [[{name}]]")
        for n, row in enumerate(found, start=1):
            origin = Origin(file=file, table=name, n=n, id=_id_of(row))
            checked = _checked(_ROW_TYPES[name], row, origin)
            entries[name][origin.id or (file, n)] = (checked, origin)
    return str(version)


def _id_of(row: Any) -> str:
    return str(row.get("id", "")) if isinstance(row, dict) else ""


def _checked(kind: type[rows.Row], row: Any, origin: Origin) -> rows.Row:
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "row"
        raise KnowledgeError(f"{origin}: {where}: {first['msg']}; correct the row") from error
