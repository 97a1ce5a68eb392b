"""One laboratory value: its unit, its range, its state."""

from dataclasses import dataclass
from typing import Any

from calciseg.clinical.knowledge.rows import AnalyteRow, RangeRow
from calciseg.model import Clinical, LabResult, LabState

__all__ = [
    "ROUNDING",
    "JudgedLab",
    "bands_of",
    "bounded",
    "built_in_range",
    "canonical_value",
    "state_by_range",
    "state_in",
]

_ADULT_AGE_YEARS = 40.0
"""Where the age is not known: the ranges of adults are the same from 22 years on."""
_BEYOND = 1e-4
ROUNDING = 1e-6
"""A value converted to another unit and back may not cross its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLab:
    """A result with its state; ``None`` where nothing decides it."""

    analyte: str
    label: str
    state: LabState | None
    value: float | None
    """In the analyte's own unit."""
    date: str | None = None
    reported: str = ""
    """Value, unit and range as reported, for people; begins with a blank."""
    interpretation: LabState | None = None
    low: float | None = None
    high: float | None = None
    """The reported range in the analyte's own unit."""
    is_by_built_in_range: bool = False
    is_contradictory: bool = False
    bands: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    """The analytes that it was computed from."""

    @property
    def observed(self) -> str:
        """What was seen, for people."""
        return f"{self.label}{self.reported}{f', {self.state}' if self.state else ''}"


def canonical_value(value: float, unit: str, row: AnalyteRow) -> float | None:
    """Convert a value to the analyte's own unit; ``None`` if the unit is not one of the analyte."""
    factors = {_plain(name): factor for name, factor in row.units.items()}
    factor = factors.get(_plain(unit))
    return None if factor is None else value * factor


def _plain(unit: str) -> str:
    """Write a unit in one way: case, blanks and the two letters for micro make no difference here."""
    text = unit.replace(" ", "").replace("µ", "u").replace("μ", "u").replace("^", "").replace("²", "2")
    text = text.replace("mcg", "ug").replace("{", "").replace("}", "").replace("_", "").replace("*", "")
    return text.casefold()


def built_in_range(row: AnalyteRow, clinical: Clinical) -> RangeRow:
    """Return the range for age and sex; for an unknown sex the widest of both."""
    age = _ADULT_AGE_YEARS if clinical.age_years is None else clinical.age_years
    fitting = [one for one in row.ranges if one.from_ <= age < one.below] or [row.ranges[-1]]
    for_sex = [one for one in fitting if one.sex == "any" or one.sex == clinical.sex] or fitting
    low, high = min(one.low for one in for_sex), max(one.high for one in for_sex)
    return for_sex[0].model_copy(update={"low": low, "high": high})


def bounded(result: LabResult) -> float | None:
    """Return the value; of one that is only known to lie beyond a limit, one just beyond it."""
    if result.value is None:
        return None
    return result.value * {"<": 1 - _BEYOND, ">": 1 + _BEYOND, None: 1.0}[result.comparator]


def state_in(value: float, low: float | None, high: float | None) -> LabState:
    """Place a value against limits."""
    if low is not None and value < low - abs(low) * ROUNDING:
        return "low"
    if high is not None and value > high + abs(high) * ROUNDING:
        return "high"
    return "normal"


def bands_of(value: float, row: AnalyteRow) -> tuple[str, ...]:
    """Name the bands that a value lies in."""
    return tuple(
        band.id
        for band in row.bands
        if band.from_ <= value * (1 + ROUNDING) and value < band.below * (1 - ROUNDING)
    )


def state_by_range(one: JudgedLab, clinical: Clinical, row: AnalyteRow, result: LabResult) -> dict[str, Any]:
    """Return the fields that follow from interpretation, reported range or built-in range."""
    by_report: LabState | None = None
    is_implausible = one.value is None and result.value is not None and result.unit is not None
    has_range = not (result.low is None and result.high is None)
    if result.value is not None and has_range and not is_implausible:
        # In the units of the report, whatever they are.
        by_report = state_in(bounded(result) or 0.0, result.low, result.high)
    bands = () if one.value is None else bands_of(one.value, row)
    if result.interpretation is not None:
        is_contradictory = by_report is not None and {by_report, result.interpretation} == {"low", "high"}
        return {"state": result.interpretation, "bands": bands, "is_contradictory": is_contradictory}
    if by_report is not None:
        return {"state": by_report, "bands": bands}
    if one.value is None:
        return {}
    limits = built_in_range(row, clinical)
    return {
        "state": state_in(one.value, limits.low, limits.high),
        "bands": bands,
        "is_by_built_in_range": True,
    }
