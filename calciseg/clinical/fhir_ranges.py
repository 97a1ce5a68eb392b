"""The reference range that a FHIR Observation reports, in the unit of its result."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from calciseg.clinical.knowledge.rows import AnalyteRow
from calciseg.clinical.lab_values import canonical_value
from calciseg.model import Issue, IssueCode, LabResult

__all__ = ["with_range"]

_NORMAL = frozenset({"normal"})
"""Of the kinds of ranges; others say what a treatment aims at, or what is usual before one."""


def with_range(result: LabResult, ranges: Sequence[Any], row: AnalyteRow, issues: list[Issue]) -> LabResult:
    """Add the reported range of what is normal to a result.

    Parameters
    ----------
    result : LabResult
    ranges : sequence
        Of the Observation, or of its component.
    row : AnalyteRow
        Its units.
    issues : list of Issue
        Is told of a range that takes no part.
    """
    normal = [one for one in ranges if _is_normal(one)]
    if len(normal) > 1:
        # Whom the others are meant for cannot be told surely.
        normal = [
            one for one in normal if not getattr(one, "appliesTo", None) and not getattr(one, "age", None)
        ]
    if not normal:
        if any(_is_normal(one) for one in ranges):
            issues.append(_dropped(result, "several reported ranges, each for some people only"))
        return result
    limits = {}
    for side in ("low", "high"):
        quantity = getattr(normal[0], side, None)
        if quantity is None or quantity.value is None:
            continue
        limit = _in_unit_of(result, float(quantity.value), quantity.code or quantity.unit, row)
        if limit is None:
            unit = quantity.code or quantity.unit
            issues.append(_dropped(result, f"the reported range is in {unit!r}, not in {result.unit!r}"))
            return result
        limits[side] = limit
    return replace(result, low=limits.get("low"), high=limits.get("high"))


def _is_normal(one: Any) -> bool:
    kind = getattr(one, "type", None)
    if kind is None:
        return True
    words = {str(coding.code) for coding in getattr(kind, "coding", None) or () if coding.code}
    return bool(_NORMAL & (words or {str(getattr(kind, "text", None) or "").strip().lower()}))


def _in_unit_of(result: LabResult, limit: float, unit: str | None, row: AnalyteRow) -> float | None:
    """Return a limit in the unit of its result; without a unit it is in that one."""
    if unit is None or result.unit is None or unit == result.unit:
        return limit
    canonical, factor = canonical_value(limit, unit, row), canonical_value(1.0, result.unit, row)
    return None if canonical is None or factor is None else canonical / factor


def _dropped(result: LabResult, why: str) -> Issue:
    message = f"{result.field}: {why}, so the built-in range takes its place; check the resource"
    return Issue(code=IssueCode.LAB_NOT_JUDGED, message=message)
