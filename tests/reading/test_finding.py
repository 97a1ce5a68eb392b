"""What is found, and the words when nothing is."""

import io
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from calciseg.errors import InputError
from calciseg.reading import inspect, read_study


def refusal(source):
    """The message, the same from both doors, on one line."""
    with pytest.raises(InputError) as error:
        read_study(source)
    with pytest.raises(InputError) as of_inspect:
        inspect(source)
    assert str(error.value) == str(of_inspect.value)
    assert "\n" not in str(error.value)
    return str(error.value)


def write_dicomdir(folder, file_ids):
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.SOPClassUID, directory.SOPInstanceUID = MediaStorageDirectoryStorage, "1.2.3"
    directory.DirectoryRecordSequence = []
    for file_id in file_ids:
        record = Dataset()
        # LO, not CS: pydicom would not write ".." into the right one.
        record.add_new("ReferencedFileID", "LO", file_id)
        directory.DirectoryRecordSequence.append(record)
    directory.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder / "DICOMDIR"


def test_missing_path(tmp_path):
    path = tmp_path / "nowhere"
    assert refusal(path) == f"{path} does not exist; check the path"


def test_empty_folder(tmp_path):
    remedy = "give the folder that holds the DICOM files"
    assert refusal(str(tmp_path)) == f"{tmp_path} is an empty folder; {remedy}"


def test_folder_without_dicom(tmp_path):
    (tmp_path / "notes.txt").write_text("no images here")
    (tmp_path / "empty").write_bytes(b"")
    assert refusal(tmp_path) == f"{tmp_path} holds no DICOM file; give a CT series in DICOM format"


def test_text_file_named_dcm(tmp_path):
    path = tmp_path / "x.dcm"
    path.write_text("I am a text file, whatever my name says. " * 10)
    assert refusal(path) == f"{path} is not a DICOM file; give a CT series in DICOM format"
    assert refusal(tmp_path) == f"{tmp_path} holds no DICOM file; give a CT series in DICOM format"


def test_text_file_named_dcm_beside_a_series_is_told(make_slices, save, stored, tmp_path):
    save(make_slices(stored), tmp_path)
    (tmp_path / "x.dcm").write_text("hello")
    study = read_study(tmp_path)
    assert [issue.code for issue in study.issues] == ["files_ignored"]
    assert str(tmp_path) not in study.issues[0].message


@pytest.fixture
def nobody():
    """Root may open everything: run as root, a test becomes someone else for a while."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield
    if is_root:
        os.seteuid(0)


@pytest.fixture
def closed():
    """A folder that others may enter, with a folder in it that nobody may; ``tmp_path`` lets no other in."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "closed").mkdir(mode=0)
        yield Path(folder)


def test_folder_without_permission(closed, nobody):
    assert f"{closed / 'closed'} cannot be opened (Permission denied)" in refusal(closed)


def test_a_pipe_is_not_waited_for(make_slices, save, stored, tmp_path):
    save(make_slices(stored), tmp_path)
    os.mkfifo(tmp_path / "pipe.dcm")
    assert len(read_study(tmp_path).images) == 1
    assert "neither a folder nor a regular file" in refusal(tmp_path / "pipe.dcm")


def test_no_data_sets():
    assert refusal([]) == "no data set was handed over; give those of a CT series"


def test_dicomdir(make_slices, save, stored, hu, tmp_path):
    save(make_slices(stored), tmp_path / "A" / "B", ["I1", "I2", "I3", "I4", "I5"])
    path = write_dicomdir(tmp_path, [["A", "B", f"I{n}"] for n in range(1, 6)])
    np.testing.assert_array_equal(read_study(path).images[0].hu, hu)
    np.testing.assert_array_equal(read_study(tmp_path).images[0].hu, hu)


@pytest.mark.parametrize("written", [str.lower, lambda name: f"{name};1"])
def test_dicomdir_of_a_disc_copied_in_other_letters(written, make_slices, save, stored, hu, tmp_path):
    names = [f"I{n}" for n in range(1, 6)]
    save(make_slices(stored), tmp_path / "a" / "B", [written(name) for name in names])
    path = write_dicomdir(tmp_path, [["A", "B", name] for name in names])
    np.testing.assert_array_equal(read_study(path).images[0].hu, hu)


def test_a_listed_image_that_is_not_there_is_no_hole_unseen(make_slices, save, stored, tmp_path):
    """The last slices of a series may be missing and nothing in the others would tell."""
    save(make_slices(stored), tmp_path / "A", ["I1", "I2", "I3", "I4", "I5"])
    (tmp_path / "A" / "I5").unlink()
    path = write_dicomdir(tmp_path, [["A", f"I{n}"] for n in range(1, 6)])
    with pytest.raises(InputError, match=r"A/I5 cannot be opened \(No such file or directory\)"):
        read_study(path)
    assert read_study(tmp_path).images[0].hu.shape[0] == 4


def test_other_objects_that_a_dicomdir_lists_may_be_missing(make_slices, save, stored, hu, tmp_path):
    save(make_slices(stored), tmp_path / "A", ["I1", "I2", "I3", "I4", "I5"])
    path = write_dicomdir(tmp_path, [["A", f"I{n}"] for n in range(1, 7)])
    directory = pydicom.dcmread(path)
    for n, record in enumerate(directory.DirectoryRecordSequence):
        record.DirectoryRecordType = "IMAGE" if n < 5 else "SR DOCUMENT"
    directory.save_as(path)
    np.testing.assert_array_equal(read_study(path).images[0].hu, hu)


