"""Which missing test or question would separate the leading mechanisms most, computed from the evidence."""

from collections.abc import Container, Iterator

from calciseg.clinical.findings import Findings
from calciseg.clinical.knowledge.model import CompiledEvidence
from calciseg.clinical.ranking import Fired, GroupPoints, group_points
from calciseg.model import Help, RankedMechanism

__all__ = ["would_help"]

_ITEMS_AT_MOST = 6
_NOTHING = (0.0, 0.0)
_QUESTION_COUNTS = 0.2
"""A test always has a result; a question about history is mostly answered with no, which moves nothing."""


def would_help(
    findings: Findings, fired: list[Fired], leading: tuple[RankedMechanism, ...]
) -> tuple[Help, ...]:
    """Order what is missing by how much it would move the leading mechanisms apart.

    Parameters
    ----------
    findings : Findings
    fired : list of Fired
    leading : tuple of RankedMechanism
        Those between which the case does not decide.

    Returns
    -------
    tuple of Help
        Most separating first.
    """
    names = tuple(one.mechanism for one in leading)
    changes = _changes(findings, fired, names)
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    for bit, moved in changes.items():
        key, item, is_test = findings.knowledge.asks[bit]
        if key in findings.answered:
            continue
        far, near = max(names, key=moved.__getitem__), min(names, key=moved.__getitem__)
        separation = (moved[far] - moved[near]) * (1.0 if is_test else _QUESTION_COUNTS)
        if separation > best.get(item, (0.0, ()))[0]:
            best[item] = separation, tuple(name for name in names if name in (far, near))
    ordered = sorted(best.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return tuple(Help(item=item, separates=pair) for item, (_, pair) in ordered[:_ITEMS_AT_MOST])


def _changes(findings: Findings, fired: list[Fired], names: tuple[str, ...]) -> dict[int, dict[str, float]]:
    """Return for every finding that alone would meet further rows how far it would move each mechanism."""
    knowledge, known = findings.knowledge, findings.sure | findings.suspected
    groups = group_points(fired)
    met = {one.evidence.row.id for one in fired}
    reached: dict[tuple[int, str], GroupPoints] = {}
    for evidence in knowledge.asked_evidence:
        row, counts = evidence.row, evidence.counts
        concerned = [name for name in names if name in counts]
        if not concerned or row.id in met:
            continue
        for bit in _single_missing(evidence, known, knowledge.asks):
            of_group = reached.setdefault((bit, row.group), {})
            for name in concerned:
                key, value = (row.group, name), counts[name]
                high, low = of_group.get(key) or groups.get(key, _NOTHING)
                of_group[key] = (value, low) if value > high else (high, min(low, value))
    changes: dict[int, dict[str, float]] = {}
    for (bit, _), of_group in reached.items():
        moved = changes.setdefault(bit, dict.fromkeys(names, 0.0))
        for key, (high, low) in of_group.items():
            old_high, old_low = groups.get(key, _NOTHING)
            moved[key[1]] += high - old_high + low - old_low
    return changes


def _single_missing(evidence: CompiledEvidence, known: int, asks: Container[int]) -> Iterator[int]:
    """Yield the findings that alone would meet a row that is not met yet, and can be asked for."""
    yield from evidence.lone_bits
    if evidence.any_mask & known:
        joint = {mask & ~known for mask in evidence.joint_masks}
        yield from (bit for bit in joint if bit & (bit - 1) == 0 and bit in asks)
