import json
from pathlib import Path

import pytest
from answers import Command

import calciseg
from calciseg.reading import Listing, SeriesListing, StudyListing


def series(uid: str, **fields: object) -> SeriesListing:
    given: dict[str, object] = {
        "series_instance_uid": uid,
        "modality": "CT",
        "n_files": 40,
        "is_usable": True,
        "reason": None,
        "is_chosen": True,
        "why": "the only usable series",
        "acquisition": 2,
        "shape_zyx": (40, 512, 512),
        "spacing_mm_zyx": (1.0, 0.5, 0.5),
        "slice_thickness_mm": 1.0,
        "kvp": 120.0,
        "convolution_kernel": "B30f",
        "body_part": None,
    }
    return SeriesListing(**{**given, **fields})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which one series can be analysed and another cannot."""
    file = tmp_path / "Doe Jane" / "2.dcm"
    file.parent.mkdir()
    file.write_text("")
    refused = series(
        "1.2.2", is_usable=False, is_chosen=False, why=None, shape_zyx=None, spacing_mm_zyx=None,
        reason=f"{file} is truncated; send it again",
    )  # fmt: skip
    study = StudyListing(study_instance_uid="1.2", is_uid_made=False, series=(series("1.2.1"), refused))
    listing = Listing(studies=(study,), broken_files=(f"{file} is truncated",), n_other_files=2)
    monkeypatch.setitem(vars(calciseg), "inspect", lambda _path: listing)
    return tmp_path


def test_people_see_each_series_and_why(command: Command, folder: Path) -> None:
    code, out, err = command("inspect", folder)
    assert code == 0
    assert "✓ Series 1.2.1\n" in out
    assert "CT · 40 slices of 512 × 512 · 1 × 0.5 × 0.5 mm · 120 kV · B30f" in out
    assert "✗ Series 1.2.2\n" in out
    assert "PATH is truncated; send it again" in out
    assert "Left out: 1 broken DICOM file, 2 files of other kinds." in out
    assert "Doe" not in out
    assert "Doe Jane" in err


def test_json_holds_no_path(command: Command, folder: Path) -> None:
    document = json.loads(command("inspect", folder, "--json").out)
    assert [row["is_usable"] for row in document["studies"][0]["series"]] == [True, False]
    assert document["n_broken_files"] == 1
    assert "Doe" not in json.dumps(document)


def test_a_real_folder(command: Command, tmp_path: Path) -> None:
    code, _, err = command("inspect", tmp_path / "nothing")
    assert code == 2
    assert "does not exist" in err
