"""What single FHIR resources say, whichever version they are of."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from calciseg.model import LabResult, LabState, Qualifier

__all__ = ["age_years", "codings", "is_entered", "lab_results", "qualifier_of", "subject_of"]

_NOT_ENTERED = frozenset({"entered-in-error", "cancelled", "not-done", "not-taken", "draft"})
_SUSPECTED = frozenset({"unconfirmed", "provisional", "differential"})
_PAST = frozenset({"resolved", "inactive", "remission", "stopped", "completed"})
_STATES: dict[str, LabState] = {
    "L": "low", "LL": "low", "LU": "low", "H": "high", "HH": "high", "HU": "high", "N": "normal",
}  # fmt: skip
_CODE_FIELDS = {
    "Condition": ("code",),
    "Procedure": ("code",),
    "MedicationStatement": ("medicationCodeableConcept", "medication"),
    "MedicationRequest": ("medicationCodeableConcept", "medication"),
}
System = Literal["text", "icd10", "snomed"]


def is_entered(resource: BaseModel) -> bool:
    """Whether a resource states something: neither an error nor what was not done."""
    return str(getattr(resource, "status", None)) not in _NOT_ENTERED


def subject_of(resource: BaseModel) -> str | None:
    """Return the reference to the patient, in its last part."""
    for name in ("subject", "patient"):
        reference = getattr(getattr(resource, name, None), "reference", None)
        if reference:
            return str(reference).rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return None


def qualifier_of(resource: BaseModel, kind: str) -> Qualifier:
    """Return how sure a resource is, and of whom it speaks."""
    if kind == "FamilyMemberHistory":
        return "family"
    verification = _codes(getattr(resource, "verificationStatus", None))
    if verification & {"refuted", "entered-in-error"}:
        return "negated"
    if verification & _SUSPECTED:
        return "suspected"
    if kind == "Condition" and _codes(getattr(resource, "clinicalStatus", None)) & _PAST:
        return "history"
    return "stated"


def _codes(concept: Any) -> set[str]:
    """Return the codes of a CodeableConcept, or the bare code of an older version."""
    if isinstance(concept, str):
        return {concept}
    return {str(one.code) for one in getattr(concept, "coding", None) or () if one.code}


def codings(
    resource: BaseModel, kind: str, medications: Mapping[str, BaseModel]
) -> Iterator[tuple[System, str]]:
    """Yield what a resource names: codes of ICD-10 and SNOMED CT, and words.

    Words stand only where no code does, so that a code and its display do not count twice.
    """
    if kind == "FamilyMemberHistory":
        for condition in getattr(resource, "condition", None) or ():
            yield from _of_concept(condition.code)
        return
    for name in _CODE_FIELDS[kind]:
        value = getattr(resource, name, None)
        # R5 wraps code and reference into one.
        yield from _of_concept(getattr(value, "concept", None) or value)
        yield from _of_reference(value, medications)
    yield from _of_reference(getattr(resource, "medicationReference", None), medications)


def _of_reference(value: Any, medications: Mapping[str, BaseModel]) -> Iterator[tuple[System, str]]:
    reference = getattr(value, "reference", None)
    reference = getattr(reference, "reference", reference)
    medication = medications.get(str(reference)) if reference else None
    if medication is not None:
        yield from _of_concept(getattr(medication, "code", None))
    elif getattr(value, "display", None):
        yield "text", str(value.display)


def _of_concept(concept: Any) -> Iterator[tuple[System, str]]:
    words = [str(concept.text)] if getattr(concept, "text", None) else []
    for coding in getattr(concept, "coding", None) or ():
        system = str(coding.system or "")
        if "icd-10" in system and coding.code:
            yield "icd10", str(coding.code)
        if coding.display and not words:
            words.append(str(coding.display))
    yield from (("text", word) for word in words)


def lab_results(observation: BaseModel, where: str) -> Iterator[LabResult]:
    """Yield the results of an observation and of its components."""
    yield _lab(observation, observation, where)
    for n, component in enumerate(getattr(observation, "component", None) or ()):
        yield _lab(component, observation, f"{where}.component[{n}]")


def _lab(part: Any, observation: Any, where: str) -> LabResult:
    coding = getattr(part.code, "coding", None) or ()
    loinc = [str(one.code) for one in coding if "loinc" in str(one.system or "") and one.code]
    quantity = getattr(part, "valueQuantity", None)
    ranges: Sequence[Any] = getattr(part, "referenceRange", None) or ()
    interpretation = getattr(part, "interpretation", None)
    listed = interpretation if isinstance(interpretation, list) else [interpretation]
    states = [_STATES[code] for one in listed for code in sorted(_codes(one)) if code in _STATES]
    when = getattr(observation, "effectiveDateTime", None)
    return LabResult(
        field=where,
        analyte=None if loinc else getattr(part.code, "text", None),
        loinc=loinc[0] if loinc else None,
        value=None if quantity is None or quantity.value is None else float(quantity.value),
        unit=None if quantity is None else quantity.code or quantity.unit,
        low=_limit(ranges, "low"),
        high=_limit(ranges, "high"),
        interpretation=states[0] if states else None,
        date=None if when is None else when.isoformat()[:10],
    )


def _limit(ranges: Sequence[Any], side: str) -> float | None:
    value = getattr(getattr(ranges[0], side, None), "value", None) if ranges else None
    return None if value is None else float(value)


def age_years(patient: Any, resources: Sequence[Any], timestamp: Any) -> float | None:
    """Return the age at the last date of the Bundle in whole years; today's date plays no part."""
    born = _day(getattr(patient, "birthDate", None))
    dates = [
        day
        for one in resources
        for name in ("effectiveDateTime", "recordedDate", "performedDateTime", "authoredOn")
        if (day := _day(getattr(one, name, None))) is not None
    ]
    last = max(dates, default=None) or _day(timestamp)
    if born is None or last is None or last < born:
        return None
    return float(last.year - born.year - ((last.month, last.day) < (born.month, born.day)))


def _day(value: Any) -> date | None:
    """Take the day of a date; a year or a month alone counts from its first day."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value) if value else ""
    parts = [int(part) for part in text[:10].split("-") if part.isdigit()]
    if not parts:
        return None
    year, month, day = (*parts, 1, 1)[:3]
    try:
        return date(year, month, day)
    except ValueError:
        return None
