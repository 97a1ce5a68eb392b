"""A case to findings: bits that evidence asks for, each with what was observed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from calciseg.clinical.knowledge.model import Knowledge
from calciseg.clinical.labs import LabFindings, judge_labs
from calciseg.clinical.recognition import Mention, coded, mentions, says_nothing, unread_clauses
from calciseg.clinical.whereabouts import is_elsewhere
from calciseg.clinical.words import tokens
from calciseg.model import Case, Imaging, Issue, IssueCode, Qualifier, Statement

__all__ = ["Findings", "find"]

_SAYS_SO: dict[Qualifier, str] = {"suspected": "suspected: ", "history": "history: ", "family": "family: "}
_MIN_PLANE_FRACTION = 0.1
"""A plane with less of the volume than this speaks for nothing."""


@dataclass(slots=True)
class Findings:
    """What is known of a case.

    Attributes
    ----------
    sure : int
        Bits of what is stated or measured.
    suspected : int
        Bits of what is suspected only; counts half.
    facts : dict of int to set of str
        By bit the values and mentions that it rests on; one of them may bring several bits.
    answered : set of str
        What was asked and answered, also with no: concepts and analytes.
    """

    knowledge: Knowledge
    sure: int = 0
    suspected: int = 0
    observed: dict[int, set[str]] = field(default_factory=dict)
    facts: dict[int, set[str]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    entities: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)
    is_contradictory: bool = False

    def enter(self, name: str, observed: str, *facts: str, is_suspected: bool = False) -> None:
        """Note a finding with the facts it rests on, if any row of the knowledge can ask for it."""
        bit = self.knowledge.bits.get(name)
        if bit is None:
            return
        if is_suspected:
            self.suspected |= bit
        else:
            self.sure |= bit
        self.observed.setdefault(bit, set()).add(observed)
        self.facts.setdefault(bit, set()).update(facts or (name,))

    def facts_of(self, mask: int) -> set[str]:
        """Return what the findings of a mask rest on."""
        return {fact for bit, facts in self.facts.items() if bit & mask for fact in facts}

    def seen_in(self, mask: int) -> str:
        """Say what was observed of the findings of a mask."""
        texts = {min(texts) for bit, texts in self.observed.items() if bit & mask}
        return "; ".join(sorted(texts))


def find(case: Case, imaging: Imaging, knowledge: Knowledge) -> Findings:
    """Collect the findings of a case.

    Parameters
    ----------
    case : Case
    imaging : Imaging
        What the image shows, after the caller's statement was laid over what was derived.
    knowledge : Knowledge

    Returns
    -------
    Findings

    Raises
    ------
    InputError
        If a laboratory unit does not belong to its analyte.
    """
    found = Findings(knowledge)
    for statement in sorted(case.clinical.statements, key=lambda one: (one.field, one.text)):
        _enter_statement(statement, case.clinical.age_years, imaging.sites, found)
    _enter_dialysis(case, found)
    _enter_labs(judge_labs(case.clinical, knowledge), found)
    _enter_imaging(imaging, found)
    _enter_numbers(case, imaging, found)
    _enter_sex(case.clinical.sex, imaging, found)
    return found


def _enter_dialysis(case: Case, found: Findings) -> None:
    is_on_dialysis = case.clinical.is_on_dialysis
    if is_on_dialysis is None:
        return
    found.answered.add("dialysis")
    if is_on_dialysis:
        found.enter("dialysis", "on dialysis")
    against: Qualifier = "negated" if is_on_dialysis else "stated"
    said = sorted(
        f"{one.field}: {one.text!r}"
        for one in case.clinical.statements
        if Mention(concept="dialysis", qualifier=against) in _mentions(one, found.knowledge)
    )
    if said:
        state = "is" if is_on_dialysis else "is not"
        message = f"the patient {state} on dialysis, by the field of that name, but not by {', '.join(said)}"
        found.issues.append(
            Issue(code=IssueCode.CONTRADICTORY_CASE, message=f"{message}; correct one of them")
        )
        found.is_contradictory = True


def _enter_sex(sex: str | None, imaging: Imaging, found: Findings) -> None:
    if sex is None:
        return
    found.enter({"F": "sex.female", "M": "sex.male"}[sex], f"sex {sex}")
    others = {site for row in found.knowledge.tables.organ if row.sex != sex for site in row.sites}
    for site in sorted(others.intersection(imaging.sites)):
        message = f"sex {sex} and lesions of the {site}: check whose case it is, and both words"
        found.issues.append(Issue(code=IssueCode.CONTRADICTORY_CASE, message=message))


def _enter_numbers(case: Case, imaging: Imaging, found: Findings) -> None:
    numbers = {
        "age_years": (case.clinical.age_years, "{:g} years old"),
        "largest_mm": (imaging.largest_mm, "largest {:.0f} mm"),
        "n_lesions": (imaging.n_lesions, "{:g} lesions"),
    }
    for row in found.knowledge.tables.number:
        value, text = numbers[row.of]
        is_of_another = any(found.sure & found.knowledge.bits[name] for name in row.not_of)
        if value is not None and row.from_ <= value < row.below and not is_of_another:
            found.enter(row.id, text.format(value), row.of)


def _enter_statement(
    statement: Statement, age_years: float | None, sites: tuple[str, ...], found: Findings
) -> None:
    recognised = list(_mentions(statement, found.knowledge))
    for unread in _unread(statement, recognised, found.knowledge):
        message = f"{statement.field}: {unread!r} was not recognised and takes no part"
        found.issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
    if any(mention.qualifier == "unjudged" for mention in recognised):
        message = (
            f"{statement.field}: {statement.text!r} does not say how the test came out, so it takes no part; "
            "state positive or negative"
        )
        found.issues.append(Issue(code=IssueCode.UNKNOWN_WORD, message=message))
    for mention in (one for one in recognised if one.qualifier != "unjudged"):
        is_local = found.knowledge.concepts[mention.concept].at_site and mention.qualifier != "negated"
        if is_local and is_elsewhere(statement.text, sites, found.knowledge):
            where = ", ".join(site.replace("_", " ") for site in sites)
            message = f"{statement.field}: {statement.text!r} is not where the lesions are ({where})"
            found.issues.append(Issue(code=IssueCode.HAPPENED_ELSEWHERE, message=message))
        else:
            _enter_mention(mention, statement, age_years, found)


def _mentions(statement: Statement, knowledge: Knowledge) -> Iterator[Mention]:
    if statement.system == "text":
        is_list = statement.part == "antibodies"
        for mention in mentions(statement.text, knowledge, is_list_of_tests=is_list):
            concept = _turned(mention.concept, statement, knowledge)
            if concept is None:
                continue
            # "negated", "family" and "unjudged" of the words stand, whatever the field says.
            is_own = mention.qualifier in ("negated", "family", "unjudged") or statement.qualifier == "stated"
            qualifier = mention.qualifier if is_own else statement.qualifier
            yield Mention(concept=concept, qualifier=qualifier)
        return
    for concept in coded(statement.text, statement.system, knowledge):
        yield Mention(concept=concept, qualifier=statement.qualifier)


def _turned(concept: str, statement: Statement, knowledge: Knowledge) -> str | None:
    """Return what a concept counts as where it stands, if anything: calcium by mouth is no infusion."""
    for turn in knowledge.turns.get(concept, ()):
        is_among = not turn.row.among or statement.part in turn.row.among
        if is_among and (turn.words is None or turn.words.is_in(tokens(statement.text))):
            return turn.row.into
    return concept if knowledge.concepts[concept].alone else None


def _unread(statement: Statement, recognised: Sequence[Mention], knowledge: Knowledge) -> Iterable[str]:
    """Return what of a statement was not recognised: all of it, or the clauses that name nothing."""
    if recognised and statement.system == "text":
        concepts = {mention.concept for mention in recognised}
        turned = [turn for turns in knowledge.turns.values() for turn in turns if turn.row.into in concepts]
        return [
            clause
            for clause in unread_clauses(statement.text, knowledge)
            if not any(turn.words is not None and turn.words.is_in(tokens(clause)) for turn in turned)
        ]
    return () if recognised or says_nothing(statement.text) else (statement.text,)


def _enter_mention(mention: Mention, statement: Statement, age_years: float | None, found: Findings) -> None:
    row = found.knowledge.concepts[mention.concept]
    is_young = row.below_age is not None and age_years is not None and age_years < row.below_age
    concept = row.becomes if row.becomes is not None and is_young else row.id
    said = statement.text if statement.system == "text" else f"{row.label} ({statement.text})"
    observed = _SAYS_SO.get(mention.qualifier, "") + said
    if mention.qualifier == "family":
        found.answered.add(f"family.{concept}")
        found.enter(f"family.{concept}", observed)
        return
    if mention.qualifier == "negated":
        # A disease that is not there says nothing of the wider class it belongs to.
        found.answered.add(concept)
        return
    found.answered.update(found.knowledge.counts_as[concept])
    is_suspected = mention.qualifier == "suspected"
    for name in found.knowledge.counts_as[concept]:
        found.enter(f"has.{name}", observed, row.analyte or concept, is_suspected=is_suspected)
    if found.knowledge.concepts[concept].entity and not is_suspected:
        found.entities.add(concept)


def _enter_labs(labs: LabFindings, found: Findings) -> None:
    found.issues += labs.issues
    found.is_contradictory |= labs.is_contradictory
    for one in labs.judged:
        found.answered.add(one.analyte)
        for state in (*([one.state] if one.state else []), *one.bands):
            found.enter(f"lab.{one.analyte}.{state}", one.observed, *(one.rests_on or (one.analyte,)))


def _enter_imaging(imaging: Imaging, found: Findings) -> None:
    kinds = {
        "site": imaging.sites,
        "morphology": imaging.morphologies,
        "pattern": imaging.patterns,
        "tag": imaging.tags,
        "feature": imaging.features,
    }
    for kind, words in kinds.items():
        for word in words:
            found.enter(f"{kind}.{word}", f"{kind} {word.replace('_', ' ')}")
    for plane, fraction in imaging.tissue_planes:
        if fraction >= _MIN_PLANE_FRACTION:
            found.enter(f"plane.{plane}", f"{fraction:.0%} {plane}", "tissue_planes")
