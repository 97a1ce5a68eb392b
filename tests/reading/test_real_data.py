"""Real studies, where the folder of them is there: read, or refused in the right words."""

import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread

from calciseg.errors import InputError
from calciseg.reading import inspect, read_study


def refusal(source):
    with pytest.raises(InputError) as error:
        read_study(source)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", ["ct_upper_arms", "ct_chest_shoulders"])
def test_bit_exact_with_simpleitk(name, real_data):
    image = read_study(real_data / name).images[0]
    folder = real_data / name
    # By position, not by SimpleITK's sorting, which looks for series UIDs that one of them does not have.
    heights_mm = {}
    for path in sorted(folder.iterdir()):
        reader = SimpleITK.ImageFileReader()
        reader.SetFileName(str(path))
        reader.ReadImageInformation()
        heights_mm[str(path)] = reader.GetOrigin()[2]
    judge = SimpleITK.ReadImage(sorted(heights_mm, key=heights_mm.__getitem__))
    np.testing.assert_array_equal(image.hu, np.maximum(SimpleITK.GetArrayFromImage(judge), -1024))
    np.testing.assert_allclose(image.geometry.spacing_mm_zyx[::-1], judge.GetSpacing(), rtol=1e-6)
    np.testing.assert_allclose(image.geometry.origin_lps_mm, judge.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(image.geometry.direction, judge.GetDirection(), atol=1e-6)


def test_upper_arms(real_data):
    study = read_study(real_data / "ct_upper_arms")
    image = study.images[0]
    assert image.geometry.shape_zyx == (20, 512, 512)
    assert image.geometry.spacing_mm_zyx == pytest.approx((2, 0.9765625, 0.9765625))
    assert image.header.contrast_agent is True
    assert image.header.convolution_kernel == "Br38f\\3"
    assert study.study_instance_uid == "2.25.220665193364540986282820322155401762244"
    assert [issue.code for issue in study.issues] == ["study_uid_missing"]
    assert [issue.code for issue in image.issues] == ["series_uid_missing"]


def test_chest_shoulders(real_data):
    image = read_study(real_data / "ct_chest_shoulders").images[0]
    assert image.geometry.shape_zyx == (110, 512, 512)
    assert image.geometry.spacing_mm_zyx == pytest.approx((1, 0.78125, 0.78125))
    assert [issue.code for issue in image.issues] == ["frame_of_reference_differs"]
    assert image.header.kvp == 120


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("ct_bad_geometry/notavolume/001", "3 of its 4 slices lie at the position of another one"),
        ("ct_bad_geometry", "holds 4 studies"),
        ("enhanced_ct", "holds 3 studies"),
        ("enhanced_ct/eCT_Supplemental.dcm", "it is a perfusion map"),
        ("ct_tissue_reference", "holds no DICOM file"),
    ],
)
def test_refused(folder, words, real_data):
    assert words in refusal(real_data / folder)


@pytest.mark.parametrize(
    ("folder", "codes", "n_slices", "step_mm"),
    [
        ("ct_tilted_head", ["slices_interpolated", "gantry_tilt"], 37, 4.0025),
        ("ct_bad_geometry/gantrytilting/001", ["gantry_tilt"], 4, 4.8515),
        ("ct_bad_geometry/sliceincrement/001", ["slices_interpolated"], 5, 5.0),
        ("ct_bad_geometry/sliceincrement/002", ["slices_interpolated", "gantry_tilt"], 5, 0.7497),
    ],
)
def test_repaired(folder, codes, n_slices, step_mm, real_data):
    image = read_study(real_data / folder).images[0]
    assert [issue.code for issue in image.issues if issue.code != "saturated"] == codes
    assert image.is_resampled
    assert image.geometry.shape_zyx[0] == n_slices
    assert image.geometry.spacing_mm_zyx[0] == pytest.approx(step_mm, abs=1e-3)


def test_tilted_slices_lie_where_their_files_say(real_data):
    image = read_study(real_data / "ct_tilted_head").images[0]
    geometry = image.geometry
    to_zyx = np.linalg.inv(geometry.affine_lps_mm_from_zyx)
    n_copies = 0
    for path in sorted((real_data / "ct_tilted_head").iterdir()):
        dataset = dcmread(path)
        if "ImagePositionPatient" not in dataset:
            continue
        z, y, x = (to_zyx @ [*map(float, dataset.ImagePositionPatient), 1])[:3]
        assert x == pytest.approx(0, abs=1e-3)
        if abs(z - round(z)) > 0.1:
            continue  # between two slices of the volume
        n_copies += 1
        row = round(y)
        assert abs(y - row) <= 0.51
        hu = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
        found = image.hu[round(z), row : row + dataset.Rows]
        np.testing.assert_array_equal(found, np.maximum(hu, -1024))
    assert n_copies >= 14


@pytest.mark.parametrize("name", ["24x38x3", "23x38x3"])
def test_single_and_multi_frame_agree(name, real_data):
    single = read_study(real_data / "enhanced_ct" / name / "image").images[0]
    multi = read_study(real_data / "enhanced_ct" / name / "multiframe").images[0]
    np.testing.assert_array_equal(single.hu, multi.hu)
    np.testing.assert_allclose(
        single.geometry.affine_lps_mm_from_zyx, multi.geometry.affine_lps_mm_from_zyx, atol=1e-6
    )


def test_everything_can_be_inspected(real_data):
    for folder in real_data.iterdir():
        if folder.is_dir() and folder.name != "ct_tissue_reference":
            assert inspect(folder).studies


@pytest.mark.parametrize(
    ("folder", "shape_yx", "basis", "has_loss"),
    [
        ("cr_leg", (1760, 1760), "missing", False),
        ("cr_chest", (1955, 1841), "missing", True),
        ("cr_chest_nih", (1024, 1024), "unstated", True),
    ],
)
def test_radiographs(folder, shape_yx, basis, has_loss, real_data):
    study = read_study(real_data / folder)
    (image,) = study.radiographs
    assert study.images == ()
    assert (image.shape_yx, image.spacing_basis) == (shape_yx, basis)
    doubts = {"pixel_spacing_missing": basis == "missing", "lossy_compression": has_loss}
    assert [issue.code for issue in image.issues] == [code for code, is_raised in doubts.items() if is_raised]
    dataset = dcmread(next((real_data / folder).iterdir()))
    stored = dataset.pixel_array.astype(float)
    sign = -1 if dataset.PhotometricInterpretation == "MONOCHROME1" else 1
    assert np.corrcoef(image.values.ravel(), sign * stored.ravel())[0, 1] == pytest.approx(1)
