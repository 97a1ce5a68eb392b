"""What may be known of the patient and what an image says of itself, out of its headers."""

import re
from datetime import date

from pydicom.dataset import Dataset

from calciseg.model import OLDEST_YEARS, PatientFacts
from calciseg.reading.values import items, text

__all__ = ["contrast_agent", "laterality", "patient_facts"]

_YEARS_OF_UNIT = {"Y": 1.0, "M": 1.0 / 12.0, "W": 7.0 / 365.25, "D": 1.0 / 365.25}
_SAYS_NONE = re.compile(
    r"\W*(?:(?:NO|NON(?![ -]?IONIC)|NONE|NOT|N|N/A|NA|NIL|WITHOUT|W/?O|UNENHANCED|NATIVE?"
    r"|OHNE|SANS|SIN|SENZA)\b(?!.*(?:\bAND|&|\+) ?W(?:ITH)?\b)|$)"
)
"""Free text of the console, as "NON CONTRAST" or "-"; "NON-IONIC" and "W/O AND WITH" are contrast."""
_INTO_THE_BOWEL = re.compile(r"(?:PER ?)?(?:ORAL|OS|PO|P\.O\.|RECTAL)(?:LY)?\b(?!.*\b(?:IV|I\.V\.|INTRAVEN))")


def patient_facts(dataset: Dataset) -> PatientFacts:
    """Take age and sex from a header; the date of birth is used for the age and dropped."""
    sex = text(dataset, "PatientSex")
    age_years = _stated_age_years(text(dataset, "PatientAge"))
    if age_years is None:
        age_years = _computed_age_years(dataset)
    return PatientFacts(age_years=age_years, sex=sex if sex in ("F", "M") else None)


def _stated_age_years(age: str | None) -> float | None:
    match = re.fullmatch(r"(\d{1,3})([YMWD])", age or "")
    if match is None:
        return None
    count, unit = int(match[1]), match[2]
    age_years = round(count * _YEARS_OF_UNIT[unit], 3)
    # Anonymisers write 000Y, 000D or 999Y for "removed".
    return age_years if 0 < age_years <= OLDEST_YEARS else None


def _computed_age_years(dataset: Dataset) -> float | None:
    born = _day(text(dataset, "PatientBirthDate"))
    scanned = None if born is None else _day(text(dataset, "StudyDate"))
    if born is None or scanned is None:
        return None
    # Whole years: a finer age with the study date would give the date of birth away.
    age_years = scanned.year - born.year - ((scanned.month, scanned.day) < (born.month, born.day))
    return float(age_years) if 0 <= age_years <= OLDEST_YEARS else None


def _day(value: str | None) -> date | None:
    digits = (value or "").replace(".", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def contrast_agent(dataset: Dataset) -> bool | None:
    """Whether the header states a contrast agent but in the bowel; ``None`` when it says nothing."""
    agent = text(dataset, "ContrastBolusAgent")
    if agent is None:
        return True if items(dataset, "ContrastBolusAgentSequence") else None
    ways = agent.upper(), (text(dataset, "ContrastBolusRoute") or "").upper()
    return not (_SAYS_NONE.match(ways[0]) or any(map(_INTO_THE_BOWEL.match, ways)))


def laterality(dataset: Dataset) -> str | None:
    """Return the side that the header states: ``left``, ``right`` or ``None``."""
    stated = text(dataset, "ImageLaterality") or text(dataset, "Laterality")
    return {"L": "left", "R": "right"}.get(stated or "")
