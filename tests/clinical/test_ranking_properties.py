"""What holds for every case: monotone, order-free, silent on missing, the same in all units; no crash."""

import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_cases import points

import calciseg
from calciseg.clinical import load_knowledge
from calciseg.clinical.findings import Findings
from calciseg.clinical.ranking import fire, rank
from calciseg.model import BODY_REGIONS, FEATURES, Morphology

N_CASES = int(os.environ.get("CALCISEG_TEST_CASES", "1000"))
KNOWLEDGE = load_knowledge()
WORDS = [words for row in KNOWLEDGE.tables.concept for words in row.words]
PREFIXES = ["", "no ", "suspected ", "history of ", "family history of ", "unheard of "]
ANALYTES = [row for row in KNOWLEDGE.tables.analyte if row.loinc]

statements = st.builds(
    lambda prefix, words: prefix + words, st.sampled_from(PREFIXES), st.sampled_from(WORDS)
)
listed = st.lists(st.one_of(statements, st.text(max_size=12)), max_size=3)


@st.composite
def labs(draw: st.DrawFn) -> dict[str, Any]:
    row = draw(st.sampled_from(ANALYTES))
    result: dict[str, Any] = {"analyte": row.id}
    if draw(st.booleans()):
        result["value"] = draw(st.floats(0, 1e4))
        result["unit"] = draw(st.sampled_from([*row.units, None]))
    if draw(st.booleans()):
        result["interpretation"] = draw(st.sampled_from(["low", "normal", "high", None]))
    if draw(st.booleans()):
        result["low"], result["high"] = sorted([draw(st.floats(0, 1e3)), draw(st.floats(0, 1e3))])
    result["date"] = draw(st.sampled_from([None, "2020-01-01", "2021-05-05"]))
    return result


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    clinical = {
        "age_years": draw(st.none() | st.floats(0, 110)),
        "sex": draw(st.sampled_from(["F", "M", None])),
        "conditions": draw(st.lists(statements | st.just({"icd10": "M33.1"}), max_size=4)),
        "labs": draw(st.lists(labs(), max_size=5)),
        "dialysis": draw(st.sampled_from([True, False, None])),
        **{
            name: draw(listed)
            for name in ("antibodies", "medications", "procedures", "exposures", "symptoms")
        },
        "family_history": draw(listed),
    }
    imaging = {
        "n_lesions": draw(st.none() | st.integers(0, 200)),
        "sites": draw(st.lists(st.sampled_from(BODY_REGIONS), max_size=3)),
        "features": draw(st.lists(st.sampled_from(FEATURES), max_size=3)),
        "morphologies": draw(st.lists(st.sampled_from([*Morphology]), max_size=2)),
        "patterns": draw(st.lists(st.sampled_from([row.id for row in KNOWLEDGE.tables.pattern]), max_size=2)),
        "tissue_planes": draw(st.dictionaries(st.sampled_from(["fascial", "cutaneous"]), st.floats(0, 1))),
        "largest_mm": draw(st.none() | st.floats(0, 400)),
    }
    return {"clinical": clinical, "imaging": draw(st.none() | st.just(imaging))}


def check_whole(case: dict[str, Any]) -> None:
    result = calciseg.classify(case)
    assert len(result.ranking) == len(KNOWLEDGE.tables.mechanism)
    assert (
        sum(one.share for one in result.ranking) == pytest.approx(1, abs=1e-5)
        or result.ranking[0].points <= 0
    )
    for one in result.ranking:
        assert one.points == pytest.approx(sum(evidence.points for evidence in one.evidence))
    values = [one.points for one in result.ranking]
    assert values == sorted(values, reverse=True)
    assert result.between[0] == result.ranking[0].mechanism
    if result.status == "probable":
        assert values[0] - values[1] >= 3
        assert len(result.between) == 1


@given(cases())
@settings(max_examples=100)
def test_no_case_crashes_and_points_are_the_sum_of_reasons(case: dict[str, Any]) -> None:
    check_whole(case)


@pytest.mark.slow
@given(cases())
@settings(max_examples=N_CASES)
def test_many_cases(case: dict[str, Any]) -> None:
    """A tenth of ten thousand; all of them with CALCISEG_TEST_CASES=10000."""
    check_whole(case)


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_order_changes_nothing(case: dict[str, Any], random: Any) -> None:
    shuffled = {"clinical": dict(case["clinical"]), "imaging": case["imaging"] and dict(case["imaging"])}
    for part in shuffled.values():
        for name, value in (part or {}).items():
            if isinstance(value, list):
                part[name] = random.sample(value, len(value))
    one, other = calciseg.classify(case), calciseg.classify(shuffled)
    assert (one.status, one.ranking, one.entities, one.mimics, one.alerts, one.would_help) == (
        other.status, other.ranking, other.entities, other.mimics, other.alerts, other.would_help
    )  # fmt: skip


@given(cases())
@settings(max_examples=150)
def test_silence_changes_nothing(case: dict[str, Any]) -> None:
    """Missing, null and empty are the same; what casts no vote stands beside what does."""
    clinical = {name: value for name, value in case["clinical"].items() if value not in (None, [])}
    silent = {
        **case["clinical"],
        "labs": [*case["clinical"]["labs"], {"analyte": "magnesium", "value": None}],
    }
    one = calciseg.classify({**case, "clinical": clinical})
    for other in (case, {**case, "clinical": silent}):
        assert one.ranking == calciseg.classify(other).ranking


bits = st.lists(st.sampled_from(KNOWLEDGE.names), max_size=12, unique=True)


