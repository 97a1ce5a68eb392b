"""FHIR Bundles to cases: Patient, Condition, Observation, medications, Procedure and FamilyMemberHistory.

Each resource that is read is checked by ``fhir.resources``, first as R4 (in its last form, 4.3), then as R5
and STU3; other resources and narratives are not looked at. No name, identifier or date of birth is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from calciseg.clinical.fhir_ranges import with_range
from calciseg.clinical.fhir_resources import (
    age_years,
    concepts_of,
    is_entered,
    lab_results,
    part_of,
    qualifier_of,
    statements_of,
    tested,
)
from calciseg.clinical.fhir_subjects import Subjects
from calciseg.clinical.knowledge import Knowledge
from calciseg.clinical.words import one_way
from calciseg.errors import InputError
from calciseg.model import Case, Clinical, Issue, IssueCode, LabResult, Statement

__all__ = ["case_from_bundle", "is_bundle"]

_VERSIONS = ("fhir.resources.R4B", "fhir.resources", "fhir.resources.STU3")
_MODULES = {
    "Patient": "patient",
    "Condition": "condition",
    "Observation": "observation",
    "MedicationStatement": "medicationstatement",
    "MedicationRequest": "medicationrequest",
    "Medication": "medication",
    "Procedure": "procedure",
    "FamilyMemberHistory": "familymemberhistory",
}
_HEIGHT_LOINC = frozenset({"8302-2", "3137-7", "8306-3"})


def is_bundle(document: Mapping[str, Any]) -> bool:
    """Whether a JSON document is a FHIR resource."""
    return "resourceType" in document


def case_from_bundle(document: Mapping[str, Any], knowledge: Knowledge, name: str = "bundle") -> Case:
    """Read a FHIR Bundle.

    Parameters
    ----------
    document : mapping
        A Bundle of FHIR R4 (R5 and STU3 are tried where a resource is none).
    knowledge : Knowledge
        Says which LOINC codes are looked at.
    name : str
        Of the file, for messages.

    Returns
    -------
    Case
        With an issue ``context_mismatch`` where the Bundle holds two patients.

    Raises
    ------
    InputError
        If it is no Bundle, or one of its resources is not valid.
    """
    if document.get("resourceType") != "Bundle":
        kind = document.get("resourceType")
        raise InputError(f"{name}: is a FHIR {kind}, not a Bundle; put the patient's resources into a Bundle")
    entries = list(_entries(document, name))
    resources = [(kind, where, one) for kind, where, _, one in entries]
    patients = [one for kind, _, one in resources if kind == "Patient"]
    issues: list[Issue] = []
    subjects = Subjects((url, one) for kind, _, url, one in entries if kind == "Patient")
    n = subjects.count(one for kind, _, one in resources if kind != "Patient")
    if n > 1:
        message = f"the Bundle holds data of {n} patients; give the Bundle of one"
        issues.append(Issue(code=IssueCode.CONTEXT_MISMATCH, message=message))
    labs, height_cm, unused = _observations(resources, knowledge, issues)
    if unused:
        message = f"observations that take no part: {', '.join(sorted(unused))}"
        issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
    patient = patients[0] if patients else None
    sex = {"female": "F", "male": "M"}.get(str(getattr(patient, "gender", None)))
    clinical = Clinical(
        age_years=age_years(patient, [one for _, _, one in resources], document.get("timestamp"), issues),
        sex=sex,
        height_cm=height_cm,
        statements=tuple(_statements(entries, knowledge)),
        labs=tuple(labs),
    )
    return Case(clinical=clinical, issues=tuple(issues))


def _entries(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, str, BaseModel]]:
    """Yield kind, place, full URL and the checked resource of every entry that is read."""
    entries = document.get("entry") or []
    if not isinstance(entries, list):
        raise InputError(f"{name}: entry: must be a list of entries")
    for n, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        kind = str(resource.get("resourceType")) if isinstance(resource, Mapping) else ""
        if isinstance(resource, Mapping) and kind in _MODULES:
            checked = _checked(resource, kind, f"{name}: entry[{n}].resource ({kind})")
            yield kind, f"entry[{n}]", str(entry.get("fullUrl") or ""), checked


def _checked(resource: Mapping[str, Any], kind: str, where: str) -> BaseModel:
    first: ValidationError | None = None
    for version in _VERSIONS:
        model: type[BaseModel] = getattr(import_module(f"{version}.{_MODULES[kind]}"), kind)
        try:
            return model.model_validate(resource)
        except ValidationError as error:
            first = first or error
    problem = first.errors()[0] if first is not None else {"loc": (), "msg": ""}
    field = ".".join(str(part) for part in problem["loc"])
    raise InputError(f"{where}: {field}: {problem['msg']}; correct the resource") from first


def _statements(entries: list[tuple[str, str, str, BaseModel]], knowledge: Knowledge) -> Iterator[Statement]:
    medications = {
        reference: one
        for kind, _, url, one in entries
        if kind == "Medication"
        for reference in (url, f"Medication/{getattr(one, 'id', None)}")
    }
    for kind, where, _, one in entries:
        if kind in ("Patient", "Medication") or not is_entered(one):
            continue
        if kind == "Observation":
            yield from tested(one, where)
            continue
        qualifier = qualifier_of(one, kind)
        for concept in concepts_of(one, kind, medications):
            for statement in statements_of(concept, where, qualifier, knowledge):
                yield replace(statement, part=part_of(kind))


def _observations(
    resources: list[tuple[str, str, BaseModel]], knowledge: Knowledge, issues: list[Issue]
) -> tuple[list[LabResult], float | None, set[str]]:
    labs: list[LabResult] = []
    height_cm, unused = None, set()
    for kind, where, one in resources:
        if kind != "Observation" or not is_entered(one):
            continue
        for result, ranges in lab_results(one, where):
            analyte = _analyte(result, knowledge)
            if analyte is not None:
                labs.append(with_range(result, ranges, knowledge.analytes[analyte], issues))
            elif result.loinc in _HEIGHT_LOINC and result.value is not None:
                height_cm = result.value * {"m": 100.0, "[in_i]": 2.54}.get(result.unit or "cm", 1.0)
            elif not any(tested(one, where)):
                unused.add(result.loinc or result.analyte or "without a code")
    return labs, height_cm, unused


def _analyte(result: LabResult, knowledge: Knowledge) -> str | None:
    """Return the analyte by the code, or by the name where there is no code."""
    if result.loinc is not None:
        return knowledge.analyte_of_loinc.get(result.loinc)
    return knowledge.analyte_of_name.get(one_way(result.analyte or ""))
