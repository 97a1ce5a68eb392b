"""Scans and reconstructions that share a series: volumes of their own, even where their slices alternate."""

import numpy as np
import pytest

from calciseg.reading import inspect, read_study

STEP_MM = 2.0


@pytest.fixture
def two(make_slices, stored):
    """Make two volumes in one series, the second so much higher and with attributes of its own."""

    def make(apart_mm, **attributes):
        heights_mm = STEP_MM * np.arange(len(stored))
        first = make_slices(stored, heights_mm=list(heights_mm))
        second = make_slices(stored[::-1], heights_mm=list(heights_mm + apart_mm), **attributes)
        for n, one in enumerate(second):
            one.SOPInstanceUID = f"1.2.3.{n}"
        return [*first, *second]

    return make


def shapes(slices):
    (study,) = inspect(slices).studies
    return [row.shape_zyx[0] for row in study.series]


@pytest.mark.parametrize("apart_mm", [0.5 * STEP_MM, 0.1 * STEP_MM, 1.3 * STEP_MM, -0.5 * STEP_MM])
def test_a_second_scan_between_the_slices_of_the_first_is_another_image(apart_mm, two, hu):
    first, second = read_study(two(apart_mm, AcquisitionNumber=2)).images
    np.testing.assert_array_equal(first.hu, hu)
    np.testing.assert_array_equal(second.hu, hu[::-1])
    assert [one.geometry.spacing_mm_zyx[0] for one in (first, second)] == [STEP_MM, STEP_MM]
    assert (first.header.acquisition, second.header.acquisition) == ("1", "2")


@pytest.mark.parametrize("other", [{"ConvolutionKernel": "B70f"}, {"SliceThickness": 6}])
@pytest.mark.parametrize("apart_mm", [0.0, 0.5 * STEP_MM])
def test_of_two_reconstructions_the_better_one_is_chosen(other, apart_mm, two, hu):
    slices = two(apart_mm, **other)
    (image,) = read_study(slices).images
    np.testing.assert_array_equal(image.hu, hu)
    assert shapes(slices) == [5, 5]


def test_two_scans_with_two_kernels_each_are_four_volumes(two):
    slices = two(0.5 * STEP_MM, AcquisitionNumber=2)
    sharp = two(0.5 * STEP_MM, AcquisitionNumber=2)
    for n, one in enumerate(sharp):
        one.ConvolutionKernel, one.SOPInstanceUID = "B70f", f"1.2.4.{n}"
    assert shapes([*slices, *sharp]) == [5, 5, 5, 5]
    assert len(read_study([*slices, *sharp]).images) == 2


@pytest.mark.parametrize("n_shared", [0, 1])
def test_a_long_scan_in_several_acquisitions_is_one_volume(n_shared, two, stored):
    slices = two(STEP_MM * len(stored), AcquisitionNumber=2, ConvolutionKernel="B31f", SliceThickness=2.9)
    # One may begin a little before the other ends.
    slices[len(stored) - 1].AcquisitionNumber = 2 if n_shared else 1
    (image,) = read_study(slices).images
    assert image.geometry.shape_zyx[0] == 2 * len(stored)


@pytest.mark.parametrize("numbers", [(1, 2, 3, 4, 5), (1, 2, 1, 2, 1), (None, 1, 1, 1, 1)])
def test_numbers_that_make_no_volumes_part_nothing(numbers, make_slices, stored):
    slices = make_slices(stored)
    for one, number in zip(slices, numbers, strict=True):
        one.AcquisitionNumber = number
    (image,) = read_study(slices).images
    assert image.geometry.shape_zyx[0] == len(stored)
