"""A context beside a study: whose it is, what wins, and what is shown."""

import sys
from pathlib import Path

import pytest

import calciseg
from calciseg.clinical import classify_study
from calciseg.errors import InputError
from calciseg.model import Classification, PatientFacts
from calciseg.settings import ClassifierSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))
from made_results import image_result


def classified(context: dict | None, age_years: float | None = 50, sex: str | None = "F") -> Classification:
    patient = PatientFacts(age_years=age_years, sex=sex)
    return classify_study((image_result(1),), patient, context, ClassifierSettings())


def codes(result: Classification) -> list[str]:
    return [issue.code for issue in result.issues]


def test_an_image_alone_is_insufficient_and_says_what_would_help() -> None:
    result = classified(None)
    assert result.status == "insufficient"
    assert result.would_help
    assert result.imaging_derived is not None
    assert result.imaging_stated is None


def test_a_context_makes_a_verdict() -> None:
    result = classified({"conditions": ["systemic sclerosis"], "antibodies": ["anticentromere"]})
    assert result.status == "probable"
    assert result.ranking[0].mechanism == "dystrophic"


def test_age_and_sex_of_the_images_are_used() -> None:
    child = classified({"conditions": ["dermatomyositis"]}, age_years=9)
    assert child.entities == ("juvenile_dermatomyositis",)


@pytest.mark.parametrize(
    ("context", "is_mismatch"),
    [
        ({"age_years": 51}, False),
        ({"age_years": 20}, True),
        ({"sex": "M"}, True),
        ({"sex": "F"}, False),
    ],
)
def test_a_context_of_someone_else(context: dict, is_mismatch: bool) -> None:
    result = classified({"conditions": ["lupus"], "symptoms": ["Raynaud"], **context})
    assert ("context_mismatch" in codes(result)) == is_mismatch
    assert (result.status == "insufficient") == is_mismatch


def test_images_that_say_nothing_of_the_patient_contradict_nothing() -> None:
    assert codes(classified({"age_years": 20, "sex": "M"}, age_years=None, sex=None)) == []


def test_stated_and_derived_image_are_both_shown_and_the_stated_counts() -> None:
    context = {"clinical": {"conditions": ["lupus"]}, "imaging": {"sites": ["scrotum"]}}
    result = classified(context)
    assert result.imaging_stated is not None
    assert result.imaging_stated.sites == ("scrotum",)
    assert result.imaging_derived is not None
    assert result.imaging_derived.n_lesions == 4
    assert "idiopathic_scrotal" in result.entities


def test_analyze_refuses_a_bad_context_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="age_years"):
        calciseg.analyze(tmp_path / "nothing", context={"age_years": "old"})
