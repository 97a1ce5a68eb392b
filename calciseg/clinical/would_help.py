"""Which missing test or question would separate the leading mechanisms most, computed from the evidence."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from calciseg.clinical.findings import Findings
from calciseg.clinical.knowledge.model import CompiledEvidence, Knowledge
from calciseg.clinical.ranking import Fired, GroupPoints
from calciseg.model import Help, RankedMechanism

__all__ = ["would_help"]

_ITEMS_AT_MOST = 6
_NOTHING = (0.0, 0.0)
_QUESTION_COUNTS = 0.2
"""A test always has a result; a question about history is mostly answered with no, which moves nothing."""

_Moves = Mapping[str, dict[str, tuple[float, float]]]
"""By group of evidence and mechanism: the best and the worst points that a finding would bring."""


def would_help(
    findings: Findings, fired: Iterable[Fired], leading: tuple[RankedMechanism, ...], margin_points: float
) -> tuple[Help, ...]:
    """Order what is missing by how much it would separate the leading mechanisms.

    What moves two mechanisms apart beyond the margin of a probable verdict decides nothing more: only the way
    up to the margin counts, and all of the way for what would turn the order round.

    Parameters
    ----------
    findings : Findings
    fired : iterable of Fired
        The rows of evidence that count already.
    leading : tuple of RankedMechanism
        Those between which the case does not decide.
    margin_points : float
        From this margin on a winner is probable.

    Returns
    -------
    tuple of Help
        Most separating first.
    """
    points = {one.mechanism: one.points for one in leading}
    names = tuple(points)
    groups = _counted(fired, names)
    touched = {group for group, _ in groups}
    joint = _with_what_is_known(findings, names)
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    for asked in _askable(findings.knowledge, names):
        if asked.key in findings.answered:
            continue
        apart, far, near = asked.alone
        if asked.bit in joint or not touched.isdisjoint(asked.moves):
            apart, far, near = _apart(_joined(asked.moves, joint.get(asked.bit, {})), groups, names)
        before = points[far] - points[near]
        decides = asked.weight * (min(before + apart, margin_points) - before)
        if decides > best.get(asked.item, _NOTHING)[0]:
            best[asked.item] = decides, tuple(name for name in names if name in (far, near))
    ordered = sorted(best.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return tuple(Help(item=item, separates=pair) for item, (_, pair) in ordered[:_ITEMS_AT_MOST])


def _counted(fired: Iterable[Fired], names: Collection[str]) -> GroupPoints:
    """Take of each group the best points for each of the mechanisms and the worst against it."""
    found: GroupPoints = {}
    for one in fired:
        for name in names:
            points = one.evidence.counts.get(name)
            if points is not None:
                key = one.evidence.row.group, name
                best, worst = found.get(key, _NOTHING)
                points *= one.weight
                found[key] = max(best, points), min(worst, points)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A finding that can be asked for."""

    bit: int
    key: str
    """The concept or analyte that answers it."""
    item: str
    weight: float
    moves: _Moves
    """What it would move alone."""
    alone: tuple[float, str, str]
    """How far it would take which mechanism from which other where nothing else is known."""


@lru_cache(maxsize=256)
def _askable(knowledge: Knowledge, names: tuple[str, ...]) -> tuple[_Asked, ...]:
    """Return every finding that can be asked for, with what it would move alone."""
    moves: dict[int, dict[str, dict[str, tuple[float, float]]]] = {bit: {} for bit in knowledge.asks}
    for evidence in knowledge.asked_evidence:
        for bit in evidence.lone_bits:
            _enter(moves[bit], evidence, names)
    in_joint_masks = reduce(or_, (m for one in knowledge.asked_evidence for m in one.joint_masks), 0)
    found = []
    for bit, (key, item, is_test) in knowledge.asks.items():
        if not moves[bit] and not bit & in_joint_masks:
            continue
        weight = 1.0 if is_test else _QUESTION_COUNTS
        alone = _apart(moves[bit], {}, names)
        found.append(_Asked(bit=bit, key=key, item=item, weight=weight, moves=moves[bit], alone=alone))
    return tuple(found)


@lru_cache(maxsize=4)
def _joint_by_finding(knowledge: Knowledge) -> dict[int, list[tuple[int, CompiledEvidence]]]:
    """Return by finding the alternatives of several findings that ask for it, with their rows."""
    found: dict[int, list[tuple[int, CompiledEvidence]]] = {}
    for evidence in knowledge.asked_evidence:
        for mask in evidence.joint_masks:
            for bit in _bits(mask):
                found.setdefault(bit, []).append((mask, evidence))
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest
        mask ^= lowest


def _with_what_is_known(
    findings: Findings, names: tuple[str, ...]
) -> dict[int, dict[str, dict[str, tuple[float, float]]]]:
    """Return what a finding would move that is all that a row lacks beside what is known."""
    known = findings.sure | findings.suspected
    unknown, asks = ~known, findings.knowledge.asks
    joint = _joint_by_finding(findings.knowledge)
    found: dict[int, dict[str, dict[str, tuple[float, float]]]] = defaultdict(dict)
    for bit in _bits(known):
        for mask, evidence in joint.get(bit, ()):
            missing = mask & unknown
            if missing & (missing - 1) == 0 and missing in asks:
                _enter(found[missing], evidence, names)
    return found


def _enter(
    moves: dict[str, dict[str, tuple[float, float]]], evidence: CompiledEvidence, names: Collection[str]
) -> None:
    """Take a row into its group: the best points for each mechanism and the worst count."""
    for name in names:
        value = evidence.counts.get(name)
        if value is not None:
            of_group = moves.setdefault(evidence.row.group, {})
            high, low = of_group.get(name, _NOTHING)
            of_group[name] = max(high, value), min(low, value)


def _joined(moves: _Moves, others: _Moves) -> _Moves:
    """Lay two sets of moves together, group by group."""
    joined = dict(moves)
    for group, points in others.items():
        old = joined.get(group, {})
        joined[group] = old | {
            name: (max(high, old.get(name, _NOTHING)[0]), min(low, old.get(name, _NOTHING)[1]))
            for name, (high, low) in points.items()
        }
    return joined


def _apart(moves: _Moves, groups: GroupPoints, names: tuple[str, ...]) -> tuple[float, str, str]:
    """Return how far moves take one mechanism from another, and the two that they take farthest."""
    moved = dict.fromkeys(names, 0.0)
    for group, of_group in moves.items():
        for name, (high, low) in of_group.items():
            old_high, old_low = groups.get((group, name), _NOTHING)
            moved[name] += max(high - old_high, 0.0) + min(low - old_low, 0.0)
    far, near = max(names, key=moved.__getitem__), min(names, key=moved.__getitem__)
    return moved[far] - moved[near], far, near
