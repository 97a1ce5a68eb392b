"""``CASE.json``: its shape, its JSON Schema, and the case that it becomes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from calciseg.clinical.imaging_words import known_words
from calciseg.errors import InputError
from calciseg.model import (
    OLDEST_YEARS,
    Case,
    Clinical,
    Imaging,
    Issue,
    IssueCode,
    LabResult,
    Qualifier,
    Statement,
    StatementPart,
)

__all__ = ["CaseDocument", "case_from_dict", "case_json_schema", "clinical_from_dict"]


def _not_a_flag(value: Any) -> Any:
    """JSON's true is no number."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_not_a_flag)]
Positive = Annotated[Number, Field(ge=0)]
Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: () if value is None else value)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    def unknown_names(self) -> list[str]:
        """Return the fields that nobody knows."""
        return sorted(self.model_extra or {})


class Icd10Code(_Part):
    """A condition by its ICD-10 code."""

    icd10: str


class SnomedCode(_Part):
    """A condition by its SNOMED CT code."""

    snomed: str


class LabEntry(_Part):
    """One laboratory result; a reported interpretation or range counts before the built-in one."""

    analyte: str | None = None
    loinc: str | None = None
    value: Positive | None = None
    unit: str | None = None
    low: Positive | None = None
    high: Positive | None = None
    interpretation: Literal["low", "normal", "high"] | None = None
    date: str | None = None

    @field_validator("date")
    @classmethod
    def _is_a_date(cls, value: str | None) -> str | None:
        """Write every form of ISO 8601 in one: days are compared as text."""
        return None if value is None else datetime.fromisoformat(value).date().isoformat()

    @field_validator("high")
    @classmethod
    def _is_above_low(cls, value: float | None, info: Any) -> float | None:
        low = info.data.get("low")
        if value is not None and low is not None and value < low:
            raise ValueError(f"must not be below low ({low:g})")
        return value


class ClinicalEntry(_Part):
    """What is known of the patient. Everything may be missing; nothing stated is nothing known."""

    age_years: Annotated[Positive, Field(le=OLDEST_YEARS)] | None = None
    sex: Literal["F", "M"] | None = None
    height_cm: Annotated[Positive, Field(gt=10, le=260)] | None = None
    conditions: Annotated[
        tuple[str | Icd10Code | SnomedCode, ...],
        BeforeValidator(lambda value: () if value is None else value),
    ] = ()
    labs: Annotated[tuple[LabEntry, ...], BeforeValidator(lambda value: () if value is None else value)] = ()
    antibodies: Words = ()
    medications: Words = ()
    procedures: Words = ()
    exposures: Words = ()
    dialysis: Annotated[bool, Field(strict=True)] | None = None
    family_history: Words = ()
    symptoms: Words = ()


class ImagingEntry(_Part):
    """What the image shows, in the words of the documentation."""

    modality: str | None = None
    n_lesions: Annotated[int, Field(ge=0, strict=True)] | None = None
    sites: Words = ()
    tissue_planes: dict[str, Annotated[Number, Field(ge=0, le=1)]] = {}
    morphologies: Words = ()
    patterns: Words = ()
    tags: Words = ()
    features: Words = ()
    largest_mm: Positive | None = None
    total_volume_mm3: Positive | None = None
    bilateral: Annotated[bool, Field(strict=True)] | None = None


class CaseDocument(_Part):
    """A case for ``calciseg classify``."""

    clinical: ClinicalEntry | None = None
    imaging: ImagingEntry | None = None


def case_json_schema() -> dict[str, Any]:
    """Return the published JSON Schema of ``CASE.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CaseDocument.model_json_schema()}


def case_from_dict(document: Mapping[str, Any], name: str = "case") -> Case:
    """Check a case and take it over.

    Parameters
    ----------
    document : mapping
        As ``CASE.json``.
    name : str
        Of the file, for messages.

    Returns
    -------
    Case

    Raises
    ------
    InputError
        If a value has the wrong type; names the field.
    """
    try:
        checked = CaseDocument.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{name}: {_first_error(error)}; see 'calciseg info --schema case'") from error
    issues = [_unknown_field(one) for one in _unknown_fields(checked)]
    imaging, unknown = (None, []) if checked.imaging is None else known_words(_imaging(checked.imaging))
    issues += [_unknown_field(f"imaging.{where}: {word!r}") for where, word in unknown]
    clinical = checked.clinical or ClinicalEntry()
    return Case(clinical=_clinical(clinical), stated_imaging=imaging, issues=tuple(issues))


def clinical_from_dict(document: Mapping[str, Any], name: str = "context") -> Case:
    """Take over a context: a whole case, or its clinical part alone."""
    is_whole = not {"clinical", "imaging"}.isdisjoint(document)
    return case_from_dict(document if is_whole else {"clinical": document}, name)


def _unknown_field(what: str) -> Issue:
    return Issue(code=IssueCode.UNKNOWN_WORD, message=f"{what} is not known and takes no part")


def _unknown_fields(document: CaseDocument) -> Iterator[str]:
    yield from document.unknown_names()
    if document.clinical is not None:
        yield from (f"clinical.{name}" for name in document.clinical.unknown_names())
        for n, lab in enumerate(document.clinical.labs):
            yield from (f"clinical.labs[{n}].{name}" for name in lab.unknown_names())
    if document.imaging is not None:
        yield from (f"imaging.{name}" for name in document.imaging.unknown_names())


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    parts = [part for part in first["loc"] if part not in ("str", "Icd10Code", "SnomedCode")]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    said = _SAID.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return f"{where or 'the document'}: {said}"


_SAID = {
    "tuple_type": "must be a list",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "string_type": "must be text",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true, false or null",
}
"""The errors that people make most, without the words of the checking library."""


def _clinical(entry: ClinicalEntry) -> Clinical:
    return Clinical(
        age_years=entry.age_years,
        sex=entry.sex,
        height_cm=entry.height_cm,
        statements=tuple(_statements(entry)),
        labs=tuple(
            LabResult(
                field=f"clinical.labs[{n}]", **{name: getattr(lab, name) for name in LabEntry.model_fields}
            )
            for n, lab in enumerate(entry.labs)
        ),
        is_on_dialysis=entry.dialysis,
    )


def _statements(entry: ClinicalEntry) -> Iterator[Statement]:
    for n, condition in enumerate(entry.conditions):
        field = f"clinical.conditions[{n}]"
        if isinstance(condition, str):
            yield Statement(text=condition, field=field)
        elif isinstance(condition, Icd10Code):
            yield Statement(text=condition.icd10, field=field, system="icd10")
        else:
            yield Statement(text=condition.snomed, field=field, system="snomed")
    parts: tuple[StatementPart, ...] = get_args(StatementPart)
    for part in (part for part in parts if part != "conditions"):
        qualifier: Qualifier = "family" if part == "family_history" else "stated"
        for n, text in enumerate(getattr(entry, part)):
            yield Statement(text=text, field=f"clinical.{part}[{n}]", qualifier=qualifier, part=part)


def _imaging(entry: ImagingEntry) -> Imaging:
    fields = {name: getattr(entry, name) for name in ImagingEntry.model_fields}
    return Imaging(**{**fields, "tissue_planes": tuple(sorted(entry.tissue_planes.items()))})
