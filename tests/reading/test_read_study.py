"""A plain series comes out the same however it is stored."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from pydicom.dataset import Dataset

from calciseg.reading import read_study


def only_image(source):
    images = read_study(source).images
    assert len(images) == 1
    return images[0]


def test_volume_and_header(make_slices, save, stored, hu, tmp_path):
    image = only_image(save(make_slices(stored, BodyPartExamined="THIGH"), tmp_path / "ct"))
    np.testing.assert_array_equal(image.hu, hu)
    assert image.hu.dtype == np.int16
    assert image.hu.flags.c_contiguous
    assert not image.hu.flags.writeable
    assert image.geometry.shape_zyx == (5, 14, 9)
    assert image.geometry.spacing_mm_zyx == pytest.approx((2.0, 0.8, 0.5))
    assert image.geometry.origin_lps_mm == (-11.0, -22.0, -33.0)
    assert image.issues == ()
    header = image.header
    assert (header.kvp, header.convolution_kernel, header.slice_thickness_mm) == (120.0, "B30f", 3.0)
    assert (header.acquisition, header.body_part, header.contrast_agent) == ("1", "THIGH", None)
    assert [uid.rpartition(".")[2] for uid in header.sop_instance_uids] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("names", [["c", "a", "e", "b", "d"], ["5.dcm", "4.dcm", "3.dcm", "2.dcm", "1.dcm"]])
def test_file_names_and_suffixes_do_not_matter(names, make_slices, save, stored, hu, tmp_path):
    image = only_image(save(make_slices(stored), tmp_path, names))
    np.testing.assert_array_equal(image.hu, hu)
    assert image.geometry.origin_lps_mm[2] == -33.0


def test_subfolders_and_foreign_files(make_slices, save, stored, hu, tmp_path):
    slices = make_slices(stored)
    save(slices[:2], tmp_path / "a" / "b")
    save(slices[2:], tmp_path / "c")
    (tmp_path / "README.txt").write_text("hello")
    (tmp_path / "c" / "._IM0000.dcm").write_bytes(b"\0\5\26\7" * 40)
    study = read_study(tmp_path)
    np.testing.assert_array_equal(study.images[0].hu, hu)
    assert study.issues == ()


def test_without_preamble_and_meta_header(make_slices, stored, hu, tmp_path):
    for n, dataset in enumerate(make_slices(stored)):
        bare = Dataset()
        bare.update(dataset)
        bare.save_as(tmp_path / str(n), implicit_vr=n % 2 == 0, little_endian=True, enforce_file_format=False)
    np.testing.assert_array_equal(only_image(tmp_path).hu, hu)


def test_big_endian_and_deflated(make_slices, stored, hu, tmp_path):
    slices = make_slices(stored)
    for n, dataset in enumerate(slices):
        syntax = "1.2.840.10008.1.2.2" if n % 2 else "1.2.840.10008.1.2.1.99"
        if n % 2:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(tmp_path / f"{n}.dcm", enforce_file_format=True)
    np.testing.assert_array_equal(only_image(tmp_path).hu, hu)


def test_datasets_in_memory(make_slices, stored, hu):
    np.testing.assert_array_equal(only_image(iter(make_slices(stored)[::-1])).hu, hu)


def test_zip_by_path_and_by_stream(make_slices, save, stored, hu, tmp_path):
    folder = save(make_slices(stored), tmp_path / "ct")
    archive = tmp_path / "ct.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in folder.iterdir():
            target.write(file, f"some/folder/{file.name}")
    np.testing.assert_array_equal(only_image(archive).hu, hu)
    np.testing.assert_array_equal(only_image(io.BytesIO(archive.read_bytes())).hu, hu)


def test_threads_change_nothing(make_slices, save, stored, tmp_path):
    folder = save(make_slices(stored), tmp_path)
    one, four = (read_study(folder, n_threads=n).images[0].hu for n in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_progress_counts_files_then_slices(make_slices, save, stored, tmp_path):
    seen = []
    read_study(save(make_slices(stored), tmp_path), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 5) for n in range(1, 6)] * 2


def test_a_second_copy_of_the_files_is_told(make_slices, save, stored, hu, tmp_path):
    slices = make_slices(stored)
    save(slices, tmp_path / "one")
    save(slices, tmp_path / "two")
    image = only_image(tmp_path)
    np.testing.assert_array_equal(image.hu, hu)
    assert [issue.code for issue in image.issues] == ["slices_ignored"]


def test_same_voxels_as_simpleitk(make_slices, save, stored, tmp_path: Path):
    folder = save(make_slices(stored, RescaleIntercept=-1000), tmp_path)
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    expected = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(names))
    np.testing.assert_array_equal(only_image(folder).hu, expected)


def test_a_modality_in_small_letters(make_slices, hu, stored):
    with pytest.warns(UserWarning, match="Invalid value for VR CS"):
        slices = make_slices(stored, Modality="ct")
    np.testing.assert_array_equal(read_study(slices).images[0].hu, hu)
