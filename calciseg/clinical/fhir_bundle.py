"""FHIR Bundles to cases: Patient, Condition, Observation, medications, Procedure and FamilyMemberHistory.

Each resource that is read is checked by ``fhir.resources``, first as R4 (in its last form, 4.3), then as R5
and STU3; other resources and narratives are not looked at. No name, identifier or date of birth is kept.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

from calciseg.clinical.fhir_resources import (
    age_years,
    codings,
    is_entered,
    lab_results,
    qualifier_of,
    subject_of,
)
from calciseg.clinical.knowledge import Knowledge
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
    resources = list(_resources(document, name))
    patients = [one for kind, _, one in resources if kind == "Patient"]
    issues: list[Issue] = []
    subjects = {subject for kind, _, one in resources if (subject := subject_of(one))}
    if len(patients) > 1 or len(subjects) > 1:
        n = max(len(patients), len(subjects))
        message = f"the Bundle holds data of {n} patients; give the Bundle of one"
        issues.append(Issue(code=IssueCode.CONTEXT_MISMATCH, message=message))
    labs, height_cm, unused = _observations(resources, knowledge)
    if unused:
        message = f"observations that take no part: {', '.join(sorted(unused))}"
        issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
    patient = patients[0] if patients else None
    sex = {"female": "F", "male": "M"}.get(str(getattr(patient, "gender", None)))
    clinical = Clinical(
        age_years=age_years(patient, [one for _, _, one in resources], document.get("timestamp")),
        sex=sex,
        height_cm=height_cm,
        statements=tuple(_statements(resources)),
        labs=tuple(labs),
    )
    return Case(clinical=clinical, issues=tuple(issues))


def _resources(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, BaseModel]]:
    """Yield kind, place and the checked resource of every entry that is read."""
    entries = document.get("entry") or []
    if not isinstance(entries, list):
        raise InputError(f"{name}: entry: must be a list of entries")
    for n, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        kind = str(resource.get("resourceType")) if isinstance(resource, Mapping) else ""
        if isinstance(resource, Mapping) and kind in _MODULES:
            yield kind, f"entry[{n}]", _checked(resource, kind, f"{name}: entry[{n}].resource ({kind})")


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


def _statements(resources: list[tuple[str, str, BaseModel]]) -> Iterator[Statement]:
    medications = {
        reference: one
        for kind, _, one in resources
        if kind == "Medication"
        for reference in (f"Medication/{getattr(one, 'id', None)}", f"#{getattr(one, 'id', None)}")
    }
    for kind, where, one in resources:
        if kind in ("Patient", "Observation", "Medication") or not is_entered(one):
            continue
        for system, text in codings(one, kind, medications):
            yield Statement(text=text, field=where, system=system, qualifier=qualifier_of(one, kind))


def _observations(
    resources: list[tuple[str, str, BaseModel]], knowledge: Knowledge
) -> tuple[list[LabResult], float | None, set[str]]:
    labs: list[LabResult] = []
    height_cm, unused = None, set()
    for kind, where, one in resources:
        if kind != "Observation" or not is_entered(one):
            continue
        for result in lab_results(one, where):
            if result.loinc in knowledge.analyte_of_loinc:
                labs.append(result)
            elif result.loinc in _HEIGHT_LOINC and result.value is not None:
                height_cm = result.value * {"m": 100.0, "[in_i]": 2.54}.get(result.unit or "cm", 1.0)
            else:
                unused.add(result.loinc or result.analyte or "without a code")
    return labs, height_cm, unused
