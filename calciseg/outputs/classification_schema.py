"""The shape of the ``classification`` of ``result.json``."""

from typing import Any, Literal

from pydantic import field_validator

from calciseg.outputs.schema_figures import CubicMillimetres, Entry, Fraction, IssueEntry, Millimetres

__all__ = ["ClassificationEntry"]


class EvidenceEntry(Entry):
    """One reason; the points of a mechanism are the sum of its reasons'."""

    criterion: str
    observed: str
    points: float
    source: str


class RankedMechanismEntry(Entry):
    """A mechanism with its reasons. ``share`` is of the positive points, no probability."""

    mechanism: str
    points: float
    share: Fraction
    evidence: tuple[EvidenceEntry, ...]


class RankedMimicEntry(Entry):
    """What looks like calcinosis and is none."""

    name: str
    points: float
    evidence: tuple[EvidenceEntry, ...]


class AlertEntry(Entry):
    """A red flag, ahead of the ranking."""

    name: str
    message: str
    observed: str
    source: str


class HelpEntry(Entry):
    """A missing test or question, and what it would separate."""

    item: str
    separates: tuple[str, ...]


class CitedTextEntry(Entry):
    """A sentence on course and complications, with its source."""

    text: str
    source: str


class ImagingEntry(Entry):
    """What the image shows, in words and a few figures."""

    modality: str | None
    n_lesions: int | None
    sites: tuple[str, ...]
    tissue_planes: dict[str, Fraction]
    morphologies: tuple[str, ...]
    patterns: tuple[str, ...]
    tags: tuple[str, ...]
    features: tuple[str, ...]
    largest_mm: Millimetres | None
    total_volume_mm3: CubicMillimetres | None
    bilateral: bool | None

    @field_validator("tissue_planes", mode="before")
    @classmethod
    def _as_dict(cls, value: Any) -> Any:
        return dict(value) if isinstance(value, tuple) else value


class ClassificationEntry(Entry):
    """A ranked differential with its reasons. Never a diagnosis."""

    status: Literal["probable", "indeterminate", "insufficient"]
    ranking: tuple[RankedMechanismEntry, ...]
    between: tuple[str, ...]
    patterns: tuple[str, ...]
    entities: tuple[str, ...]
    mimics: tuple[RankedMimicEntry, ...]
    alerts: tuple[AlertEntry, ...]
    schemes: dict[str, str]
    would_help: tuple[HelpEntry, ...]
    course: tuple[CitedTextEntry, ...]
    imaging_stated: ImagingEntry | None
    imaging_derived: ImagingEntry | None
    issues: tuple[IssueEntry, ...]
    knowledge_version: str
