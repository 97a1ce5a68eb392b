"""``calciseg classify`` and ``--context``: one screen, one document, one line for what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from answers import Command

import calciseg

CASE: dict[str, Any] = {
    "clinical": {
        "age_years": 54,
        "sex": "F",
        "conditions": ["dermatomyositis"],
        "labs": [{"analyte": "calcium", "interpretation": "normal"}],
    },
    "imaging": {"sites": ["thigh"], "morphologies": ["sheet"]},
}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "Secret^Name.json"
    path.write_text(json.dumps(CASE))
    return path


def test_one_screen_with_reasons(command: Command, case: Path) -> None:
    answer = command("classify", case)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Probable: dystrophic\n")
    assert "known connective-tissue disease: dermatomyositis" in answer.out
    assert "Would help:" in answer.out
    assert "not a diagnosis" in answer.out
    assert answer.out.count("\n") <= 24
    assert max(map(len, answer.out.splitlines())) <= 80


def test_the_sample_case_fits_one_screen(command: Command, repository: Path) -> None:
    answer = command("classify", repository / "sample_data" / "case.json")
    assert answer.code == 0
    assert answer.out.count("\n") <= 24
    assert "recognised" not in answer.out


def test_one_document(command: Command, case: Path) -> None:
    answer = command("classify", case, "--json")
    assert json.loads(answer.out) == json.loads(json.dumps(calciseg.classify(CASE).to_dict()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not valid JSON"),
        ('{"clinical": {"age_years": "old"}}', "clinical.age_years"),
        (
            '{"clinical": {"labs": [{"analyte": "pth", "value": 3, "unit": "stone"}]}}',
            "Secret^Name.json: clinical.labs[0].unit: 'stone' is not a unit",
        ),
    ],
)
def test_what_is_wrong_is_one_line(command: Command, case: Path, text: str, said: str) -> None:
    case.write_text(text)
    answer = command("classify", case, "--json")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert said in answer.err
    error = json.loads(answer.out)["error"]
    assert error["code"] == "input_error"
    assert "Secret" not in answer.out


def test_knowledge_of_the_user(command: Command, case: Path, tmp_path: Path) -> None:
    rows = tmp_path / "mine.toml"
    rows.write_text('evidence = [{ id = "a" }]')
    answer = command("classify", case, "--knowledge", rows, "--json")
    assert answer.code == 2
    assert json.loads(answer.out)["error"]["code"] == "knowledge_error"
    assert "mine.toml: evidence row 1 (a)" in answer.err


def test_the_context_reaches_the_analysis(command: Command, case: Path, analyzed: Any, result: Any) -> None:
    call = analyzed(result)
    assert command("analyze", "anything", "--context", case, "-q").code == 0
    assert call["context"].clinical.age_years == 54


def test_a_context_that_cannot_be_read_stops_before_the_analysis(
    command: Command, analyzed: Any, result: Any, tmp_path: Path
) -> None:
    call = analyzed(result)
    answer = command("analyze", "anything", "--context", tmp_path / "missing.json")
    assert answer.code == 2
    assert "missing.json: cannot be read" in answer.err
    assert call == {}


def test_a_unit_in_a_context_that_is_none_stops_before_the_analysis(
    command: Command, case: Path, analyzed: Any, result: Any
) -> None:
    call = analyzed(result)
    case.write_text('{"labs": [{"analyte": "calcium", "value": 2.3, "unit": "furlong"}]}')
    answer = command("analyze", "anything", "--context", case)
    assert answer.code == 2
    assert "Secret^Name.json: clinical.labs[0].unit: 'furlong' is not a unit of calcium" in answer.err
    assert call == {}


def test_the_schema_of_a_case(command: Command) -> None:
    answer = command("info", "--schema", "case")
    assert set(json.loads(answer.out)["properties"]) == {"clinical", "imaging"}
