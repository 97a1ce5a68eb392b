"""Which study a broken file or zip concerns: those in the same place, and where there are none, no other."""

import json
import zipfile
from pathlib import Path

import pydicom
import pytest
from archive import ROOT_UID, put_study, run_batch_command

from calciseg.batch.catalogue import opened
from calciseg.batch.survey import FoundStudy, find_studies

STUDY_1, STUDY_2 = f"{ROOT_UID}.1.1", f"{ROOT_UID}.1.2"


def zipped(slices: list[pydicom.Dataset], path: Path, number: int) -> Path:
    """A zip of a study of that number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for one in put_study(slices, path.parent.parent / f"unzipped-{number}", number):
            archive.write(one, one.name)
    return path


def shortened(path: Path, n_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:n_bytes])


def surveyed(root: Path, out: Path) -> list[FoundStudy]:
    """The studies below a root, the same from the files and from what the catalogue remembers of them."""
    out.mkdir(exist_ok=True)
    with opened(out / "batch.sqlite") as catalogue:
        first, again = ([one for one in find_studies(root, out, catalogue) if one] for _ in range(2))
    assert first == again
    return first


def broken_of(studies: list[FoundStudy]) -> dict[str, list[str]]:
    """Names of the broken files that each study, and each place without one, is judged by."""
    return {
        "none" if study.is_unreadable else study.study_instance_uid: sorted(
            Path(path).name for path in study.broken
        )
        for study in studies
    }


def test_a_damaged_zip_fails_no_study_beside_it(slices: list[pydicom.Dataset], tmp_path: Path) -> None:
    root = tmp_path / "root"
    put_study(slices, root, 1)
    zipped(slices, root / "two.zip", 2)
    shortened(zipped(slices, root / "bad.zip", 3), 5000)
    assert broken_of(surveyed(root, tmp_path / "out")) == {STUDY_1: [], STUDY_2: [], "none": ["bad.zip"]}


def test_every_damaged_zip_is_a_failure_of_its_own(slices: list[pydicom.Dataset], tmp_path: Path) -> None:
    root = tmp_path / "root"
    for number in (1, 2):
        shortened(zipped(slices, root / f"{number}.zip", number), 5000)
    found = surveyed(root, tmp_path / "out")
    assert sorted(Path(path).name for study in found for path in study.broken) == ["1.zip", "2.zip"]
    assert len({study.study_instance_uid for study in found if study.is_unreadable}) == 2


def test_a_broken_file_concerns_the_studies_in_its_folder_only(
    slices: list[pydicom.Dataset], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    zipped(slices, root / "two.zip", 2)
    shortened(put_study(slices, root, 1)[3], 200)
    assert broken_of(surveyed(root, tmp_path / "out")) == {STUDY_1: ["004.dcm"], STUDY_2: []}


def test_a_broken_file_in_a_zip_concerns_what_lies_in_it_only(
    slices: list[pydicom.Dataset], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    put_study(slices, root, 1)
    with zipfile.ZipFile(zipped(slices, root / "two.zip", 2), "a") as archive:
        archive.writestr("more.dcm", bytes(128) + b"DICM")
    assert broken_of(surveyed(root, tmp_path / "out")) == {STUDY_1: [], STUDY_2: ["two.zip"]}


def test_studies_behind_links_are_found_once(slices: list[pydicom.Dataset], tmp_path: Path) -> None:
    root = tmp_path / "root"
    put_study(slices, root / "here", 1)
    put_study(slices, tmp_path / "elsewhere" / "two", 2)
    put_study(slices, tmp_path / "out" / "results", 3)
    for name, target in (
        ("a", "elsewhere"),
        ("b", "elsewhere"),
        ("c", "root/here"),
        ("d", "out"),
        ("e", "root"),
    ):
        (root / name).symlink_to(tmp_path / target)
    found = surveyed(root, tmp_path / "out")
    assert {study.study_instance_uid: len(study.parts) for study in found} == {
        STUDY_1: len(slices),
        STUDY_2: len(slices),
    }


@pytest.mark.slow
def test_a_batch_tells_of_a_damaged_zip_and_does_the_studies_beside_it(
    slices: list[pydicom.Dataset], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    put_study(slices, root, 1)
    zipped(slices, root / "two.zip", 2)
    shortened(zipped(slices, root / "bad.zip", 3), 5000)
    arguments = (root, "-o", tmp_path / "out", "--output-type", "json,csv", "--json")
    done = run_batch_command(*arguments)
    document = json.loads(done.stdout)
    assert (done.returncode, document["n_done"], document["n_failed"]) == (3, 2, 1)
    (failure,) = document["failures"]
    assert failure["reason"].endswith("is a damaged zip (BadZipFile); copy or download it again")
    assert f"{root.resolve() / 'bad.zip'} is a damaged zip" in done.stderr
    again = json.loads(run_batch_command(*arguments).stdout)
    assert (again["n_done"], again["n_done_before"], again["n_failed"]) == (0, 2, 1)
