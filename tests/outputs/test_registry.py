import dataclasses
import errno
import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calciseg.errors import OutputError, UsageError
from calciseg.model import StudyResult
from calciseg.outputs import (
    check,
    nifti_maps,
    read_document,
    registry,
    result_json,
    types_in,
    write,
)
from calciseg.outputs.atomic import whole_file

ALL_FILES = {
    "result.json", "lesions.csv", "report.html", "labels-1.nii.gz", "planes-1.nii.gz", "excluded-1.nii.gz",
}  # fmt: skip


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system with room for next to nothing."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_all_default_files_appear(result: StudyResult, tmp_path: Path) -> None:
    paths = write(result, tmp_path / "new" / "folder")
    assert {path.name for path in paths} == names(tmp_path / "new" / "folder") == ALL_FILES


@pytest.mark.parametrize("module", [line.module for line in registry._FORMATS.values()])
def test_a_writer_is_named_as_its_line(module: str) -> None:
    (name,) = (name for name, line in registry._FORMATS.items() if line.module == module)
    writer = registry._writer(name)
    assert name == writer.NAME
    assert writer.is_available()


def test_unknown_types_are_refused_before_anything_is_written(result: StudyResult, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError,
        match="'xml' is not known; choose from json, csv, nifti, html, parquet, seg, sr, pdf, fhir",
    ):
        write(result, tmp_path / "out", types=("json", "xml"))
    assert not (tmp_path / "out").exists()


def test_a_type_whose_package_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_json, "is_available", lambda: False)
    with pytest.raises(UsageError, match="needs a package"):
        check(("json",))


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("pdf", "reportlab")])
def test_an_extra_that_is_missing_is_named(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    module = importlib.import_module(registry._FORMATS[name].module)
    monkeypatch.setattr(module, "find_spec", lambda wanted: None if wanted == package else real(wanted))
    with pytest.raises(UsageError, match=rf"install 'calciseg\[{name}\]' or choose from json"):
        check((name,))


def test_files_of_images_that_are_no_more_go(
    two_images: StudyResult, result: StudyResult, tmp_path: Path
) -> None:
    write(two_images, tmp_path)
    assert "labels-2.nii.gz" in names(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "labels-2.nii").write_text("mine")
    write(result, tmp_path)
    assert names(tmp_path) == ALL_FILES | {"notes.txt", "labels-2.nii"}


def test_other_types_stay_unless_cleared(result: StudyResult, tmp_path: Path) -> None:
    write(result, tmp_path)
    write(result, tmp_path, types=("json",))
    assert names(tmp_path) == ALL_FILES
    write(result, tmp_path, types=("json",), clear_other_types=True)
    assert names(tmp_path) == {"result.json"}


@pytest.fixture
def read_back(result: StudyResult, tmp_path: Path) -> StudyResult:
    """Read the result from the folder without its source: it holds figures, and no maps."""
    write(result, tmp_path)
    return read_document(tmp_path)


@pytest.mark.parametrize("types", [registry.DEFAULT_TYPES, ("nifti",), ("json", "seg")])
def test_label_maps_that_are_not_at_hand_are_not_taken_away(
    read_back: StudyResult, tmp_path: Path, types: tuple[str, ...]
) -> None:
    (tmp_path / "seg-1.dcm").write_bytes(b"older")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OutputError, match=r"image 1 of study .* label maps are not at hand.*its source"):
        write(read_back, tmp_path, types)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def label_map(folder: Path) -> str | None:
    (image,) = json.loads((folder / "result.json").read_text())["images"]
    return image["label_map"]


def test_the_document_alone_names_the_maps_that_stay_beside_it(
    read_back: StudyResult, tmp_path: Path
) -> None:
    write(read_back, tmp_path, types=("json",))
    assert label_map(tmp_path) == "labels-1.nii.gz"
    write(read_back, tmp_path / "elsewhere", types=("json",))
    assert label_map(tmp_path / "elsewhere") is None
    write(read_back, tmp_path, types=("json",), clear_other_types=True)
    assert label_map(tmp_path) is None


