"""What single FHIR resources say, whichever version they are of."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from calciseg.clinical.knowledge import Knowledge
from calciseg.clinical.recognition import coded
from calciseg.model import (
    OLDEST_YEARS,
    Issue,
    IssueCode,
    LabResult,
    LabState,
    Qualifier,
    Statement,
    StatementPart,
)

__all__ = [
    "age_years",
    "concepts_of",
    "is_entered",
    "lab_results",
    "part_of",
    "qualifier_of",
    "statements_of",
    "tested",
]

_NOT_ENTERED = frozenset(
    {
        "entered-in-error",
        "cancelled",
        "not-done",
        "not-taken",
        "not-taking",
        "draft",
        "preparation",
        "intended",
    }
)
_NOT_ORDERED = frozenset({"proposal", "plan"})
_SUSPECTED = frozenset({"unconfirmed", "provisional", "differential"})
_PAST = frozenset({"resolved", "inactive", "remission", "stopped", "completed"})
_STATES: dict[str, LabState] = {
    "L": "low", "LL": "low", "LU": "low", "H": "high", "HH": "high", "HU": "high", "N": "normal",
}  # fmt: skip
_DATE_FIELDS = (
    "effectiveDateTime", "effectivePeriod", "effectiveInstant", "recordedDate", "assertedDate",
    "performedDateTime", "performedPeriod", "occurrenceDateTime", "occurrencePeriod", "authoredOn",
    "dateAsserted",
)  # fmt: skip
_CODE_FIELDS = {
    "Condition": ("code",),
    "Procedure": ("code",),
    "MedicationStatement": ("medicationCodeableConcept", "medication"),
    "MedicationRequest": ("medicationCodeableConcept", "medication"),
}
_PARTS: dict[str, StatementPart] = {
    "Procedure": "procedures",
    "MedicationStatement": "medications",
    "MedicationRequest": "medications",
    "FamilyMemberHistory": "family_history",
}
_ICD10_OIDS = frozenset({"urn:oid:2.16.840.1.113883.6.3", "urn:oid:2.16.840.1.113883.6.90"})
_SNOMED_OID = "urn:oid:2.16.840.1.113883.6.96"
_RESULTS = {
    "negative": {"negative", "neg", "not detected", "nonreactive", "non-reactive", "nd", "260385009"},
    "positive": {"positive", "pos", "detected", "reactive", "det", "10828004"},
}
_TIME_ZONES = timedelta(days=1)
_COMPARATORS: dict[str, Literal["<", ">"]] = {"<": "<", "<=": "<", ">": ">", ">=": ">"}


def is_entered(resource: BaseModel) -> bool:
    """Whether a resource states something: neither an error nor what was not done or not taken."""
    adherence = _codes(getattr(getattr(resource, "adherence", None), "code", None))
    return not (
        str(getattr(resource, "status", None)) in _NOT_ENTERED
        or str(getattr(resource, "intent", None)) in _NOT_ORDERED
        or getattr(resource, "doNotPerform", None)
        or adherence & _NOT_ENTERED
    )


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
    """Return the codes of a CodeableConcept or of several, or the bare code of an older version."""
    if isinstance(concept, str):
        return {concept}
    if isinstance(concept, list):
        return {code for one in concept for code in _codes(one)}
    return {str(one.code) for one in getattr(concept, "coding", None) or () if one.code}


def part_of(kind: str) -> StatementPart:
    """Return the part of a case that resources of a kind belong to."""
    return _PARTS.get(kind, "conditions")


def concepts_of(resource: BaseModel, kind: str, medications: Mapping[str, BaseModel]) -> Iterator[Any]:
    """Yield the CodeableConcepts that a resource names; of a bare reference what it displays.

    Parameters
    ----------
    resource : BaseModel
    kind : str
    medications : mapping
        By full URL and by ``Medication/<id>``; those that the resource contains are found too.
    """
    if kind == "FamilyMemberHistory":
        yield from (condition.code for condition in getattr(resource, "condition", None) or ())
        return
    contained = {f"#{getattr(one, 'id', None)}": one for one in getattr(resource, "contained", None) or ()}
    for name in _CODE_FIELDS[kind]:
        value = getattr(resource, name, None)
        # R5 wraps code and reference into one.
        value = getattr(value, "concept", None) or getattr(value, "reference", None) or value
        if hasattr(value, "coding"):
            yield value
    for value in (getattr(resource, "medicationReference", None), getattr(resource, "medication", None)):
        yield from _of_reference(value, {**medications, **contained})


def _of_reference(value: Any, medications: Mapping[str, BaseModel]) -> Iterator[Any]:
    reference: Any = getattr(value, "reference", None)
    if hasattr(reference, "reference"):  # R5
        value, reference = reference, reference.reference
    if reference is None and not getattr(value, "display", None):
        return
    medication = medications.get(str(reference))
    yield getattr(medication, "code", None) or str(getattr(value, "display", None) or reference)


def statements_of(
    concept: Any, where: str, qualifier: Qualifier, knowledge: Knowledge
) -> Iterator[Statement]:
    """Yield what a CodeableConcept says: the codes that are known, and its words.

    A code that is not known is yielded only where nothing else says what is meant, to be listed.
    """
    if concept is None:
        return
    codings = [one for one in getattr(concept, "coding", None) or () if one.code]
    known = [
        (system, str(one.code))
        for one in codings
        if (system := _system(str(one.system or ""))) and coded(str(one.code), system, knowledge)
    ]
    for system, code in known:
        yield Statement(text=code, field=where, system=system, qualifier=qualifier)
    words = concept if isinstance(concept, str) else getattr(concept, "text", None)
    words = words or next((one.display for one in codings if one.display), None)
    if words:
        yield Statement(text=str(words), field=where, qualifier=qualifier)
    elif codings and not known:
        text = f"{codings[0].code} ({codings[0].system or 'no system'})"
        yield Statement(text=text, field=where, qualifier=qualifier)


def _system(url: str) -> Literal["icd10", "snomed"] | None:
    if "icd-10" in url or url in _ICD10_OIDS:
        return "icd10"
    return "snomed" if "snomed.info/sct" in url or url == _SNOMED_OID else None


def tested(observation: BaseModel, where: str) -> Iterator[Statement]:
    """Yield a test that was positive or negative in words: "anticentromere antibody positive"."""
    results = {code.lower() for code in _codes(getattr(observation, "interpretation", None))}
    value = getattr(observation, "valueCodeableConcept", None)
    results |= {code.lower() for code in _codes(value)}
    displays = [one.display for one in getattr(value, "coding", None) or ()]
    for text in (getattr(value, "text", None), getattr(observation, "valueString", None), *displays):
        results.add(str(text or "").strip().lower())
    result = next((word for word, said in _RESULTS.items() if results & said), None)
    code: Any = getattr(observation, "code", None)
    name = getattr(code, "text", None) or next(
        (one.display for one in getattr(code, "coding", None) or () if one.display), None
    )
    if result is not None and name:
        yield Statement(text=f"{name} {result}", field=where)


def lab_results(observation: BaseModel, where: str) -> Iterator[tuple[LabResult, Sequence[Any]]]:
    """Yield the results of an observation and of its components, each with the ranges that are reported."""
    yield _lab(observation, observation, where)
    for n, component in enumerate(getattr(observation, "component", None) or ()):
        yield _lab(component, observation, f"{where}.component[{n}]")


def _lab(part: Any, observation: Any, where: str) -> tuple[LabResult, Sequence[Any]]:
    coding = getattr(part.code, "coding", None) or ()
    loinc = [str(one.code) for one in coding if "loinc" in str(one.system or "") and one.code]
    quantity = getattr(part, "valueQuantity", None)
    ranges: Sequence[Any] = getattr(part, "referenceRange", None) or ()
    interpretation = getattr(part, "interpretation", None)
    listed = interpretation if isinstance(interpretation, list) else [interpretation]
    states = [_STATES[code] for one in listed for code in sorted(_codes(one)) if code in _STATES]
    when = next(_dates(observation, "end", "start"), None)
    result = LabResult(
        field=where,
        analyte=None if loinc else getattr(part.code, "text", None),
        loinc=loinc[0] if loinc else None,
        value=None if quantity is None or quantity.value is None else float(quantity.value),
        comparator=_COMPARATORS.get(str(getattr(quantity, "comparator", None))),
        unit=None if quantity is None else quantity.code or quantity.unit,
        interpretation=states[0] if states else None,
        date=when,
    )
    return result, ranges


def age_years(
    patient: Any, resources: Sequence[BaseModel], timestamp: Any, issues: list[Issue]
) -> float | None:
    """Return the age at the last date of the Bundle in whole years; today's date plays no part.

    What is no entry has no date, a period counts from its start, and nothing lies after the Bundle itself.

    Parameters
    ----------
    patient : BaseModel or None
    resources : sequence of BaseModel
    timestamp : object
        Of the Bundle.
    issues : list of Issue
        Is told of dates that nobody lives to see.
    """
    born, made = _day(getattr(patient, "birthDate", None)), _day(timestamp)
    if born is None:
        return None
    dated = [_day(when) for one in resources if _is_dated(one) for when in _dates(one, "start")]
    past = [day for day in dated if day is not None and (made is None or day - made <= _TIME_ZONES)]
    days = past or ([] if made is None else [made])
    ages = [_years(born, day) for day in days if day >= born]
    lived = [age for age in ages if age <= OLDEST_YEARS]
    if len(lived) < len(ages):
        message = (
            f"dates more than {OLDEST_YEARS} years after the birth take no part; check them and the birth"
        )
        issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
    return float(max(lived)) if lived else None


def _is_dated(resource: BaseModel) -> bool:
    is_error = "entered-in-error" in _codes(getattr(resource, "verificationStatus", None))
    return is_entered(resource) and not is_error


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _dates(resource: Any, *of_period: str) -> Iterator[str]:
    """Yield when a resource holds, as the first ten letters of ISO 8601; a month or year alone is shorter.

    Of a period the first of its ends that is stated.
    """
    for name in _DATE_FIELDS:
        value = getattr(resource, name, None)
        if hasattr(value, "start") or hasattr(value, "end"):
            value = next((when for end in of_period if (when := getattr(value, end, None))), None)
        if value is not None:
            yield (value.isoformat() if hasattr(value, "isoformat") else str(value))[:10]


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
