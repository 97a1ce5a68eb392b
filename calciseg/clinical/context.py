"""Cases from files and dictionaries: CASE.json, its clinical part, or a FHIR Bundle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calciseg.clinical.case_document import clinical_from_dict
from calciseg.clinical.classifying import classify_case
from calciseg.clinical.fhir_bundle import case_from_bundle, is_bundle
from calciseg.clinical.knowledge import Knowledge, load_knowledge
from calciseg.clinical.labs import check_units
from calciseg.errors import InputError
from calciseg.model import Case, Classification

__all__ = ["CaseSource", "classify", "read_case"]

CaseSource = Case | Mapping[str, Any] | str | Path


def read_case(source: CaseSource, knowledge: Knowledge | None = None) -> Case:
    """Read a case.

    Parameters
    ----------
    source : Case, mapping or path
        As ``CASE.json``, the clinical part of one alone, or a FHIR Bundle.
    knowledge : Knowledge, optional
        By default that of the package.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        If the file cannot be read or a value has the wrong type or unit; names file and field.
    """
    if isinstance(source, Case):
        return source
    name = "case"
    if isinstance(source, str | Path):
        name, source = str(source), _document(Path(source))
    if not isinstance(source, Mapping):
        kind = type(source).__name__
        raise InputError(f"{name}: must be a dictionary as CASE.json, a path or a Case, not {kind}")
    knowledge = knowledge or load_knowledge()
    is_fhir = is_bundle(source)
    case = case_from_bundle(source, knowledge, name) if is_fhir else clinical_from_dict(source, name)
    try:
        # Here, where the file's name is known, and before the images are analysed.
        check_units(case.clinical.labs, knowledge)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    return case


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a JSON file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid JSON ({error}); correct it") from error
    if not isinstance(document, Mapping):
        raise InputError(f"{path}: must hold one JSON object; see 'calciseg info --schema case'")
    return document


def classify(case: CaseSource, *, knowledge: Knowledge | None = None) -> Classification:
    """Rank what may have caused the calcifications of a case; research use, never a diagnosis.

    Parameters
    ----------
    case : mapping, path or Case
        As ``CASE.json``, or a FHIR R4 Bundle.
    knowledge : Knowledge, optional
        From :func:`calciseg.clinical.load_knowledge` with files of your own; by default that of the package.

    Returns
    -------
    Classification
        ``to_dict()`` gives the ``classification`` of ``result.json``.

    Raises
    ------
    InputError
        If the case cannot be read or a value has the wrong type or unit; names the field.
    """
    knowledge = knowledge or load_knowledge()
    return classify_case(read_case(case, knowledge), knowledge=knowledge)
