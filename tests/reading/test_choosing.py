"""Of each acquisition the series that shows calcium best is analysed; the others are named."""

import numpy as np
import pytest

from calciseg.reading import inspect, read_study
from calciseg.reading.choosing import kernel_kind


@pytest.fixture
def add(make_slices, save, stored, tmp_path):
    """Write one more series of the study; returns the folder of the study."""

    def write(uid, *, heights_mm=None, values=stored, **attributes):
        slices = make_slices(values, heights_mm=heights_mm, SeriesInstanceUID=uid, **attributes)
        for n, dataset in enumerate(slices):
            dataset.SOPInstanceUID = f"{uid}.{n}"
        save(slices, tmp_path / uid)
        return tmp_path

    return write


def chosen(folder, **options):
    return [image.header.series_instance_uid for image in read_study(folder, **options).images]


def test_the_standard_kernel_wins_at_equal_thickness(add):
    add("1.1", ConvolutionKernel="B70f")
    folder = add("1.2", ConvolutionKernel="B30f")
    assert chosen(folder) == ["1.2"]
    issue = read_study(folder).issues[0]
    assert issue.code == "series_not_chosen"
    assert (
        "1.1 (shows the same acquisition as 1.2, which is 3 mm thick with standard kernel B30f)"
        in issue.message
    )


def test_thin_slices_win(add, stored):
    add("1.1", SliceThickness=8)
    assert chosen(add("1.2", SliceThickness=2)) == ["1.2"]


def test_a_sharp_kernel_wins_only_if_much_thinner(add):
    add("1.1", SliceThickness=5, ConvolutionKernel="B30f")
    assert chosen(add("1.2", SliceThickness=2, ConvolutionKernel="B70f")) == ["1.2"]


def test_an_original_wins_over_its_reformat(add):
    add("1.1", ImageType=["DERIVED", "SECONDARY", "REFORMATTED"])
    assert chosen(add("1.2")) == ["1.2"]


def test_every_acquisition_has_its_own(add):
    add("1.1", AcquisitionNumber=1)
    add("1.2", AcquisitionNumber=2)
    assert chosen(add("1.3", AcquisitionNumber=2, ConvolutionKernel="B70f")) == ["1.1", "1.2"]


def test_other_anatomy_is_not_left_out(add):
    add("1.1")
    assert chosen(add("1.2", heights_mm=[100, 102, 104, 106, 108])) == ["1.1", "1.2"]


def test_the_caller_overrides(add):
    add("1.1", ConvolutionKernel="B70f")
    folder = add("1.2")
    assert chosen(folder, series_uids=["1.1"]) == ["1.1"]
    assert chosen(folder, series_uids=["1.2", "1.1"]) == ["1.1", "1.2"]


def test_unusable_series_are_named_with_their_reason(add):
    add("1.1", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    folder = add("1.2")
    assert chosen(folder) == ["1.2"]
    assert "1.1 (it is a localizer)" in read_study(folder).issues[0].message


def test_two_acquisitions_in_one_series_are_two_images(make_slices, save, stored, hu, tmp_path):
    late = make_slices(stored[::-1], AcquisitionNumber=2)
    for n, dataset in enumerate(late):
        dataset.SOPInstanceUID = f"1.9.{n}"
    folder = save(make_slices(stored) + late, tmp_path)
    first, second = read_study(folder).images
    np.testing.assert_array_equal(first.hu, hu)
    np.testing.assert_array_equal(second.hu, hu[::-1])
    assert (first.header.acquisition, second.header.acquisition) == ("1", "2")


def test_a_localizer_among_the_slices_is_left_out(make_slices, save, stored, hu, tmp_path):
    slices = make_slices(stored)
    extra = make_slices(
        stored[:1], row=(0, 1, 0), column=(0, 0, -1), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
    )
    extra[0].SOPInstanceUID = "1.9"
    image = read_study(save(slices + extra, tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, hu)
    assert [issue.code for issue in image.issues] == ["slices_ignored"]


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [
        ("B30f", "standard"),
        ("Br38f\\3", "standard"),
        ("B70f", "sharp"),
        ("Hr68", "sharp"),
        ("STANDARD", "standard"),
        ("BONEPLUS", "sharp"),
        ("FC13", "standard"),
        ("FC52", "sharp"),
        ("B", "standard"),
        ("YA", "sharp"),
        ("SOMETHING", "unknown"),
        (None, "unknown"),
    ],
)
def test_kernel_kind(kernel, kind):
    assert kernel_kind(kernel) == kind


def test_listing(add, tmp_path):
    add("1.1", ConvolutionKernel="B70f", BodyPartExamined="THIGH")
    add("1.2")
    add("1.3", Modality="PT")
    (tmp_path / "notes.txt").write_text("hello")
    listing = inspect(tmp_path)
    content = listing.to_dict()
    assert (content["n_broken_files"], content["n_other_files"]) == (0, 1)
    sharp, standard, other = content["studies"][0]["series"]
    assert (sharp["is_usable"], sharp["is_chosen"], sharp["convolution_kernel"]) == (True, False, "B70f")
    assert (sharp["n_files"], sharp["modality"], sharp["kvp"], sharp["body_part"]) == (
        5,
        "CT",
        120.0,
        "THIGH",
    )
    assert (standard["is_chosen"], standard["shape_zyx"]) == (True, (5, 14, 9))
    assert standard["why"] == "best of its acquisition: 3 mm thick with standard kernel B30f"
    assert (other["is_usable"], other["reason"]) == (
        False,
        "its modality is PT; calciseg needs CT, CR or DX: give a CT series or a plain radiograph",
    )
    assert other["shape_zyx"] is None
