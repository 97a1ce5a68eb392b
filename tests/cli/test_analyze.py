import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from answers import Command

from calciseg.errors import InputError
from calciseg.model import StudyResult
from calciseg.outputs.result_schema import ResultDocument
from calciseg.settings import Settings

Put = Callable[..., dict[str, object]]


def test_options_reach_the_library(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    call = analyzed(result)
    settings = tmp_path / "settings.toml"
    settings.write_text("[candidates]\ngrow_hu = 150\n")
    code, *_ = command(
        "analyze", "study", "--settings", settings, "--study", "1.2", "--series", "1.2.3",
        "--series", "1.2.4", "--threads", 2,
    )  # fmt: skip
    assert code == 0
    assert call["source"] == Path("study")
    assert call["settings"] == Settings.model_validate({"candidates": {"grow_hu": 150}})
    assert call["study_uid"] == "1.2"
    assert call["series_uids"] == ("1.2.3", "1.2.4")
    assert call["n_threads"] == 2


def test_defaults(command: Command, analyzed: Put, result: StudyResult) -> None:
    call = analyzed(result)
    assert command("analyze", "study").code == 0
    assert call["settings"] == Settings()
    assert (call["study_uid"], call["series_uids"], call["n_threads"]) == (None, (), None)


def test_without_out_nothing_is_written(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    analyzed(result)
    code, out, err = command("analyze", "study")
    assert (code, err) == (0, "")
    assert "4 soft-tissue calcifications" in out
    assert list(tmp_path.iterdir()) == []


def test_a_segmentation_without_lesions_is_missed_aloud(
    command: Command, analyzed: Put, nothing_found: StudyResult, tmp_path: Path
) -> None:
    analyzed(nothing_found)
    answer = command("analyze", "study", "-o", tmp_path / "out", "--output-type", "json,seg")
    assert answer.code == 0
    assert "wrote no DICOM SEG: there are no lesions" in answer.err
    assert not list((tmp_path / "out").glob("*.dcm"))


def test_files_are_written_and_named_on_stderr(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    analyzed(result)
    code, out, err = command("analyze", "study", "-o", tmp_path / "out")
    assert code == 0
    assert "Research use only" in out
    assert err == (
        "calciseg: wrote labels-1.nii.gz, planes-1.nii.gz, excluded-1.nii.gz, lesions.csv, report.html, "
        f"result.json in {tmp_path / 'out'}\n"
    )


def test_a_run_replaces_the_one_before(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    analyzed(result)
    command("analyze", "study", "-o", tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    command("analyze", "study", "-o", tmp_path, "--output-type", "json, csv")
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "lesions.csv", "notes.txt"}


def test_json_is_the_document_and_nothing_else(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    analyzed(result)
    code, out, _ = command("analyze", "study", "-o", tmp_path, "--json", "-q")
    assert code == 0
    assert out == (tmp_path / "result.json").read_text()
    ResultDocument.model_validate_json(out, extra="forbid")


def test_json_names_no_map_that_was_not_written(command: Command, analyzed: Put, result: StudyResult) -> None:
    analyzed(result)
    document = json.loads(command("analyze", "study", "--json").out)
    assert document["images"][0]["label_map"] is None


def test_quiet_says_nothing_on_stderr(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    analyzed(result)
    assert command("analyze", "study", "-o", tmp_path, "-q").err == ""


def test_a_study_without_a_measured_image_is_refused(
    command: Command, analyzed: Put, failed: StudyResult, tmp_path: Path
) -> None:
    analyzed(failed)
    code, out, err = command("analyze", "study", "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.startswith("calciseg: series 1.2.826.0.1.3680043.10.1.1: could not be measured;")
    assert not (tmp_path / "out").exists()


def test_bad_output_is_refused_before_the_analysis(
    command: Command, analyzed: Put, result: StudyResult, tmp_path: Path
) -> None:
    call = analyzed(result)
    (tmp_path / "file").write_text("")
    code, _, err = command("analyze", "study", "-o", tmp_path / "file")
    assert code == 2
    assert "give a folder, not a file" in err
    assert call == {}


def test_a_path_with_a_name_in_it_stays_off_stdout(command: Command, analyzed: Put, tmp_path: Path) -> None:
    file = tmp_path / "Doe Jane" / "slice 1.dcm"
    file.parent.mkdir()
    file.write_text("")
    analyzed(InputError(f"series 1.2 of {tmp_path} cannot be analysed: {file} is truncated; send it again"))
    code, out, err = command("analyze", tmp_path, "--json")
    assert code == 2
    assert str(file) in err
    message = json.loads(out)["error"]["message"]
    assert message == "series 1.2 of PATH cannot be analysed: PATH is truncated; send it again"


def test_nothing_found_is_done(command: Command, analyzed: Put, nothing_found: StudyResult) -> None:
    analyzed(nothing_found)
    code, out, _ = command("analyze", "study")
    assert code == 0
    assert "No soft-tissue calcification found." in out


def test_warnings_of_libraries_are_not_shown(
    command: Command, analyzed: Put, result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    import warnings

    import calciseg

    def warning(*_arguments: object, **_options: object) -> StudyResult:
        warnings.warn("a header value", stacklevel=1)
        np.float64(1.0)
        return result

    monkeypatch.setitem(vars(calciseg), "analyze", warning)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert command("analyze", "study").err == ""
