"""The context of every study: one case for all, or a table with a row a study."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calciseg.clinical import Knowledge, read_case
from calciseg.errors import InputError

__all__ = ["ContextTable", "read_context"]

_KEY = "study_instance_uid"
_LISTS = ("conditions", "antibodies", "medications", "procedures", "exposures", "family_history", "symptoms")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextTable:
    """What is known of the patients of a batch."""

    columns: tuple[str, ...] = ()
    """Of the table, without the key; they stand in the batch's tables too, as ``context_<name>``."""
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    case_for_all: Mapping[str, Any] | None = field(default=None, repr=False)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """By study, where each has a file of its own."""

    def case(self, study_instance_uid: str) -> dict[str, Any] | None:
        """Return the clinical part of a study's case, or None."""
        if self.case_for_all is not None:
            return dict(self.case_for_all)
        if study_instance_uid in self.cases:
            return dict(self.cases[study_instance_uid])
        row = self.rows.get(study_instance_uid)
        return None if row is None else _case(row)

    def cells(self, study_instance_uid: str) -> list[str]:
        """Return a study's row in the order of the columns; empty cells where there is none."""
        row = self.rows.get(study_instance_uid, {})
        return [row.get(name, "") for name in self.columns]


def read_context(path: Path, knowledge: Knowledge | None = None) -> ContextTable:
    """Read a context file.

    Parameters
    ----------
    path : Path
        ``.csv``: a table with a ``study_instance_uid`` column. Columns named as the fields of the clinical
        part of a case fill them: ``age_years``, ``sex``, ``dialysis``, and lists with ``;`` between their
        words. ``lab_<analyte>`` is a laboratory value with its unit, as in ``2.65 mmol/L``, or ``low``,
        ``normal`` or ``high``. Other columns are joined to the tables and cast no vote. A folder holds a case
        for each study, as ``calciseg analyze --context`` takes it, in ``<study_instance_uid>.json``. Any
        other file is a case for every study.
    knowledge : Knowledge, optional
        Says which units an analyte may have; by default that of the package.

    Raises
    ------
    InputError
        If the file cannot be read, a study has two rows, or a value is wrong; names file and line.
    """
    if path.is_dir():
        return ContextTable(
            cases={file.stem: _document(file, knowledge) for file in sorted(path.glob("*.json"))}
        )
    if path.suffix.lower() != ".csv":
        return ContextTable(case_for_all=_document(path, knowledge))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            names = tuple(reader.fieldnames or ())
            lines = list(reader)
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); give a CSV file in UTF-8") from error
    if _KEY not in names:
        raise InputError(f"{path}: has no column {_KEY}; add one, it says which study a row belongs to")
    rows: dict[str, dict[str, str]] = {}
    for number, line in enumerate(lines, start=2):
        uid = (line.get(_KEY) or "").strip()
        if uid in rows:
            raise InputError(f"{path}: line {number}: study {uid} has a row already; keep one of them")
        rows[uid] = {name: (line.get(name) or "").strip() for name in names}
        _checked(path, number, rows[uid], knowledge)
    return ContextTable(columns=tuple(name for name in names if name != _KEY), rows=rows)


def _document(path: Path, knowledge: Knowledge | None) -> dict[str, Any]:
    """Return a case that was checked."""
    read_case(path, knowledge)
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _checked(path: Path, number: int, row: Mapping[str, str], knowledge: Knowledge | None) -> None:
    try:
        read_case(_case(row), knowledge)
    except InputError as error:
        what = str(error).partition("; see")[0].removeprefix("case: ")
        raise InputError(f"{path}: line {number}: {what}; correct it") from error


def _case(row: Mapping[str, str]) -> dict[str, Any]:
    case: dict[str, Any] = {name: _words(row[name]) for name in _LISTS if row.get(name)}
    fields: dict[str, Callable[[str], Any]] = {
        "age_years": _number,
        "height_cm": _number,
        "sex": str.upper,
        "dialysis": lambda text: _TRUTHS.get(text.lower(), text),
    }
    case |= {name: read(row[name]) for name, read in fields.items() if row.get(name)}
    labs = [
        _lab(name.removeprefix("lab_"), text)
        for name, text in row.items()
        if name.startswith("lab_") and text
    ]
    return case | ({"labs": labs} if labs else {})


def _lab(analyte: str, text: str) -> dict[str, Any]:
    if text.lower() in ("low", "normal", "high"):
        return {"analyte": analyte, "interpretation": text.lower()}
    value, _, unit = text.partition(" ")
    return {"analyte": analyte, "value": _number(value), "unit": unit.strip() or None}


def _number(text: str) -> float | str:
    """Return a number, or the text for the check of the case to complain of."""
    try:
        return float(text)
    except ValueError:
        return text


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(";") if word.strip()]
