"""Stored values become Hounsfield units, whatever way they are stored."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from calciseg.reading import read_study


def read_hu(slices):
    return read_study(slices).images[0].hu


def test_fractional_slope_rounds_half_to_even(make_slices):
    stored = np.arange(12, dtype=np.uint16).reshape(3, 2, 2)
    found = read_hu(make_slices(stored, RescaleSlope=0.5, RescaleIntercept=-1))
    np.testing.assert_array_equal(found.ravel(), [-1, 0, 0, 0, 1, 2, 2, 2, 3, 4, 4, 4])


def test_rescale_may_differ_by_slice(make_slices):
    slices = make_slices(np.full((3, 2, 2), 100, dtype=np.uint16))
    slices[1].RescaleSlope, slices[1].RescaleIntercept = 2, -50
    assert read_hu(slices)[:, 0, 0].tolist() == [-924, 150, -924]


def test_signed_values(make_slices):
    stored = np.array([-2000, -1024, -1, 0, 3071, 32767], dtype=np.int16).reshape(3, 1, 2)
    found = read_hu(make_slices(stored, RescaleIntercept=0))
    np.testing.assert_array_equal(found.ravel(), [-1024, -1024, -1, 0, 3071, 32767])


def test_extended_range_is_clipped_not_wrapped(make_slices):
    stored = np.array([0, 8192, 11263, 65535, 8000, 9000], dtype=np.uint16).reshape(3, 1, 2)
    found = read_hu(make_slices(stored, RescaleIntercept=-8192))
    np.testing.assert_array_equal(found.ravel(), [-1024, 0, 3071, 32767, -192, 808])


@pytest.mark.parametrize("representation", [0, 1])
def test_junk_above_the_stored_bits_is_masked(representation, make_slices):
    stored = np.array([5, 2047, 2048, 4095, 0, 1], dtype=np.uint16).reshape(3, 1, 2)
    junk = (stored | 0xA000).astype(np.uint16)
    slices = make_slices(
        junk, BitsStored=12, HighBit=11, PixelRepresentation=representation, RescaleIntercept=0
    )
    expected = [5, 2047, -1024, -1, 0, 1] if representation else [5, 2047, 2048, 4095, 0, 1]
    np.testing.assert_array_equal(read_hu(slices).ravel(), expected)


def test_values_in_the_upper_bits(make_slices):
    stored = np.array([5, 2047, 2048, 4095, 0, 1], dtype=np.uint16).reshape(3, 1, 2)
    slices = make_slices(stored << 4, BitsStored=12, HighBit=15, RescaleIntercept=0)
    np.testing.assert_array_equal(read_hu(slices), stored)


def test_eight_bits(make_slices):
    stored = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    np.testing.assert_array_equal(read_hu(make_slices(stored, RescaleIntercept=7)), stored + 7)


@pytest.mark.parametrize("padding", [63536, -2000])
def test_padding_with_the_wrong_sign(padding, make_slices):
    stored = np.full((3, 4, 4), 63536, dtype=np.uint16)
    stored[:, 1:3, 1:3] = 1064
    slices = make_slices(stored)
    for dataset in slices:
        dataset.add_new("PixelPaddingValue", "SS" if padding < 0 else "US", padding)
    found = read_hu(slices)
    assert np.unique(found).tolist() == [-1024, 40]


def test_range_of_padding(make_slices):
    stored = np.array([[60000, 60001], [60005, 1064]] * 3, dtype=np.uint16).reshape(3, 2, 2)
    found = read_hu(make_slices(stored, PixelPaddingValue=60005, PixelPaddingRangeLimit=60000))
    assert np.unique(found).tolist() == [-1024, 40]


def test_padding_that_looks_like_tissue_counts_only_in_the_corners(make_slices):
    stored = np.full((3, 4, 4), 1000, dtype=np.uint16)
    stored[:, 1:3, 1:3] = 1024
    assert read_hu(make_slices(stored, PixelPaddingValue=1024))[0, 1, 1] == 0
    found = read_hu(make_slices(stored, PixelPaddingValue=1000))
    assert (found[0, 0, 0], found[0, 1, 1]) == (-1024, 0)


def test_signed_values_under_an_unsigned_header(make_slices):
    values = np.array([-1024, -1000, 40, 3000], dtype=np.int16).reshape(1, 2, 2).repeat(3, axis=0)
    image = read_study(make_slices(values.view(np.uint16), RescaleIntercept=0)).images[0]
    np.testing.assert_array_equal(image.hu, values)
    assert [issue.code for issue in image.issues] == ["sign_corrected"]
    assert "3 of 3 slices" in image.issues[0].message


def test_the_top_of_twelve_bits_is_told(make_slices):
    stored = np.full((3, 4, 4), 1064, dtype=np.uint16)
    stored[1, :2, :3] = 4095
    slices = make_slices(stored, BitsStored=12, HighBit=11)
    image = read_study(slices).images[0]
    assert [issue.code for issue in image.issues] == ["saturated"]
    assert image.issues[0].message.startswith("6 voxels are clipped at 3071 HU")


@pytest.mark.parametrize(
    ("attributes", "kev"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "VMI"]}, None),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "MONO_70KEV"]}, 70),
    ],
)
def test_mono_energetic_images_are_used_at_their_kev(attributes, kev, make_slices, stored):
    header = read_study(make_slices(stored, **attributes)).images[0].header
    assert header.is_monoenergetic
    assert header.kev == kev


def test_kev_of_the_standard_s_attribute(make_slices, stored):
    of_image = Dataset()
    of_image.MonoenergeticEnergyEquivalent = 55.0
    slices = make_slices(
        stored,
        ImageType=["DERIVED", "PRIMARY", "AXIAL", "VMI"],
        MultienergyCTCharacteristicsSequence=[of_image],
    )
    assert read_study(slices).images[0].header.kev == 55


def test_a_tin_filter_is_seen(make_slices, stored):
    assert read_study(make_slices(stored, FilterMaterial=["ALUMINUM", "TIN"])).images[0].header.has_tin_filter
    assert not read_study(make_slices(stored)).images[0].header.has_tin_filter
