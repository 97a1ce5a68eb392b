"""``calciseg report`` and ``calciseg measure``: what they write, what they say, how they refuse."""

import json
import shutil
from pathlib import Path

import pytest
from archive import put_study, thinned_slices

import calciseg
from calciseg.privacy import without_path


@pytest.fixture(scope="module")
def source(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    put_study(thinned_slices(repository / "sample_data" / "thigh_ct"), folder, 1)
    return folder


@pytest.fixture(scope="module")
def stored(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    calciseg.write(calciseg.analyze(source), folder, ("json", "nifti", "seg"))
    return folder


def test_report_without_the_images_names_what_it_cannot_make(command, stored):
    answer = command("report", stored)
    assert answer.code == 0
    assert "wrote lesions.csv, report.html in" in answer.err
    assert "not made without the images: seg, the pictures of the report; give --source PATH" in answer.err
    assert "soft-tissue calcification" in answer.out


def test_what_the_images_would_tell_is_not_called_missing(command, stored, source):
    """The header states 120 kV; the stored result does not keep that."""
    assert "kV" not in command("report", stored).out
    assert "oltage not stated" not in (stored / "report.html").read_text()
    assert " · 120 kV" in command("report", stored, "--source", source).out
    assert " · 120 kV" in (stored / "report.html").read_text()


def test_report_with_the_images_makes_all(command, stored, source):
    before = (stored / "seg-1.dcm").read_bytes()
    answer = command("report", stored, "--source", source)
    assert answer.code == 0
    assert "wrote lesions.csv, report.html, seg-1.dcm in" in answer.err
    assert "not made" not in answer.err
    assert (stored / "seg-1.dcm").read_bytes() == before
    assert (stored / "report.html").read_text().count("data:image") > 2


def test_measure_writes_what_is_there(command, stored, source):
    document = json.loads((stored / "result.json").read_text())
    answer = command("measure", stored, "--source", source, "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["images"] == document["images"]
    assert "result.json" in answer.err


@pytest.mark.parametrize("name", ["report", "measure"])
def test_a_folder_without_a_result_is_refused(command, tmp_path, source, name):
    answer = command(name, tmp_path, "--source", source)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1
    assert f"{tmp_path} holds no result.json; give the folder" in answer.err
    answer = command(name, tmp_path / "nowhere", "--source", source)
    assert answer.code == 2
    assert "holds no result.json" in answer.err
    assert not (tmp_path / "nowhere").exists()


def test_measure_needs_the_images(command, stored):
    answer = command("measure", stored)
    assert answer.code == 2
    assert "--source" in answer.err


def test_no_input_of_measure_is_named_on_stdout(command, stored, source, tmp_path):
    result_dir = tmp_path / "Doe Jane"
    shutil.copytree(stored, result_dir)
    context = tmp_path / "Roe John.json"
    context.write_text("{")
    answer = command("measure", result_dir, "--source", source, "--context", context, "--json")
    assert answer.code == 2
    assert str(context) in answer.err
    assert json.loads(answer.out)["error"]["message"].startswith("PATH: ")
    (result_dir / "planes-1.nii.gz").unlink()
    answer = command("measure", result_dir, "--source", source, "--json")
    assert json.loads(answer.out)["error"]["message"].startswith("PATH/planes-1.nii.gz is missing; analyse")
    assert str(result_dir) in answer.err


def test_a_path_is_told_from_a_part_of_a_word():
    message = "out/maps is missing; analyse without it, or with another output type than out"
    hidden = "PATH/maps is missing; analyse without it, or with another output type than PATH"
    assert without_path(message, Path("out")) == hidden