def test_dicomdir_that_leads_out_is_refused(tmp_path):
    (tmp_path / "disc").mkdir()
    path = write_dicomdir(tmp_path / "disc", [["..", "SECRET"]])
    assert refusal(path) == f"{path} lists a file outside its own folder; it is not safe to read"


def test_dicomdir_without_its_files(tmp_path):
    path = write_dicomdir(tmp_path, [["A", "B"]])
    assert "lists no file that is there" in refusal(path)


@pytest.mark.parametrize("name", ["/etc/x.dcm", "../x.dcm", "a/../../x.dcm", "C:/x.dcm"])
def test_zip_with_unsafe_names_is_refused(name, tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"x")
    (tmp_path / "ct.zip").write_bytes(stream.getvalue())
    assert "a path that leads out of the zip" in refusal(tmp_path / "ct.zip")


def test_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "ct.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x", b"y" * 1000)
    path.write_bytes(path.read_bytes()[:500])
    assert refusal(path) == f"{path} is a damaged zip (BadZipFile); copy or download it again"


def test_an_empty_zip_is_called_so(tmp_path):
    path = tmp_path / "ct.zip"
    zipfile.ZipFile(path, "w").close()
    words = "is an empty zip; give one that holds DICOM files"
    assert refusal(path) == f"{path} {words}"
    with path.open("rb") as stream, pytest.raises(InputError, match=words):
        read_study(stream)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "ct.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(40):
            archive.writestr(f"{n}", bytes(8 << 20))
    assert "would unpack to 320 MiB, over 100 times its size" in refusal(path)


def test_empty_slices_in_a_zip_are_no_bomb(make_slices, tmp_path, hu):
    """A study of constant slices packs as well as a bomb, but it is small."""
    slices = make_slices(np.zeros((5, 200, 200), dtype=np.uint16))
    path = tmp_path / "ct.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, dataset in enumerate(slices):
            content = io.BytesIO()
            dataset.save_as(content, enforce_file_format=True)
            archive.writestr(f"{n}", content.getvalue())
    assert (read_study(path).images[0].hu == -1024).all()


def test_open_streams(make_slices, stored, hu):
    streams = []
    for dataset in make_slices(stored):
        streams.append(io.BytesIO())
        dataset.save_as(streams[-1], enforce_file_format=True)
        streams[-1].seek(0)
    np.testing.assert_array_equal(read_study(streams).images[0].hu, hu)


def test_what_is_neither_is_named():
    assert "item 2 of the source is a int" in refusal([Dataset(), 5])


@pytest.mark.parametrize("is_length_stated", [True, False])
@pytest.mark.parametrize("part", [0.3, 0.75, 1.0])
def test_a_truncated_dicomdir_is_no_shorter_study(
    part, is_length_stated, make_slices, save, stored, tmp_path
):
    save(make_slices(stored), tmp_path, [f"IM{n}" for n in range(len(stored))])
    path = write_dicomdir(tmp_path, [f"IM{n}" for n in range(len(stored))])
    if not is_length_stated:
        directory = dcmread(path)
        directory["DirectoryRecordSequence"].is_undefined_length = True
        directory.save_as(path)
    assert read_study(path).images[0].hu.shape[0] == len(stored)
    content = path.read_bytes()
    begin, end = content.index(b"SQ") + 12, content.rindex(b"IM4")
    path.write_bytes(content[: begin + int(part * (end - begin))])
    assert refusal(path).startswith(str(path))
    assert refusal(path).endswith("; give its folder instead")


@pytest.mark.parametrize("name", ["IM99", "1.2.840.99", "IM.0099", "99"])
def test_an_empty_file_among_slices_is_told(name, make_slices, save, stored, tmp_path):
    save(make_slices(stored), tmp_path / "a", [f"IM{n}" for n in range(len(stored))])
    (tmp_path / "a" / name).write_bytes(b"")
    study = read_study(tmp_path)
    assert [issue.code for issue in study.issues] == ["files_ignored"]
    assert inspect(tmp_path).broken_files == (f"{tmp_path / 'a' / name} is empty",)
    # Elsewhere it is a note to somebody, as is one that is named otherwise.
    (tmp_path / "a" / name).rename(tmp_path / name)
    for other in (".done", "done.txt"):
        (tmp_path / "a" / other).write_bytes(b"")
    assert read_study(tmp_path).issues == ()
    assert inspect(tmp_path).n_other_files == 3


def test_a_slice_cut_before_its_series_uid_is_no_study_of_its_own(make_slices, save, stored, tmp_path):
    save(make_slices(stored), tmp_path)
    path = sorted(tmp_path.iterdir())[2]
    content = path.read_bytes()
    for n_left in range(134, content.index(b" \0\x0e\0UI"), 5):  # Series Instance UID
        path.write_bytes(content[:n_left])
        with pytest.raises(InputError, match=r"is truncated|damaged DICOM header") as caught:
            read_study(tmp_path)
        assert "studies" not in str(caught.value), n_left
