"""Knowledge ready for use: findings as bits, evidence as masks of bits, words as a tree."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path

from calciseg.clinical.knowledge import rows
from calciseg.clinical.knowledge.expressions import Conjunction, Expressions, ancestors
from calciseg.clinical.knowledge.loading import read_tables
from calciseg.clinical.knowledge.tables import Tables
from calciseg.clinical.words import CueSet, WordTree, one_way
from calciseg.model import BODY_REGIONS

__all__ = [
    "OTHER_MEANING",
    "CompiledAlert",
    "CompiledEvidence",
    "CompiledPattern",
    "CompiledTurn",
    "Knowledge",
    "load_knowledge",
]

OTHER_MEANING = ""
"""What decoys mean among the words of concepts: nothing."""

_CLINICAL = ("has.", "family.", "lab.", "dialysis")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledEvidence:
    """A row of evidence with what it asks for."""

    row: rows.EvidenceRow
    masks: tuple[int, ...]
    """One for each alternative: the bits of all its findings."""
    cite: str
    targets: dict[str, float]
    """Points by mechanism, ``mimic.<name>`` and ``entity.<name>``."""
    counts: dict[str, float]
    """Points by mechanism; those of mimics are given to the one that collects them."""
    any_mask: int
    """The bits of all alternatives."""
    lone_bits: frozenset[int]
    """Findings that meet the row alone and can be asked for."""
    joint_masks: tuple[int, ...]
    """The alternatives of several findings."""
    void_masks: tuple[int, ...] = ()
    """The findings that rule the row out, each alone or several together."""

    def is_ruled_out(self, known: int) -> bool:
        """Whether something is known that rules the row out."""
        return any(mask & known == mask for mask in self.void_masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAlert:
    """A red flag with what raises it."""

    row: rows.AlertRow
    masks: tuple[int, ...]
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTurn:
    """What a concept counts as in certain surroundings."""

    row: rows.TurnRow
    words: WordTree | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPattern:
    """A pattern with what makes it."""

    id: str
    masks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """Everything the classifier knows."""

    tables: Tables = field(repr=False)
    bits: dict[str, int] = field(repr=False)
    """Bit of every basic finding, by name."""
    names: tuple[str, ...] = field(repr=False)
    """Basic findings in the order of their bits."""
    evidence: tuple[CompiledEvidence, ...] = field(repr=False)
    asked_evidence: tuple[CompiledEvidence, ...] = field(repr=False)
    """Rows whose missing findings are worth asking for."""
    alerts: tuple[CompiledAlert, ...] = field(repr=False)
    patterns: tuple[CompiledPattern, ...] = field(repr=False)
    concepts: dict[str, rows.ConceptRow] = field(repr=False)
    counts_as: dict[str, tuple[str, ...]] = field(repr=False)
    turns: dict[str, tuple[CompiledTurn, ...]] = field(repr=False)
    """By concept: what it counts as in other surroundings."""
    analytes: dict[str, rows.AnalyteRow] = field(repr=False)
    analyte_of_loinc: dict[str, str] = field(repr=False)
    analyte_of_name: dict[str, str] = field(repr=False)
    """By its names in lower case, with ``_`` for blanks."""
    concepts_of_code: dict[tuple[str, str], tuple[str, ...]] = field(repr=False)
    """By coding system and code without its point."""
    concept_words: WordTree = field(repr=False)
    cues: CueSet = field(repr=False)
    image_words: dict[str, dict[str, str]] = field(repr=False)
    """Other spellings by field of the imaging part."""
    site_words: WordTree = field(repr=False)
    """Names of sites in a sentence."""
    areas_of: dict[str, frozenset[str]] = field(repr=False)
    """The areas that a site lies in."""
    cites: dict[str, str] = field(repr=False)
    asks: dict[int, tuple[str, str, bool]] = field(repr=False)
    """What a missing finding is asked by: concept or analyte, its name for people, whether it is a test."""
    clinical_bits: int = field(repr=False)
    """The findings that only a case can bring: neither the image nor age and sex."""

    @property
    def mimics_count_for(self) -> str:
        """The mechanism that collects the mimics: the last of its table."""
        return self.tables.mechanism[-1].id

    @property
    def version(self) -> str:
        """Of the tables, with ``+`` for every file of the user."""
        return self.tables.version


@lru_cache(maxsize=4)
def _loaded(user_files: tuple[Path, ...]) -> Knowledge:
    return compile_tables(read_tables(user_files))


def load_knowledge(user_files: Iterable[str | Path] = ()) -> Knowledge:
    """Load the knowledge of the package and, over it, that of the user's files.

    Parameters
    ----------
    user_files : iterable of path
        TOML files with the tables of the package; a row replaces the one of the same id.

    Returns
    -------
    Knowledge

    Raises
    ------
    KnowledgeError
        If a file is not valid; names file and row.
    """
    paths = tuple(map(Path, user_files))
    return compile_tables(read_tables(paths)) if paths else _loaded(())


def compile_tables(tables: Tables) -> Knowledge:
    """Make knowledge of checked tables."""
    expressions = Expressions(tables)
    names = tuple(sorted(expressions.basic))
    bits = {name: 1 << n for n, name in enumerate(names)}
    cites = {row.id: row.cite for row in tables.source}

    def masks(when: Iterable[str]) -> tuple[int, ...]:
        found: dict[Conjunction, None] = {}
        for expression in when:
            found |= dict.fromkeys(expressions.alternatives(expression))
        return tuple(sum(bits[name] for name in one) for one in found)

    asks = _asks(tables, bits)
    evidence = tuple(
        replace(
            _compiled(row, masks(row.when), cites[row.source], tables.mechanism[-1].id, set(asks)),
            void_masks=(*masks(row.unless), *_other_sites(row, bits)),
        )
        for row in tables.evidence
    )
    return Knowledge(
        tables=tables,
        bits=bits,
        names=names,
        evidence=evidence,
        asked_evidence=tuple(one for one in evidence if one.row.asked),
        alerts=tuple(
            CompiledAlert(row=row, masks=masks(row.when), cite=cites[row.source]) for row in tables.alert
        ),
        patterns=tuple(
            CompiledPattern(id=row.id, masks=masks([f"pattern.{row.id}"])) for row in tables.pattern
        ),
        concepts={row.id: row for row in tables.concept},
        counts_as=ancestors(tables),
        turns={row.id: tuple(map(_turn, row.turns)) for row in tables.concept if row.turns},
        analytes={row.id: row for row in tables.analyte},
        analyte_of_loinc={code: row.id for row in tables.analyte for code in row.loinc},
        analyte_of_name={
            one_way(name): row.id for row in tables.analyte for name in (row.id, row.label, *row.words)
        },
        concepts_of_code=_concepts_of_code(tables),
        concept_words=WordTree(_terms(tables)),
        cues=CueSet(
            (
                (words, row.means, row.place)
                for row in tables.cue
                if row.place != "test"
                for words in row.phrases
            ),
            ((words, row.means) for row in tables.cue if row.place == "test" for words in row.phrases),
        ),
        image_words=_image_words(tables),
        site_words=_site_words(tables),
        areas_of={site: frozenset(_areas(site, tables)) for row in tables.area for site in row.sites},
        cites=cites,
        asks=asks,
        clinical_bits=sum(
            bits[name] for name in names if name.startswith(_CLINICAL) and name not in _flags(tables)
        ),
    )


def _turn(row: rows.TurnRow) -> CompiledTurn:
    tree = WordTree((words, row.into) for words in row.words) if row.words else None
    return CompiledTurn(row=row, words=tree)


def _other_sites(row: rows.EvidenceRow, bits: dict[str, int]) -> Iterator[int]:
    return (bits[f"site.{site}"] for site in BODY_REGIONS if row.only_at and site not in row.only_at)


def _compiled(
    row: rows.EvidenceRow, masks: tuple[int, ...], cite: str, mimics_count_for: str, asked: set[int]
) -> CompiledEvidence:
    targets = {
        **row.points,
        **{f"mimic.{name}": points for name, points in row.mimics.items()},
        **{f"entity.{name}": points for name, points in row.entities.items()},
    }
    counts = dict(row.points)
    if row.mimics:
        counts[mimics_count_for] = max(row.mimics.values())
    lone = {mask for mask in masks if mask & (mask - 1) == 0}
    return CompiledEvidence(
        row=row,
        masks=masks,
        cite=cite,
        targets=targets,
        counts=counts,
        any_mask=reduce(or_, masks),
        lone_bits=frozenset(lone & asked),
        joint_masks=tuple(mask for mask in masks if mask not in lone),
    )


def _asks(tables: Tables, bits: dict[str, int]) -> dict[int, tuple[str, str, bool]]:
    """Name the test or question behind every finding that an image cannot show."""
    label = next((row.label for row in tables.composed if "dialysis" in row.when), "dialysis")
    found = {bits["dialysis"]: ("dialysis", label, False)}
    for concept in (row for row in tables.concept if row.asked):
        found[bits[f"has.{concept.id}"]] = concept.id, concept.asks or concept.label, False
        found[bits[f"family.{concept.id}"]] = f"family.{concept.id}", f"{concept.label} in the family", False
    measured = [row for row in tables.analyte if row.loinc]
    for analyte in measured:
        for name in (name for name in bits if name.startswith(f"lab.{analyte.id}.")):
            found[bits[name]] = analyte.id, analyte.label, True
    return found


def _flags(tables: Tables) -> set[str]:
    return {f"has.{row.id}" for row in tables.concept if row.is_flag}


def _terms(tables: Tables) -> Iterator[tuple[str, str]]:
    yield from ((words, OTHER_MEANING) for row in tables.decoy for words in row.words)
    yield from ((words, row.id) for row in tables.concept for words in row.words)


def _concepts_of_code(tables: Tables) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in tables.concept:
        for system, codes in (("icd10", row.icd10), ("snomed", row.snomed)):
            for code in codes:
                key = system, code.replace(".", "")
                found[key] = (*found.get(key, ()), row.id)
    return found


def _site_words(tables: Tables) -> WordTree:
    named = [(site.replace("_", " "), site) for row in tables.area for site in row.sites]
    spelled = [(words, row.id) for row in tables.word if row.of == "sites" for words in row.words]
    return WordTree([*named, *spelled])


def _areas(site: str, tables: Tables) -> Iterable[str]:
    return (row.id for row in tables.area if site in row.sites)


def _image_words(tables: Tables) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in tables.word:
        found.setdefault(row.of, {}).update((one_way(words), row.id) for words in row.words)
    return found