def scored(names: list[str]) -> dict[str, float]:
    findings = Findings(KNOWLEDGE, sure=sum(KNOWLEDGE.bits[name] for name in names))
    return {one.mechanism: one.points for one in rank(findings, fire(findings), 3.0).mechanisms}


@given(bits, st.sampled_from(KNOWLEDGE.names))
@settings(max_examples=400)
def test_evidence_that_supports_a_category_never_lowers_it(names: list[str], added: str) -> None:
    bit = KNOWLEDGE.bits[added]
    asking = [one.row for one in KNOWLEDGE.evidence if any(mask & bit for mask in one.masks)]
    ruled_out = [one.row for one in KNOWLEDGE.evidence if any(mask & bit for mask in one.void_masks)]
    before, after = scored(names), scored(sorted({*names, added}))
    for mechanism in before:
        is_against = any(row.points.get(mechanism, 0) > 0 for row in ruled_out)
        if all(row.points.get(mechanism, 0) >= 0 for row in asking) and not is_against:
            assert after[mechanism] >= before[mechanism] - 1e-9


@given(st.sampled_from(ANALYTES), st.floats(0.01, 500), st.floats(0, 90), st.sampled_from(["F", "M"]))
@settings(max_examples=300)
def test_every_unit_gives_the_same_verdict(row: Any, value: float, age_years: float, sex: str) -> None:
    answers = [
        points(
            calciseg.classify(
                {
                    "clinical": {
                        "age_years": age_years,
                        "sex": sex,
                        "dialysis": False,
                        "labs": [{"analyte": row.id, "value": value / factor, "unit": unit}],
                    }
                }
            )
        )
        for unit, factor in row.units.items()
    ]
    assert all(answer == answers[0] for answer in answers)


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_is_read(texts: list[str]) -> None:
    result = calciseg.classify({"clinical": {"conditions": texts, "symptoms": texts}})
    assert result.status in ("indeterminate", "insufficient", "probable")


def test_contradiction_is_an_issue_and_no_verdict_whatever_else_is_known() -> None:
    contradiction = [
        {"analyte": "calcium", "value": value, "unit": "mg/dL", "date": "2024-01-01"} for value in (6.0, 15.0)
    ]
    for conditions in (["dermatomyositis"], ["burn"], []):
        case = {"clinical": {"conditions": conditions, "labs": contradiction, "age_years": 50}}
        result = calciseg.classify(case)
        assert result.status == "insufficient"
        assert [issue.code for issue in result.issues] == ["contradictory_labs"]


PHOSPHATE_BARELY_HIGH = [
    {"analyte": "calcium", "value": 9.4, "unit": "mg/dL"},
    {"analyte": "phosphate", "value": 4.6, "unit": "mg/dL"},
    {"analyte": "pth", "value": 40, "unit": "pg/mL"},
    {"analyte": "creatinine", "value": 0.7, "unit": "mg/dL"},
]
FINGERTIP = {"sites": ["fingertip"], "morphologies": ["punctate"], "n_lesions": 1}


@pytest.mark.parametrize(
    ("clinical", "imaging"),
    [
        ({"labs": PHOSPHATE_BARELY_HIGH}, FINGERTIP),
        ({"labs": PHOSPHATE_BARELY_HIGH[:2], "conditions": ["normal kidney function"]}, None),
        ({"labs": PHOSPHATE_BARELY_HIGH, "symptoms": ["proximal weakness"]}, {"sites": ["elbow", "knee"]}),
        ({"conditions": ["hyperphosphatemia", "normal calcium", "normal renal function"]}, None),
        ({"conditions": ["hypercalcemia"]}, None),
        ({"conditions": ["hypercalcemia"], "symptoms": ["hypercalcaemia"]}, None),
        ({"conditions": ["hypercalcemia"], "labs": [{"analyte": "calcium", "interpretation": "high"}]}, None),
        ({"conditions": ["hypercalcemia resolved"]}, None),
        ({"conditions": [{"icd10": "E21.0"}]}, None),
        ({"conditions": [{"icd10": "M33.1"}]}, None),
    ],
)
def test_one_value_or_phrase_is_one_reason(clinical: dict[str, Any], imaging: dict[str, Any] | None) -> None:
    case = {"clinical": {"age_years": 40, "sex": "F", **clinical}, "imaging": imaging}
    assert calciseg.classify(case).status == "indeterminate"


@pytest.mark.parametrize(
    ("clinical", "imaging"),
    [
        ({"conditions": ["hypercalcemia", "hyperparathyroidism"]}, None),
        ({"conditions": ["primary hyperparathyroidism"]}, {"sites": ["lung"]}),
        ({"labs": PHOSPHATE_BARELY_HIGH}, {"sites": ["hip"], "morphologies": ["mass"]}),
        ({"conditions": ["dermatomyositis"]}, {"sites": ["thigh"]}),
    ],
)
def test_two_facts_are_two_reasons(clinical: dict[str, Any], imaging: dict[str, Any] | None) -> None:
    case = {"clinical": {"age_years": 40, "sex": "F", **clinical}, "imaging": imaging}
    assert calciseg.classify(case).status == "probable"


def test_what_was_computed_is_no_fact_beside_what_it_was_computed_from() -> None:
    """With kidney function from creatinine, or stated, one high phosphate is the same single reason."""
    measured = {"clinical": {"age_years": 40, "sex": "F", "labs": PHOSPHATE_BARELY_HIGH}}
    stated = {"clinical": {**measured["clinical"], "conditions": ["normal kidney function"]}}
    assert {calciseg.classify(case).status for case in (measured, stated)} == {"indeterminate"}
