"""Findings to points: additive evidence, and the mechanisms in their order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from calciseg.clinical.findings import Findings
from calciseg.clinical.knowledge.model import CompiledEvidence
from calciseg.model import Evidence, RankedMechanism, RankedMimic

__all__ = ["Fired", "GroupPoints", "Ranking", "fire", "group_points", "rank"]

_SUSPECTED_COUNTS = 0.5


@dataclass(frozen=True, slots=True)
class Fired:
    """A row of evidence that the case meets."""

    evidence: CompiledEvidence
    mask: int
    """The findings that met it."""
    weight: float
    """1, or less where something is only suspected."""


GroupPoints = dict[tuple[str, str], tuple[float, float]]
"""By group and target: the best points for it and the worst against it. Rows of one group do not add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The mechanisms, best first, and what looks like calcinosis and is none."""

    mechanisms: tuple[RankedMechanism, ...]
    mimics: tuple[RankedMimic, ...]
    entities: frozenset[str]
    n_reasons: int
    """Reasons for the first mechanism that rest on facts of their own: what one value brings is one."""


def fire(findings: Findings) -> list[Fired]:
    """List the rows of evidence that the findings meet."""
    sure, known = findings.sure, findings.sure | findings.suspected
    fired = []
    for evidence in findings.knowledge.evidence:
        if not evidence.any_mask & known or evidence.is_ruled_out(known):
            continue
        weight, mask = _met(evidence.masks, sure, known)
        if weight:
            fired.append(Fired(evidence, mask, weight))
    return fired


def _met(masks: Iterable[int], sure: int, known: int) -> tuple[float, int]:
    suspected = 0
    for mask in masks:
        if mask & sure == mask:
            return 1.0, mask
        if not suspected and mask & known == mask:
            suspected = mask
    return (_SUSPECTED_COUNTS, suspected) if suspected else (0.0, 0)


def group_points(fired: Iterable[Fired]) -> GroupPoints:
    """Take of each group the best points for a target and the worst against it."""
    found: GroupPoints = {}
    for one in fired:
        for target, points in one.evidence.targets.items():
            key = one.evidence.row.group, target
            best, worst = found.get(key, (0.0, 0.0))
            points *= one.weight
            found[key] = max(best, points), min(worst, points)
    return found


def rank(findings: Findings, fired: list[Fired], min_entity_points: float) -> Ranking:
    """Rank the mechanisms.

    Parameters
    ----------
    findings : Findings
    fired : list of Fired
    min_entity_points : float
        From so many points on a disease that nobody named is reported.

    Returns
    -------
    Ranking
        Points of a mechanism are the sum of its evidence; a mimic as strong as a mechanism stands before it.
    """
    knowledge = findings.knowledge
    reasons = _reasons(findings, fired)
    mimics = sorted(
        (
            RankedMimic(name=row.id, points=sum(one.points for one in evidence), evidence=tuple(evidence))
            for row in knowledge.tables.mimic
            if (evidence := reasons.get(f"mimic.{row.id}"))
        ),
        key=lambda one: (-one.points, one.name),
    )
    mechanisms = []
    for row in knowledge.tables.mechanism:
        evidence = list(reasons.get(row.id, ()))
        if row.id == knowledge.mimics_count_for and mimics:
            evidence = [*mimics[0].evidence, *evidence]
        if row.prior:
            seen = Evidence(
                criterion="how often it is seen", observed="before any finding", points=row.prior,
                source=knowledge.cites[row.source],
            )  # fmt: skip
            evidence.append(seen)
        mechanisms.append((row.id, evidence))
    ranked = _ordered(mechanisms, knowledge.mimics_count_for)
    entities = {
        target.removeprefix("entity.")
        for target, evidence in reasons.items()
        if target.startswith("entity.") and sum(one.points for one in evidence) >= min_entity_points
    }
    targets = {ranked[0].mechanism}
    if ranked[0].mechanism == knowledge.mimics_count_for and mimics:
        targets.add(f"mimic.{mimics[0].name}")
    n_reasons = _n_independent(_facts_by_reason(findings, fired, targets))
    return Ranking(mechanisms=ranked, mimics=tuple(mimics), entities=frozenset(entities), n_reasons=n_reasons)


def _facts_by_reason(
    findings: Findings, fired: Iterable[Fired], targets: Collection[str]
) -> dict[str, set[str]]:
    """List by reason what the rows rest on that speak for one of the targets."""
    found: dict[str, set[str]] = {}
    for one in fired:
        row = one.evidence.row
        if any(one.evidence.targets.get(target, 0) > 0 for target in targets):
            found.setdefault(row.reason or row.group, set()).update(findings.facts_of(one.mask))
    return found


def _n_independent(facts_by_reason: Mapping[str, Collection[str]]) -> int:
    """Count the reasons that can each be given a fact of its own (matching by augmenting paths)."""
    reason_of: dict[str, str] = {}

    def finds_one(reason: str, tried: set[str]) -> bool:
        for fact in sorted(set(facts_by_reason[reason]) - tried):
            tried.add(fact)
            if fact not in reason_of or finds_one(reason_of[fact], tried):
                reason_of[fact] = reason
                return True
        return False

    return sum(finds_one(reason, set()) for reason in sorted(facts_by_reason))


def _reasons(findings: Findings, fired: list[Fired]) -> dict[str, list[Evidence]]:
    """List by target the rows that count, strongest first."""
    counted = group_points(fired)
    found: dict[str, list[Evidence]] = {}
    taken: set[tuple[str, str, float]] = set()
    for one in fired:
        for target, points in one.evidence.targets.items():
            weighed = points * one.weight
            key = one.evidence.row.group, target, weighed
            if weighed not in counted[key[:2]] or key in taken or weighed == 0:
                continue
            taken.add(key)
            found.setdefault(target, []).append(
                Evidence(
                    criterion=one.evidence.row.criterion,
                    observed=findings.seen_in(one.mask),
                    points=weighed,
                    source=one.evidence.cite,
                )
            )
    for evidence in found.values():
        evidence.sort(key=lambda one: (-abs(one.points), one.criterion))
    return found


def _ordered(
    mechanisms: list[tuple[str, list[Evidence]]], mimics_count_for: str
) -> tuple[RankedMechanism, ...]:
    points = {name: sum(one.points for one in evidence) for name, evidence in mechanisms}
    total = sum(max(0.0, value) for value in points.values())
    ranked = [
        RankedMechanism(
            mechanism=name,
            points=points[name],
            share=round(max(0.0, points[name]) / total, 6) if total else 0.0,
            evidence=tuple(evidence),
        )
        for name, evidence in mechanisms
    ]
    # Sorting is stable: equals stay in the order of the table, but for the mimics, which come first.
    return tuple(
        sorted(ranked, key=lambda one: (-one.points, one.mechanism != mimics_count_for or one.points <= 0))
    )
