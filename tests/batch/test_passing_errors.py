"""Files that cannot be opened just then: once they can, the same command does their studies."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from archive import ROOT_UID, damage, put_study
from here import CrewHere

import calciseg
from calciseg.batch import folder as batch_folder
from calciseg.batch.catalogue import opened
from calciseg.batch.survey import FoundStudy, find_studies
from calciseg.errors import InputError, may_pass
from calciseg.model import StudyResult

UID = f"{ROOT_UID}.1.1"


@contextmanager
def closed(*paths: Path, errno: int = EACCES, at: str = "open") -> Iterator[None]:
    """Let files refuse to be opened, or looked at."""
    method = getattr(Path, at)

    def refusing(self: Path, *arguments: Any, **options: Any) -> Any:
        if self in paths:
            raise OSError(errno, "Permission denied" if errno == EACCES else "Input/output error", str(self))
        return method(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, at, refusing)
        yield


def surveyed(root: Path, out: Path) -> list[FoundStudy]:
    out.mkdir(exist_ok=True)
    with opened(out / "batch.sqlite") as catalogue:
        return [one for one in find_studies(root, out, catalogue) if one]


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the same batch once more, and return what it yielded."""
    monkeypatch.setattr(batch_folder, "_crew", lambda plan: CrewHere(plan.job))

    def ran() -> list[Any]:
        return list(calciseg.analyze_folder(tmp_path / "root", tmp_path / "out", types=["json", "csv"]))

    return ran


def states(out: Path) -> list[str]:
    with (out / "studies.csv").open(newline="") as file:
        return [row["status"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("errno", [EACCES, EIO])
def test_a_survey_with_a_closed_file_is_not_remembered(
    slices: list[pydicom.Dataset], tmp_path: Path, errno: int
) -> None:
    paths = put_study(slices, tmp_path / "root", 1)
    with closed(paths[2], errno=errno):
        (found,) = surveyed(tmp_path / "root", tmp_path / "out")
    assert [Path(path).name for path in found.broken] == ["003.dcm"]
    (found,) = surveyed(tmp_path / "root", tmp_path / "out")
    assert (len(found.parts), found.broken) == (len(paths), {})


def test_a_file_that_cannot_be_looked_at_is_told(slices: list[pydicom.Dataset], tmp_path: Path) -> None:
    paths = put_study(slices, tmp_path / "root", 1)
    with closed(*paths, at="stat"), closed(*paths):
        (found,) = surveyed(tmp_path / "root", tmp_path / "out")
        with pytest.raises(InputError, match=r"cannot be opened \(Permission denied\)"):
            calciseg.inspect(tmp_path / "root")
    assert found.is_unreadable
    (found,) = surveyed(tmp_path / "root", tmp_path / "out")
    assert not found.is_unreadable


def test_a_damaged_file_is_remembered(
    slices: list[pydicom.Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(put_study(slices, tmp_path / "root", 1), 1)
    first = surveyed(tmp_path / "root", tmp_path / "out")
    monkeypatch.setattr("calciseg.batch.survey.survey_files", None)
    assert surveyed(tmp_path / "root", tmp_path / "out") == first


@pytest.mark.parametrize("which", [slice(2, 3), slice(None)], ids=["one", "all"])
def test_a_study_is_done_once_its_files_can_be_opened(
    slices: list[pydicom.Dataset], tmp_path: Path, batch: Any, which: slice
) -> None:
    paths = put_study(slices, tmp_path / "root", 1)
    with closed(*paths[which]):
        for _ in range(2):
            (failure,) = batch()
            assert "cannot be opened (Permission denied)" in failure.reason
    (result,) = batch()
    assert isinstance(result, StudyResult)
    assert states(tmp_path / "out") == ["done"]
    assert batch() == []


@pytest.mark.parametrize("at", [slice(2, 3), slice(None)], ids=["one", "all"])
def test_a_file_that_closes_after_the_survey_is_not_held_against_the_study(
    slices: list[pydicom.Dataset], tmp_path: Path, batch: Any, monkeypatch: pytest.MonkeyPatch, at: slice
) -> None:
    paths = put_study(slices, tmp_path / "root", 1)
    start = CrewHere.wait

    def waiting(self: CrewHere, seconds: float) -> Any:
        with closed(*paths[at], errno=EIO):
            return start(self, seconds)

    with monkeypatch.context() as patch:
        patch.setattr(CrewHere, "wait", waiting)
        (failure,) = batch()
        assert (failure.code, "cannot be opened" in failure.reason) == ("input_error", True)
    (result,) = batch()
    assert isinstance(result, StudyResult)
    assert batch() == []


def test_a_damaged_study_is_not_done_again(slices: list[pydicom.Dataset], tmp_path: Path, batch: Any) -> None:
    damage(put_study(slices, tmp_path / "root", 1), 0)
    (first,) = batch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CrewHere, "start", None)
        (again,) = batch()
    assert (again.code, again.reason) == (first.code, first.reason)


def test_what_may_pass() -> None:
    def raised(cause: Exception) -> bool:
        try:
            raise InputError("x") from cause
        except InputError as error:
            return may_pass(error)

    assert raised(PermissionError(EACCES, "Permission denied"))
    # So decoders call damaged content.
    assert not raised(OSError("broken data stream"))
    assert not may_pass(InputError("x"))
