"""CASE.json: what it takes, what it refuses, what it lists."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

import calciseg
from calciseg.clinical import case_json_schema, read_case
from calciseg.errors import InputError, KnowledgeError
from calciseg.model import BODY_REGIONS, FEATURES


@pytest.mark.parametrize(
    ("clinical", "field"),
    [
        ({"age_years": "twelve"}, r"clinical\.age_years"),
        ({"age_years": -1}, r"clinical\.age_years"),
        ({"age_years": True}, r"clinical\.age_years"),
        ({"age_years": float("nan")}, r"clinical\.age_years"),
        ({"sex": "female"}, r"clinical\.sex"),
        ({"dialysis": "yes"}, r"clinical\.dialysis"),
        ({"conditions": "lupus"}, r"clinical\.conditions"),
        ({"conditions": [3]}, r"clinical\.conditions\[0\]"),
        ({"labs": [{"analyte": "calcium", "value": "9.5"}]}, r"clinical\.labs\[0\]\.value"),
        ({"labs": [{"analyte": "pth", "low": 5, "high": 1}]}, r"clinical\.labs\[0\]\.high"),
        (
            {"labs": [{"analyte": "pth", "interpretation": "elevated"}]},
            r"clinical\.labs\[0\]\.interpretation",
        ),
        ({"labs": [{"analyte": "pth", "date": "yesterday"}]}, r"clinical\.labs\[0\]\.date"),
    ],
)
def test_a_wrong_type_names_the_field(clinical: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError, match=field):
        calciseg.classify({"clinical": clinical})


@pytest.mark.parametrize(
    "imaging",
    [{"n_lesions": 1.5}, {"tissue_planes": {"fascial": 2}}, {"largest_mm": "big"}, {"sites": "hip"}],
)
def test_a_wrong_imaging_value_names_the_field(imaging: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"imaging\.{next(iter(imaging))}"):
        calciseg.classify({"imaging": imaging})


def test_unknown_words_and_fields_are_listed_and_silent() -> None:
    known = {"clinical": {"conditions": ["lupus"]}, "imaging": {"sites": ["hip"]}}
    unknown = {
        "clinical": {"conditions": ["lupus"], "shoe_size": 43},
        "imaging": {"sites": ["hip", "tail"], "features": ["sparkling"], "tissue_planes": {"aura": 0.5}},
    }
    result = calciseg.classify(unknown)
    messages = " ".join(issue.message for issue in result.issues)
    assert {issue.code for issue in result.issues} == {"unknown_word"}
    for word in ("shoe_size", "tail", "sparkling", "aura"):
        assert word in messages
    assert result.ranking == calciseg.classify(known).ranking
    assert result.imaging_stated is not None
    assert result.imaging_stated.sites == ("hip", "tail")


def test_other_spellings_of_fixed_words() -> None:
    imaging = {"sites": ["Elbows", "upper arm", "fingers"], "morphologies": ["Sheet-like"]}
    case = read_case({"imaging": imaging})
    assert case.issues == ()
    assert case.stated_imaging is not None
    assert case.stated_imaging.sites == ("elbow", "upper_arm", "finger")
    assert case.stated_imaging.morphologies == ("sheet",)


def test_every_word_of_the_contract_is_known() -> None:
    imaging = {"sites": list(BODY_REGIONS), "features": list(FEATURES), "tags": ["small_vessel"]}
    assert read_case({"imaging": imaging}).issues == ()


def test_everything_may_be_missing() -> None:
    for case in ({}, {"clinical": None}, {"imaging": {}}, {"clinical": {}, "imaging": None}):
        result = calciseg.classify(case)
        assert result.status == "insufficient"
        assert len(result.ranking) == 8


def test_a_context_may_be_the_clinical_part_alone(tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"conditions": ["lupus"], "age_years": 30}))
    assert read_case(path).clinical.age_years == 30


@pytest.mark.parametrize("text", ["{", "[]", '"text"', "\xff"])
def test_a_file_that_is_no_case(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"case\.json"):
        read_case(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_case(tmp_path / "missing.json")


def test_the_schema_is_published_and_fits() -> None:
    schema = case_json_schema()
    assert set(schema["properties"]) == {"clinical", "imaging"}
    TypeAdapter(dict).validate_python(schema)
    assert "labs" in json.dumps(schema)


def test_the_answer_is_plain_data() -> None:
    result = calciseg.classify({"imaging": {"tissue_planes": {"fascial": 1.0}}})
    document = json.loads(json.dumps(result.to_dict()))
    assert document["imaging_stated"]["tissue_planes"] == {"fascial": 1.0}
    assert set(document) >= {
        "status", "ranking", "patterns", "entities", "mimics", "alerts", "schemes", "would_help"
    }  # fmt: skip


def test_an_error_of_knowledge_is_one_a_caller_can_catch() -> None:
    assert issubclass(KnowledgeError, calciseg.CalcisegError)


@pytest.mark.parametrize("case", [None, 5, [], b"x", 1.5])
def test_what_is_no_case_is_refused_in_words(case: Any) -> None:
    with pytest.raises(InputError, match=r"must be a dictionary as CASE\.json"):
        calciseg.classify(case)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"clinical": {"conditions": "lupus"}}, "clinical.conditions: must be a list"),
        ({"clinical": {"labs": [5]}}, r"clinical.labs\[0\]: must be an object"),
        ({"clinical": {"age_years": "47"}}, "clinical.age_years: must be a number"),
        ({"clinical": {"age_years": True}}, "clinical.age_years: must be a number"),
        ({"clinical": {"symptoms": [5]}}, r"clinical.symptoms\[0\]: must be text"),
        ({"clinical": {"dialysis": "yes"}}, "clinical.dialysis: must be true, false or null"),
    ],
)
def test_wrong_types_are_named_in_plain_words(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        calciseg.classify(document)
