"""Laboratory results to states: units, ranges by age and sex, and what is computed from several."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from calciseg.clinical.derived_labs import add_derived
from calciseg.clinical.knowledge.model import Knowledge
from calciseg.clinical.knowledge.rows import AnalyteRow
from calciseg.clinical.lab_values import ROUNDING, JudgedLab, bounded, canonical_value, state_by_range
from calciseg.clinical.words import one_way
from calciseg.errors import InputError
from calciseg.model import Clinical, Issue, IssueCode, LabResult

__all__ = ["LabFindings", "check_units", "judge_labs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFindings:
    """What the laboratory says: one judged result an analyte, and the doubts."""

    judged: tuple[JudgedLab, ...]
    issues: tuple[Issue, ...]
    is_contradictory: bool


def judge_labs(clinical: Clinical, knowledge: Knowledge) -> LabFindings:
    """Judge laboratory results.

    Parameters
    ----------
    clinical : Clinical
    knowledge : Knowledge

    Returns
    -------
    LabFindings

    Raises
    ------
    InputError
        If a unit does not belong to its analyte.
    """
    issues: list[Issue] = []
    by_analyte: dict[str, list[JudgedLab]] = {}
    for result in clinical.labs:
        one = _judge(result, clinical, knowledge, issues)
        if one is not None:
            by_analyte.setdefault(one.analyte, []).append(one)
    contradictions: list[str] = []
    chosen = {analyte: _choose(found, contradictions) for analyte, found in sorted(by_analyte.items())}
    judged = add_derived({k: v for k, v in chosen.items() if v}, clinical, knowledge, contradictions)
    if clinical.age_years is None and any(one.is_by_built_in_range for one in judged):
        message = (
            "the age is not known; laboratory results without a reported range were judged as an adult's"
        )
        issues.append(Issue(code=IssueCode.ADULT_RANGE_ASSUMED, message=message))
    issues += [
        Issue(code=IssueCode.CONTRADICTORY_LABS, message=f"{message}; check the results")
        for message in sorted(set(contradictions))
    ]
    return LabFindings(
        judged=tuple(judged), issues=tuple(sorted(issues, key=lambda issue: issue.message)),
        is_contradictory=bool(contradictions),
    )  # fmt: skip


def check_units(labs: Iterable[LabResult], knowledge: Knowledge) -> None:
    """Refuse a unit that does not belong to its analyte.

    Parameters
    ----------
    labs : iterable of LabResult
    knowledge : Knowledge

    Raises
    ------
    InputError
        Names the field.
    """
    for result in labs:
        row = _analyte(result, knowledge, [])
        if row is not None and result.unit is not None:
            _factor(result.unit, result.field, row)


def _judge(
    result: LabResult, clinical: Clinical, knowledge: Knowledge, issues: list[Issue]
) -> JudgedLab | None:
    """Judge one result; the reported interpretation comes first, then the reported range."""
    row = _analyte(result, knowledge, issues)
    if row is None:
        return None
    value, factor = _value(result, row.id, knowledge, issues)
    one = JudgedLab(
        analyte=row.id,
        label=row.label,
        state=None,
        value=value,
        date=result.date,
        reported=_reported(result),
        interpretation=result.interpretation,
        low=None if result.low is None or factor is None else result.low * factor,
        high=None if result.high is None or factor is None else result.high * factor,
    )
    return replace(one, **state_by_range(one, clinical, row, result))


def _analyte(result: LabResult, knowledge: Knowledge, issues: list[Issue]) -> AnalyteRow | None:
    """Return the analyte by its name, its LOINC code, or both if they agree."""
    named = knowledge.analyte_of_name.get(one_way(result.analyte or ""))
    by_code = knowledge.analyte_of_loinc.get(result.loinc or "")
    if named is not None and by_code is not None and named != by_code:
        message = (
            f"{result.field}: analyte {result.analyte!r} is not what LOINC {result.loinc} stands for "
            f"({knowledge.analytes[by_code].label}), so it takes no part; correct one of them"
        )
        issues.append(Issue(code=IssueCode.LAB_NOT_JUDGED, message=message))
        return None
    found = named or by_code
    if found is None:
        what = result.analyte or result.loinc
        message = f"{result.field}: " + (f"analyte {what!r} is not known" if what else "names no analyte")
        issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
        return None
    return knowledge.analytes[found]


def _value(
    result: LabResult, analyte: str, knowledge: Knowledge, issues: list[Issue]
) -> tuple[float | None, float | None]:
    if result.unit is None:
        if result.value is not None and result.interpretation is None and result.low is result.high is None:
            message = (
                f"{result.field}: {analyte} {result.value:g} has no unit, so it takes no part; state its unit"
            )
            issues.append(Issue(code=IssueCode.LAB_NOT_JUDGED, message=message))
        return None, None
    factor = _factor(result.unit, result.field, knowledge.analytes[analyte])
    stated = bounded(result)
    if stated is None:
        return None, factor
    value = stated * factor
    limits = knowledge.analytes[analyte].plausible
    if limits is not None and not limits[0] * (1 - ROUNDING) <= value <= limits[1] * (1 + ROUNDING):
        message = (
            f"{result.field}: {analyte} {result.value:g} {result.unit} is hardly possible, so the value "
            "takes no part; check value and unit"
        )
        issues.append(Issue(code=IssueCode.LAB_NOT_JUDGED, message=message))
        return None, factor
    return value, factor


def _factor(unit: str, field: str, row: AnalyteRow) -> float:
    factor = canonical_value(1.0, unit, row)
    if factor is None:
        known = ", ".join(row.units)
        raise InputError(f"{field}.unit: {unit!r} is not a unit of {row.id}; give one of {known}")
    return factor


def _reported(result: LabResult) -> str:
    unit = f" {result.unit}" if result.unit else ""
    figure = "" if result.value is None else f" {result.comparator or ''}{result.value:g}{unit}"
    limits = "" if result.low is None and result.high is None else (
        f" (reported range {_limit(result.low)} to {_limit(result.high)})"
    )  # fmt: skip
    return f"{figure}{limits}"


def _limit(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"


def _choose(found: Iterable[JudgedLab], contradictions: list[str]) -> JudgedLab | None:
    """Take the latest result of an analyte; those of one day, or without a day, must agree."""
    listed = sorted(found, key=lambda one: (one.date or "", one.value or 0.0, one.reported, one.state or ""))
    latest = max((one.date for one in listed if one.date), default=None)
    current = [one for one in listed if one.date in (None, latest)]
    for one in current:
        if one.is_contradictory:
            contradictions.append(f"{one.label}{one.reported}: the interpretation contradicts the value")
    judged = [one for one in current if one.state is not None]
    states = {one.state for one in judged}
    if len(states) > 1:
        values = " and".join(f"{one.reported or ' '} {one.state}" for one in judged)
        contradictions.append(f"{judged[0].label} is at once{values}")
        return None
    return judged[-1] if judged else current[-1]
