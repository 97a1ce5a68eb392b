"""A case in, a ranked differential out. It never diagnoses; it says what is missing."""

from typing import Literal

from calciseg.clinical.findings import Findings, find
from calciseg.clinical.imaging_statement import combined
from calciseg.clinical.knowledge import Knowledge, load_knowledge
from calciseg.clinical.knowledge.rows import SchemeRow
from calciseg.clinical.ranking import Ranking, fire, rank
from calciseg.clinical.would_help import would_help
from calciseg.model import (
    Alert,
    Case,
    CitedText,
    Classification,
    Imaging,
    Issue,
    IssueCode,
    RankedMechanism,
)
from calciseg.settings import ClassifierSettings

__all__ = ["classify_case"]

_NOTHING_TO_EXPLAIN = Issue(
    code=IssueCode.NOTHING_TO_EXPLAIN,
    message="no soft-tissue calcification was found: there is none whose cause could be ranked",
)


def classify_case(
    case: Case, *, knowledge: Knowledge | None = None, settings: ClassifierSettings | None = None
) -> Classification:
    """Classify a case.

    Parameters
    ----------
    case : Case
    knowledge : Knowledge, optional
        By default that of the package.
    settings : ClassifierSettings, optional

    Returns
    -------
    Classification

    Raises
    ------
    InputError
        If a laboratory unit does not belong to its analyte.
    """
    knowledge = knowledge or load_knowledge()
    settings = settings or ClassifierSettings()
    imaging = combined(case.stated_imaging, case.derived_imaging)
    findings = find(case, imaging, knowledge)
    fired = fire(findings)
    ranking = rank(findings, fired, settings.entity_points)
    leading = _leading(ranking, settings)
    status = _status(case, findings, ranking, leading)
    is_idle = status != "insufficient" and _has_nothing_to_explain(imaging, ranking, knowledge)
    best = ranking.mechanisms[0].mechanism
    entities = _most_specific(findings, ranking)
    forms = (*entities, *(mimic.name for mimic in ranking.mimics[:1]))
    return Classification(
        status="insufficient" if is_idle else status,
        ranking=ranking.mechanisms,
        between=tuple(one.mechanism for one in leading),
        patterns=_patterns(case.stated_imaging, case.derived_imaging, findings),
        entities=entities,
        mimics=tuple(mimic for mimic in ranking.mimics if mimic.points > 0),
        alerts=_alerts(findings),
        schemes={row.label: _name_in(row, best, forms) for row in knowledge.tables.scheme},
        would_help=would_help(
            findings, fired, _at_least_two(leading, ranking), settings.probable_margin_points
        ),
        course=tuple(
            CitedText(text=row.text, source=knowledge.cites[row.source])
            for row in knowledge.tables.complication
            if row.of == best
        ),
        imaging_stated=case.stated_imaging,
        imaging_derived=case.derived_imaging,
        issues=(*case.issues, *findings.issues, *([_NOTHING_TO_EXPLAIN] if is_idle else [])),
        knowledge_version=knowledge.version,
    )


def _status(
    case: Case, findings: Findings, ranking: Ranking, leading: tuple[RankedMechanism, ...]
) -> Literal["probable", "indeterminate", "insufficient"]:
    """Say how far the case decides: not at all if there is none, it is contradictory or of two patients."""
    is_one_patient = all(issue.code != IssueCode.CONTEXT_MISMATCH for issue in case.issues)
    has_case = bool((findings.sure | findings.suspected) & findings.knowledge.clinical_bits)
    if not is_one_patient or not has_case or findings.is_contradictory or not ranking.n_reasons:
        return "insufficient"
    return "probable" if len(leading) == 1 else "indeterminate"


def _has_nothing_to_explain(imaging: Imaging, ranking: Ranking, knowledge: Knowledge) -> bool:
    """Tell whether the image shows no lesion, and no vessel, joint or bone that would be the answer."""
    is_mimic_seen = bool(imaging.features) and ranking.mechanisms[0].mechanism == knowledge.mimics_count_for
    return imaging.n_lesions == 0 and not is_mimic_seen


def _leading(ranking: Ranking, settings: ClassifierSettings) -> tuple[RankedMechanism, ...]:
    """Return the winner alone, if its margin is wide and more than one reason speaks for it."""
    best = ranking.mechanisms[0]
    others = ranking.mechanisms[1:]
    margin = best.points - others[0].points
    if margin >= settings.probable_margin_points and ranking.n_reasons >= settings.probable_reasons:
        return (best,)
    near = [one for one in others if best.points - one.points < settings.probable_margin_points]
    return (best, *([one for one in near if _has_reason(one)] or [_runner_up(ranking)]))


def _has_reason(one: RankedMechanism) -> bool:
    return any(evidence.points > 0 for evidence in one.evidence)


def _runner_up(ranking: Ranking) -> RankedMechanism:
    """Return the next mechanism that anything speaks for."""
    others = ranking.mechanisms[1:]
    return next((one for one in others if _has_reason(one)), others[0])


def _at_least_two(leading: tuple[RankedMechanism, ...], ranking: Ranking) -> tuple[RankedMechanism, ...]:
    return leading if len(leading) > 1 else (*leading, _runner_up(ranking))


_SHAPES = (("morphology", "morphologies"), ("feature", "features"), ("tag", "tags"))


def _patterns(stated: Imaging | None, derived: Imaging | None, findings: Findings) -> tuple[str, ...]:
    """Name the patterns: of lesions that were measured those of their volume, which were derived with them.

    A shape that one of many lesions has, or an artery that was not counted, makes none. What a caller states
    counts.
    """
    bits, measured = findings.knowledge.bits, 0
    for kind, field in _SHAPES:
        if derived is not None and not getattr(stated, field, ()):
            measured |= sum(bits[f"{kind}.{word}"] for word in getattr(derived, field))
    seen = findings.sure & ~measured
    return tuple(
        pattern.id
        for pattern in findings.knowledge.patterns
        if any(mask & seen == mask for mask in pattern.masks)
    )


def _most_specific(findings: Findings, ranking: Ranking) -> tuple[str, ...]:
    """Leave out a disease where a more specific form of it is listed too."""
    listed = findings.entities | ranking.entities
    knowledge = findings.knowledge
    general = {parent for entity in listed for parent in knowledge.counts_as[entity] if parent != entity} | {
        row.id for row in knowledge.tables.concept if row.becomes in listed and row.id in listed
    }
    return tuple(sorted(listed - general))


def _name_in(scheme: SchemeRow, best: str, forms: tuple[str, ...]) -> str:
    """Return what a list calls the winner: by the form of it, where the list has a name for that."""
    listed = scheme.forms.get(best, {})
    return next((listed[form] for form in forms if form in listed), scheme.names[best])


def _alerts(findings: Findings) -> tuple[Alert, ...]:
    known = findings.sure | findings.suspected
    raised = []
    for alert in findings.knowledge.alerts:
        met = [mask for mask in alert.masks if mask & known == mask]
        if met:
            observed = "; ".join(sorted({findings.seen_in(mask) for mask in met}))
            raised.append(
                Alert(name=alert.row.id, message=alert.row.message, observed=observed, source=alert.cite)
            )
    return tuple(raised)
