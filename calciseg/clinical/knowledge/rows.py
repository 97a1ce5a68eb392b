"""The shape of every row of the knowledge tables."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from calciseg.model import StatementPart

__all__ = [
    "AlertRow",
    "AnalyteRow",
    "AreaRow",
    "ComplicationRow",
    "ComposedRow",
    "ConceptRow",
    "CueRow",
    "DecoyRow",
    "EvidenceRow",
    "MechanismRow",
    "MimicRow",
    "NumberRow",
    "OrganRow",
    "PatternRow",
    "RangeRow",
    "Row",
    "SchemeRow",
    "SourceRow",
    "TreatmentRow",
    "TurnRow",
    "WordRow",
]

Name = Annotated[str, Field(pattern=r"^[a-z0-9_.]+$")]
Text = Annotated[str, Field(min_length=1)]
Points = dict[str, Annotated[float, Field(ge=-10, le=10)]]
Finding = tuple[Text, ...]
"""Alternatives; in each, ``a & b`` asks for both."""


class Row(BaseModel):
    """One row; frozen, and unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class SourceRow(Row):
    """A publication, or the admission that there is none."""

    id: Name
    kind: Literal["published", "background", "design"]
    cite: Text


class _Sourced(Row):
    source: Name


class _Made(Row):
    """A row that holds no clinical fact: it is marked as design unless it cites somebody."""

    source: Name = "design"


class MechanismRow(_Sourced):
    """A category that is ranked."""

    id: Name
    label: Text
    prior: float
    means: Text


class SchemeRow(_Sourced):
    """A published list of categories, and what each mechanism is called in it."""

    id: Name
    label: Text
    names: dict[str, Text]
    forms: dict[str, dict[str, Text]] = {}
    """By mechanism: diseases and mimics that have a name of their own in the list."""


class PatternRow(_Sourced):
    """A pattern of extent, with the findings that make it."""

    id: Name
    when: Finding


class MimicRow(_Sourced):
    """What looks like calcinosis and is none."""

    id: Name
    label: Text
    means: Text


class NumberRow(_Sourced):
    """A finding made of a number of the case: from (inclusive) below (exclusive)."""

    id: Name
    of: Literal["age_years", "largest_mm", "n_lesions"]
    label: Text
    not_of: tuple[Text, ...] = ()
    """Not where the image shows one of these basic findings: the number may be its own."""
    from_: float = Field(alias="from", default=float("-1e9"))
    below: float = 1e9


class ComposedRow(_Made):
    """A finding made of other findings."""

    id: Name
    label: Text
    when: Finding


class CueRow(_Made):
    """Words that change what a term beside them means."""

    means: Literal["negated", "family", "suspected", "history", "stop", "stated", "unjudged"]
    place: Literal["before", "after", "test"]
    """``test``: on either side of the name of a test, and nowhere else."""
    words: tuple[Text, ...]
    followed_by: tuple[Text, ...] = ()
    """Words that may stand behind each cue and belong to it: "mother" and "had"."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """All ways to say it."""
        return (*self.words, *(f"{cue} {more}" for cue in self.words for more in self.followed_by))


class DecoyRow(_Made):
    """Words that hold a term and mean something else: "iliac crest"."""

    words: tuple[Text, ...]


class WordRow(_Made):
    """Other spellings of a fixed word of the imaging part."""

    of: Literal["sites", "morphologies", "patterns", "features"]
    id: Name
    words: tuple[Text, ...]


class AreaRow(_Made):
    """Sites that lie together: what happened at one of them may have harmed another."""

    id: Name
    sites: tuple[Name, ...]


class OrganRow(_Made):
    """Sites that people of one sex have: of the other, sex or site may be wrong."""

    id: Name
    sex: Literal["F", "M"]
    sites: tuple[Name, ...]


class TurnRow(Row):
    """What a concept counts as in a certain part of a case, or beside certain words of its statement."""

    into: Name
    among: tuple[StatementPart, ...] = ()
    words: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _asks_for_something(self) -> "TurnRow":
        if not self.among and not self.words:
            raise ValueError("must name among, words or both")
        return self


class ConceptRow(_Sourced):
    """What free text or a code may name."""

    id: Name
    label: Text
    words: Annotated[tuple[Text, ...], Field(min_length=1)]
    entity: bool = False
    is_a: tuple[Name, ...] = ()
    icd10: tuple[Text, ...] = ()
    snomed: tuple[Text, ...] = ()
    below_age: float | None = None
    becomes: Name | None = None
    asked: bool = True
    """Whether a case that does not name it is asked for it; no name of the answer itself is."""
    turns: tuple[TurnRow, ...] = ()
    """What it counts as in other surroundings: the first that fits."""
    alone: bool = True
    """Whether it says something where no turn fits; else it is a word like any other."""
    is_flag: bool = False
    """It raises an alert and says nothing of the cause: by itself it makes no case."""
    analyte: Name | None = None
    """The laboratory result that it says in words."""
    is_test: bool = False
    """It is the name of a test: beside it may stand how it came out."""
    at_site: bool = False
    """It speaks of the place where it happened: elsewhere it is no evidence."""
    asks: Text | None = None


class EvidenceRow(_Sourced):
    """What speaks for and against."""

    id: Name
    group: Name
    reason: Name | None = None
    """Groups of one reason are not independent; by default a group is a reason of its own."""
    criterion: Text
    when: Annotated[Finding, Field(min_length=1)]
    unless: Finding = ()
    """What rules the row out."""
    only_at: tuple[Name, ...] = ()
    """Sites: with lesions at another one the row is out; by default any may have some."""
    points: Points = {}
    mimics: Points = {}
    entities: Points = {}
    asked: bool = True
    """Whether a missing one is worth asking for; a row that names the category itself is not."""


class AlertRow(_Sourced):
    """A red flag."""

    id: Name
    message: Text
    when: Annotated[Finding, Field(min_length=1)]


class RangeRow(Row):
    """A range for one sex, or any, from an age (inclusive) to below another, in years."""

    sex: Literal["M", "F", "any"]
    from_: float = Field(alias="from")
    below: float
    low: float
    high: float

    @model_validator(mode="after")
    def _is_ordered(self) -> "RangeRow":
        if self.low >= self.high or self.from_ >= self.below:
            raise ValueError("a range must rise")
        return self


class BandRow(Row):
    """A part of an analyte's scale with a name: from (inclusive) below (exclusive)."""

    id: Name
    from_: float = Field(alias="from", default=float("-1e9"))
    below: float = 1e9


class AnalyteRow(_Sourced):
    """A laboratory analyte."""

    id: Name
    label: Text
    loinc: tuple[Text, ...]
    unit: Text
    words: tuple[Text, ...] = ()
    """Other names of the analyte."""
    units: dict[str, Annotated[float, Field(gt=0)]]
    """Factor from each unit to the analyte's own."""
    plausible: tuple[float, float] | None = None
    """In the analyte's own unit: what lies outside was mistyped, or has another unit."""
    ranges: Annotated[tuple[RangeRow, ...], Field(min_length=1)]
    bands: tuple[BandRow, ...] = ()


class ComplicationRow(_Sourced):
    """Citable text on course and complications."""

    of: Name
    text: Text


class TreatmentRow(_Sourced):
    """What was tried, and what speaks against it. Kept for the knowledge alone: no report names it."""

    name: Text
    of: tuple[Name, ...]
    against: Finding
