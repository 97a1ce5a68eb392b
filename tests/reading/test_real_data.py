"""Real studies, where the folder of them is there: read, or refused in the right words."""

import numpy as np
import pytest
import SimpleITK

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
        (
            "ct_tilted_head",
            "tilted by 18.5 degrees and the distance between its slices changes",
        ),
        ("ct_bad_geometry/gantrytilting/001", "its gantry was tilted by 14.0 degrees"),
        ("ct_bad_geometry/notavolume/001", "3 of its 4 slices lie at the position of another one"),
        ("ct_bad_geometry/sliceincrement/001", "1 slice is missing between steps of 5 mm"),
        ("ct_bad_geometry/sliceincrement/002", "tilted by 15.5 degrees and 1 slice is missing"),
        ("ct_bad_geometry", "holds 4 studies"),
        ("enhanced_ct", "holds 3 studies"),
        ("enhanced_ct/eCT_Supplemental.dcm", "it is a perfusion map"),
        ("cr_leg", "holds no CT, only CR; calciseg needs CT"),
        ("cr_chest", "holds no CT, only CR; calciseg needs CT"),
        ("cr_chest_nih", "holds no CT, only CR; calciseg needs CT"),
        ("ct_tissue_reference", "holds no DICOM file"),
    ],
)
def test_refused(folder, words, real_data):
    assert words in refusal(real_data / folder)


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
