"""What the classifier answers: a ranked differential with its reasons. Never a diagnosis."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from calciseg.model.case import Imaging
from calciseg.model.images import Issue

__all__ = ["Alert", "CitedText", "Classification", "Evidence", "Help", "RankedMechanism", "RankedMimic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason: what was looked for, what was seen, what it counts, and who says so."""

    criterion: str
    observed: str
    points: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedMechanism:
    """A mechanism with its reasons; its points are the sum of theirs."""

    mechanism: str
    points: float
    share: float
    """Of all positive points. No probability."""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedMimic:
    """What looks like calcinosis and is none."""

    name: str
    points: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A red flag; no finding takes it away."""

    name: str
    message: str
    observed: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A missing test or question, and the mechanisms that it would separate."""

    item: str
    separates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedText:
    """A sentence on course and complications, and who says so. Never a treatment."""

    text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """The ranked differential of one case."""

    status: Literal["probable", "indeterminate", "insufficient"]
    ranking: tuple[RankedMechanism, ...]
    """All mechanisms, best first."""
    between: tuple[str, ...]
    """The mechanisms that the case does not tell apart; the winner alone where the status is probable."""
    patterns: tuple[str, ...]
    entities: tuple[str, ...]
    mimics: tuple[RankedMimic, ...]
    alerts: tuple[Alert, ...]
    schemes: dict[str, str]
    """What the first of the ranking is called in each published list, by the list's citation."""
    would_help: tuple[Help, ...]
    """Most separating first."""
    course: tuple[CitedText, ...]
    """What is written of course and complications of the first of the ranking."""
    imaging_stated: Imaging | None
    imaging_derived: Imaging | None
    """From the pixels; where both say something, the stated one counts."""
    issues: tuple[Issue, ...]
    knowledge_version: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as in ``result.json``: what :func:`json.dumps` takes."""
        document = asdict(self)
        for part in (document["imaging_stated"], document["imaging_derived"]):
            if part is not None:
                part["tissue_planes"] = dict(part["tissue_planes"])
        return document