@pytest.mark.parametrize(("kind", "older"), [("json", "excluded-1.nii.gz"), ("nifti", "result.json")])
def test_the_document_and_its_maps_change_together(
    result: StudyResult, tmp_path: Path, kind: str, older: str
) -> None:
    write(result, tmp_path / "alone", types=kind)
    assert len(names(tmp_path / "alone")) == {"json": 1, "nifti": 3}[kind]
    write(result, tmp_path, types=("json", "nifti"))
    right = (tmp_path / older).read_bytes()
    (tmp_path / older).write_bytes(b"older")
    written = {path.name for path in write(result, tmp_path, types=kind)}
    assert written == ALL_FILES - {"lesions.csv", "report.html"}
    assert (tmp_path / older).read_bytes() == right
    assert label_map(tmp_path) == "labels-1.nii.gz"


def test_a_map_that_somebody_drew_on_is_replaced_only_where_maps_are_asked_for(
    result: StudyResult, tmp_path: Path
) -> None:
    write(result, tmp_path, types=("json", "nifti"))
    original = (tmp_path / "labels-1.nii.gz").read_bytes()
    (image,) = result.images
    assert image.maps is not None
    drawn = dataclasses.replace(image.maps, labels=np.where(image.maps.labels == 1, 0, image.maps.labels))
    edited = dataclasses.replace(result, images=(dataclasses.replace(image, maps=drawn),))
    write(edited, tmp_path, types=("nifti",))
    by_hand = (tmp_path / "labels-1.nii.gz").read_bytes()
    assert by_hand != original
    write(result, tmp_path, types=("json",))
    assert (tmp_path / "labels-1.nii.gz").read_bytes() == by_hand
    write(result, tmp_path, types=("json", "nifti"))
    assert (tmp_path / "labels-1.nii.gz").read_bytes() == original


def test_a_writer_that_fails_leaves_all_as_it_was(
    result: StudyResult, two_images: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(result, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="free some space") as caught:
        write(two_images, tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/labels-1.nii.gz: ")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_bug_in_a_writer_leaves_nothing(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(nifti_maps, "nifti_header", broken)
    with pytest.raises(ZeroDivisionError):
        write(result, tmp_path)
    assert names(tmp_path) == set()


def test_a_full_disk(result: StudyResult, tiny_disk: Path) -> None:
    with pytest.raises(OutputError, match="no space left on device"):
        write(result, tiny_disk)
    assert names(tiny_disk) == set()


def test_a_folder_that_is_a_file(result: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="give a folder, not a file"):
        write(result, tmp_path / "out")


def test_trying_a_folder_leaves_no_trace(tmp_path: Path) -> None:
    check(("json",), tmp_path / "new" / "folder")
    assert names(tmp_path) == set()


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    with pytest.raises(OutputError, match=r"permission denied\); choose a folder that you may write to"):
        check(("json",), tmp_path)


def test_a_folder_below_one_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path, **_options: object) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(OutputError, match=r"out: cannot be written \(permission denied\); choose a folder"):
        check(("json",), tmp_path / "home" / "out")
    monkeypatch.setattr(Path, "iterdir", refused)
    assert types_in(tmp_path) == ()


def test_a_folder_in_the_way_of_a_file(result: StudyResult, tmp_path: Path) -> None:
    (tmp_path / "result.json").mkdir()
    with pytest.raises(OutputError, match="move the folder of that name away"):
        write(result, tmp_path, types=("json",))


def test_a_file_has_the_permissions_that_the_user_wants(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.write_text("")
    with whole_file(tmp_path / "ours") as file:
        file.write(b"x")
    assert (tmp_path / "ours").stat().st_mode == usual.stat().st_mode
