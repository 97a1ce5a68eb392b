"""A context beside a study: whose it is, what wins, and what is shown."""

import dataclasses
import sys
from pathlib import Path

import pytest

import calciseg
from calciseg.clinical import classify_study
from calciseg.errors import InputError
from calciseg.model import (
    Classification,
    Exclusion,
    ExclusionReason,
    ImageResult,
    Morphology,
    PatientFacts,
    Tag,
)
from calciseg.settings import ClassifierSettings

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))
from made_results import image_result, totals_of


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
    image = {"sites": ["scrotum"], "morphologies": ["nodule"], "patterns": ["nodular"]}
    context = {"clinical": {"conditions": ["lupus"]}, "imaging": image}
    result = classified(context, sex="M")
    assert result.imaging_stated is not None
    assert result.imaging_stated.sites == ("scrotum",)
    assert result.imaging_derived is not None
    assert result.imaging_derived.n_lesions == 4
    assert "idiopathic_scrotal" in result.entities


METASTATIC = {"dialysis": True, "conditions": ["hypercalcemia", "hyperparathyroidism"]}


def empty(**changes: object) -> ImageResult:
    image = dataclasses.replace(image_result(1), lesions=(), excluded=(), totals=totals_of(()), maps=None)
    return dataclasses.replace(image, **changes)


def of_images(*images: ImageResult, context: dict = METASTATIC) -> Classification:
    return classify_study(images, PatientFacts(age_years=50, sex="F"), context, ClassifierSettings())


def test_where_nothing_was_found_no_cause_is_probable() -> None:
    shown, nothing = of_images(image_result(1)), of_images(empty())
    assert (shown.status, nothing.status) == ("probable", "insufficient")
    assert codes(nothing) == ["nothing_to_explain"]
    stated = calciseg.classify({"clinical": METASTATIC, "imaging": {"n_lesions": 0}})
    assert (stated.status, codes(stated)) == ("insufficient", ["nothing_to_explain"])
    assert of_images(empty(), context={**METASTATIC, "symptoms": ["painful necrotic ulcers"]}).alerts


def test_an_image_that_failed_or_that_nobody_spoke_of_is_not_empty() -> None:
    failed = empty(status="failed", totals=None)
    assert of_images(failed).status == of_images().status == "probable"
    assert calciseg.classify({"clinical": METASTATIC, "imaging": {"sites": ["lung"]}}).status == "probable"


def test_what_was_seen_and_not_counted_may_be_the_answer() -> None:
    artery = Exclusion(
        label=1, reason=ExclusionReason.VASCULAR, centroid_lps_mm=None, volume_mm3=2000.0, hu_max=900.0,
        n_components=1, evidence=(),
    )  # fmt: skip
    result = of_images(empty(excluded=(artery,)), context={"conditions": ["peripheral artery disease"]})
    assert result.ranking[0].mechanism == "non_calcinosis"
    assert result.status != "insufficient"
    assert of_images(empty(), context={"conditions": ["gout", "tophi"]}).status == "insufficient"


def test_patterns_of_measured_lesions_are_those_of_their_volume() -> None:
    first, *_ = image_result(1).lesions
    small = dataclasses.replace(first, label=2, morphology=Morphology.SHEET, volume_mm3=1.0, tags=())
    large = dataclasses.replace(first, morphology=Morphology.NODULE, volume_mm3=900.0, tags=())
    artery = Exclusion(
        label=1, reason=ExclusionReason.VASCULAR, centroid_lps_mm=None, volume_mm3=2000.0, hu_max=900.0,
        n_components=1, evidence=(),
    )  # fmt: skip
    lesions = (large, small)
    image = empty(lesions=lesions, totals=totals_of(lesions), excluded=(artery,))
    result = of_images(image)
    assert result.imaging_derived is not None
    assert result.patterns == ("circumscripta", "nodular")
    assert set(result.patterns) == set(result.imaging_derived.patterns)
    vessels = dataclasses.replace(large, tags=(Tag.SMALL_VESSEL,))
    assert "vascular" in of_images(empty(lesions=(vessels,), totals=totals_of((vessels,)))).patterns


def test_stated_shapes_count_as_stated_and_so_do_diseases() -> None:
    context = {
        "clinical": {"conditions": ["calcinosis universalis"]},
        "imaging": {"morphologies": ["sheet"], "features": ["tram_track"]},
    }
    assert {"sheet_like", "vascular", "universalis"} <= set(
        of_images(image_result(1), context=context).patterns
    )


def test_analyze_refuses_a_bad_context_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="age_years"):
        calciseg.analyze(tmp_path / "nothing", context={"age_years": "old"})
