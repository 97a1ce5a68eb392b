"""Which missing test or question would separate the leading mechanisms most, computed from the evidence."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import lru_cache

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
    findings: Findings, fired: Iterable[Fired], leading: tuple[RankedMechanism, ...]
) -> tuple[Help, ...]:
    """Order what is missing by how much it would move the leading mechanisms apart.

    Parameters
    ----------
    findings : Findings
    fired : iterable of Fired
        The rows of evidence that count already.
    leading : tuple of RankedMechanism
        Those between which the case does not decide.

    Returns
    -------
    tuple of Help
        Most separating first.
    """
    knowledge = findings.knowledge
    names = tuple(one.mechanism for one in leading)
    groups = _counted(fired, names)
    touched = {group for group, _ in groups}
    joint = _with_what_is_known(findings, names)
    alone = _alone(knowledge, names)
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    for bit in (*alone, *(bit for bit in joint if bit not in alone)):
        key, item, is_test = knowledge.asks[bit]
        if key in findings.answered:
            continue
        moves, separation, pair = alone.get(bit, _NO_MOVE)
        if bit in joint or not touched.isdisjoint(moves):
            separation, pair = _separation(_joined(moves, joint.get(bit, {})), groups, names)
        separation *= 1.0 if is_test else _QUESTION_COUNTS
        if separation > 0 and (item not in best or separation > best[item][0]):
            best[item] = separation, pair
    ordered = sorted(best.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return tuple(Help(item=item, separates=pair) for item, (_, pair) in ordered[:_ITEMS_AT_MOST])


_NO_MOVE: tuple[_Moves, float, tuple[str, ...]] = ({}, 0.0, ())


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


@lru_cache(maxsize=256)
def _alone(knowledge: Knowledge, names: tuple[str, ...]) -> dict[int, tuple[_Moves, float, tuple[str, ...]]]:
    """Return what each finding would move alone, and how far apart where nothing else is known."""
    found: dict[int, dict[str, dict[str, tuple[float, float]]]] = defaultdict(dict)
    for evidence in knowledge.asked_evidence:
        for bit in evidence.lone_bits:
            _enter(found[bit], evidence, names)
    return {bit: (moves, *_separation(moves, {}, names)) for bit, moves in found.items() if moves}


def _with_what_is_known(
    findings: Findings, names: tuple[str, ...]
) -> dict[int, dict[str, dict[str, tuple[float, float]]]]:
    """Return what a finding would move that meets a row together with what is known."""
    known = findings.sure | findings.suspected
    found: dict[int, dict[str, dict[str, tuple[float, float]]]] = defaultdict(dict)
    for evidence in findings.knowledge.asked_evidence:
        if evidence.joint_masks and evidence.any_mask & known:
            for bit in _single_missing(evidence.joint_masks, known, findings.knowledge.asks):
                _enter(found[bit], evidence, names)
    return found


def _single_missing(masks: Iterable[int], known: int, asks: Container[int]) -> Iterator[int]:
    missing = {mask & ~known for mask in masks}
    return (bit for bit in missing if bit & (bit - 1) == 0 and bit in asks)


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


def _separation(moves: _Moves, groups: GroupPoints, names: tuple[str, ...]) -> tuple[float, tuple[str, ...]]:
    """Return how far moves take two of the mechanisms apart, and which."""
    moved = dict.fromkeys(names, 0.0)
    for group, of_group in moves.items():
        for name, (high, low) in of_group.items():
            old_high, old_low = groups.get((group, name), _NOTHING)
            moved[name] += max(high - old_high, 0.0) + min(low - old_low, 0.0)
    far, near = max(names, key=moved.__getitem__), min(names, key=moved.__getitem__)
    return moved[far] - moved[near], tuple(name for name in names if name in (far, near))
