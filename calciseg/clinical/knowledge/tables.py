"""The tables as they were read, each row with where it stands."""

from dataclasses import dataclass, field

from calciseg.clinical.knowledge import rows

__all__ = ["Origin", "Tables"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a row stands, for messages."""

    file: str
    table: str
    n: int
    """Its number in the table of the file, from 1."""
    id: str

    def __str__(self) -> str:
        """Name file and row."""
        return f"{self.file}: {self.table} row {self.n}" + (f" ({self.id})" if self.id else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """All knowledge, row by row."""

    version: str
    source: tuple[rows.SourceRow, ...]
    mechanism: tuple[rows.MechanismRow, ...]
    scheme: tuple[rows.SchemeRow, ...]
    pattern: tuple[rows.PatternRow, ...]
    mimic: tuple[rows.MimicRow, ...]
    number: tuple[rows.NumberRow, ...]
    composed: tuple[rows.ComposedRow, ...]
    cue: tuple[rows.CueRow, ...]
    decoy: tuple[rows.DecoyRow, ...]
    word: tuple[rows.WordRow, ...]
    area: tuple[rows.AreaRow, ...]
    organ: tuple[rows.OrganRow, ...]
    concept: tuple[rows.ConceptRow, ...]
    evidence: tuple[rows.EvidenceRow, ...]
    alert: tuple[rows.AlertRow, ...]
    analyte: tuple[rows.AnalyteRow, ...]
    complication: tuple[rows.ComplicationRow, ...]
    treatment: tuple[rows.TreatmentRow, ...]
    origins: dict[str, tuple[Origin, ...]] = field(repr=False)
    """By table, in the order of its rows."""
