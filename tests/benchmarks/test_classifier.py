"""The published cases: sourced, split by the fixed rule, and the tables that are made of them."""

import json

import pytest

import calciseg
from benchmarks import classifier

CASES = json.loads(classifier.CASES.read_text(encoding="utf-8"))
# The documents that the knowledge was founded on may not be its examination.
FOUNDING = ("eurorad.org/case/8744", "the-hospitalist.org", "mdedge", "wikipedia", "DOID")


def test_at_least_sixty_cases_each_with_its_own_source() -> None:
    assert len(CASES) >= 60
    sources = [case["source"] for case in CASES]
    assert len(set(sources)) == len(sources)
    assert all(source.startswith("http") for source in sources)
    assert [source for source in sources if any(word in source for word in FOUNDING)] == []


def test_the_halves_are_disjoint_and_whole_whatever_the_order_of_the_file() -> None:
    parts = classifier.halves(CASES)
    assert parts == classifier.halves(CASES[::-1])
    assert len(parts["tuned"]) + len(parts["kept"]) == len(CASES)
    assert {case["source"] for case in parts["tuned"]}.isdisjoint(case["source"] for case in parts["kept"])


@pytest.mark.parametrize("case", CASES, ids=[case["source"] for case in CASES])
def test_every_case_is_read_without_a_doubt_about_its_form(case: dict) -> None:
    result = calciseg.classify({"clinical": case["clinical"], "imaging": case.get("imaging")})
    assert {issue.code for issue in result.issues} <= {"unknown_word", "adult_range_assumed"}
    assert case["category"] in {one.mechanism for one in result.ranking}


def test_tables_count_every_case() -> None:
    few = [case for case in CASES if case["category"] in ("metastatic", "traumatic")]
    assert f"| all | {len(few)} |" in classifier.accuracy_table(few)
    assert "| metastatic |" in classifier.confusion_table(few)
    assert classifier.status_table(few).count("\n") == 4


def test_hiding_the_laboratory_hides_nothing_else() -> None:
    case = next(case for case in CASES if "labs" in case["clinical"])
    hidden = classifier.without_labs(case)
    assert "labs" not in hidden["clinical"]
    assert {**hidden["clinical"], "labs": case["clinical"]["labs"]} == case["clinical"]
