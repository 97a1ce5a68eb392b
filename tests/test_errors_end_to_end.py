"""What goes wrong, through the whole of ``calciseg analyze``: one line, exit 2, and no half file."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from answers import Answer
from archive import put_study, thinned_slices
from pydicom.uid import MRImageStorage

PROGRAM = [sys.executable, "-c", "import sys; from calciseg_cli.main import main; sys.exit(main())"]


def assert_refused(answer: Answer, *words: str) -> None:
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("calciseg: ")
    assert answer.err.endswith("\n")
    assert answer.err.count("\n") == 1, answer.err
    assert "Traceback" not in answer.err
    for word in words:
        assert word in answer.err


@pytest.fixture(scope="module")
def slices(repository, tmp_path_factory) -> tuple[bytes, ...]:
    """The files of a small study."""
    datasets = thinned_slices(repository / "sample_data" / "thigh_ct")
    return tuple(path.read_bytes() for path in put_study(datasets, tmp_path_factory.mktemp("study"), 1))


@pytest.fixture
def study(slices, tmp_path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    for number, content in enumerate(slices):
        (folder / f"{number}.dcm").write_bytes(content)
    return folder


def test_a_study_that_is_well_is_analysed(command, study, tmp_path):
    answer = command("analyze", study, "-o", tmp_path / "out", "-q")
    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / "out" / "result.json").stat().st_size > 1000


def missing(study: Path) -> Path:
    return study.parent / "not-there"


def empty(study: Path) -> Path:
    folder = study.parent / "empty"
    folder.mkdir()
    return folder


def no_dicom(study: Path) -> Path:
    folder = empty(study)
    (folder / "notes.txt").write_text("not an image\n" * 50)
    return folder


def text_called_dcm(study: Path) -> Path:
    path = study.parent / "x.dcm"
    path.write_text("not an image\n" * 50)
    return path


def only_an_mr(study: Path) -> Path:
    for path in study.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.Modality, dataset.SOPClassUID = "MR", MRImageStorage
        dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
        dataset.save_as(path)
    return study


def truncated_slice(study: Path) -> Path:
    path = study / "5.dcm"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return study


def nothing_but_air(study: Path) -> Path:
    for path in study.iterdir():
        dataset = pydicom.dcmread(path)
        lowest = int((-1000 - dataset.RescaleIntercept) / dataset.RescaleSlope)
        dataset.PixelData = lowest.to_bytes(2, "little") * (dataset.Rows * dataset.Columns)
        dataset.save_as(path)
    return study


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (missing, "not-there"),
        (empty, "empty"),
        (no_dicom, "empty"),
        (text_called_dcm, "x.dcm"),
        (only_an_mr, "MR"),
        (truncated_slice, "5.dcm"),
        (nothing_but_air, "no body was found"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(command, study, tmp_path, spoil, word):
    assert_refused(command("analyze", spoil(study), "-o", tmp_path / "out"), word)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_bad_input_in_a_process_of_its_own(study, tmp_path):
    arguments = ["analyze", str(truncated_slice(study)), "-o", str(tmp_path / "out")]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True)
    assert_refused(Answer(done.returncode, done.stdout, done.stderr), "5.dcm")
    assert not (tmp_path / "out").exists()


def test_an_older_result_survives_bad_input(command, study, tmp_path):
    out = tmp_path / "out"
    command("analyze", study, "-o", out, "-q")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert_refused(command("analyze", truncated_slice(study), "-o", out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.fixture
def locked(command, study, tmp_path) -> Iterator[Path]:
    """A folder that its user may not write to; root may write to any, so root becomes somebody else.

    An analysis runs first: somebody else may not be able to read the environment, and modules are
    imported when they are first needed.
    """
    command("analyze", study, "-o", tmp_path / "first", "-q")
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


@pytest.mark.parametrize("below", ["", "new/folder"])
def test_output_without_permission(command, study, locked, below):
    assert_refused(command("analyze", study, "-o", locked / below), str(locked), "permission denied")
    assert list(locked.iterdir()) == []


@pytest.fixture
def full_disk(tmp_path, monkeypatch) -> Iterator[Path]:
    """A file system with room for next to nothing, or, without the right to mount, one that says so."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True).returncode == 0

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if not is_mounted:
        monkeypatch.setattr(os, "fsync", full)
    yield folder
    if is_mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(command, study, full_disk):
    (full_disk / "notes.txt").write_text("mine")
    answer = command("analyze", study, "-o", full_disk, "-q")
    assert_refused(answer, str(full_disk), "no space left on device")
    assert [path.name for path in full_disk.iterdir()] == ["notes.txt"]
    assert (full_disk / "notes.txt").read_text() == "mine"


def test_output_that_is_a_file(command, study, tmp_path):
    (tmp_path / "out").write_text("mine")
    assert_refused(command("analyze", study, "-o", tmp_path / "out"), "out")
    assert (tmp_path / "out").read_text() == "mine"
