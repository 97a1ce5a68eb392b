"""The blur of an image, told by the surface of the body."""

import numpy as np
import pytest
from made_bodies import limb, scanned

from calciseg.ct.blur import measure_blur_mm, slice_axis
from calciseg.settings import BlurSettings

SPACING = (2.0, 0.8, 0.8)
FINE = 4


def image(psf_mm, *, noise_hu=10.0):
    """A limb scanned with a known blur, made of finer pixels."""
    fine = limb((8, 120 * FINE, 120 * FINE), (2.0, 0.2, 0.2), radius=36.0)
    blurred = scanned(fine, (2.0, 0.2, 0.2), psf_mm=psf_mm).astype(float)
    hu = blurred.reshape(8, 120, FINE, 120, FINE).mean(axis=(2, 4))
    return np.rint(hu + np.random.default_rng(0).normal(0, noise_hu, hu.shape)).astype(np.int16)


@pytest.mark.parametrize("psf_mm", [0.35, 0.5, 0.7])
def test_the_blur_is_told(psf_mm):
    assert measure_blur_mm(image(psf_mm), SPACING, BlurSettings()) == pytest.approx(psf_mm, abs=0.1)


def test_slices_may_lie_any_way():
    hu = image(0.5)
    found = measure_blur_mm(hu, SPACING, BlurSettings())
    turned = np.ascontiguousarray(hu.transpose(1, 0, 2)), (0.8, 2.0, 0.8)
    assert measure_blur_mm(*turned, BlurSettings()) == pytest.approx(found, abs=0.01)


def test_wide_pixels_and_images_without_edges_have_the_default():
    hu = image(0.7)
    assert measure_blur_mm(hu, (3.0, 3.0, 3.0), BlurSettings()) == BlurSettings().default_mm
    assert measure_blur_mm(hu[:, 50:70, 50:70], SPACING, BlurSettings()) == BlurSettings().default_mm


@pytest.mark.parametrize(
    ("spacing", "axis"),
    [((3, 0.8, 0.8), 0), ((0.8, 3, 0.8), 1), ((0.8, 0.8, 3), 2), ((1, 1, 1), 0), ((3, 2, 1), 0)],
)
def test_the_axis_of_slices_is_the_one_that_differs(spacing, axis):
    assert slice_axis(spacing) == axis
