"""One anatomy, sampled anew by another scan: the same volume, within 5 %."""

import numpy as np
import pytest

import calciseg
from calciseg.phantom import PhantomRecipe, make_phantom
from calciseg.phantom.dicom import image_datasets

WITHIN = 0.05
SMALLEST_MM3 = 50

pytestmark = pytest.mark.slow


def thigh(spacing_mm_zyx, **recipe):
    return make_phantom(PhantomRecipe(kind="thigh", seed=3, spacing_mm_zyx=spacing_mm_zyx, **recipe))


def analyzed(source):
    (image,) = calciseg.analyze(source).images
    return image


def check_volume(image, phantom, plain):
    """Against the upright scan of the same anatomy and against the truth."""
    assert image.totals.volume_pv_mm3 == pytest.approx(plain.totals.volume_pv_mm3, rel=WITHIN)
    true_mm3 = sum(lesion.volume_mm3 for lesion in phantom.lesions)
    assert image.totals.volume_pv_mm3 == pytest.approx(true_mm3, rel=WITHIN)


def check_found(image, phantom):
    to_zyx = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    for lesion in phantom.lesions:
        if lesion.volume_mm3 < SMALLEST_MM3:
            continue
        voxels = np.argwhere(phantom.truth_labels == lesion.label).astype(float)
        places = phantom.volume.geometry.lps_mm_from_zyx(voxels)
        indices = np.rint(places @ to_zyx[:3, :3].T + to_zyx[:3, 3]).astype(int)
        is_inside = ((indices >= 0) & (indices < image.maps.labels.shape)).all(axis=1)
        covered = image.maps.labels[tuple(indices[is_inside].T)] > 0
        assert covered.mean() > 0.2, lesion


@pytest.fixture(scope="module")
def upright():
    phantom = thigh((2.0, 1.0, 1.0))
    return phantom, analyzed(phantom.study())


@pytest.mark.parametrize("tilt_deg", [18.0, -12.0])
def test_tilt(tilt_deg, upright):
    phantom, plain = upright
    image = analyzed(image_datasets(thigh((2.0, 1.0, 1.0), tilt_deg=tilt_deg)))
    check_volume(image, phantom, plain)
    check_found(image, phantom)


def test_overlap():
    """Slices of 2 mm every millimetre, and every other one of them: one scan, reconstructed twice.

    Both are made from slices of 1 mm: a phantom on another grid is another anatomy.
    """
    phantom = thigh((1.0, 1.0, 1.0))
    overlapping = image_datasets(phantom)[:-1]
    pairs = phantom.volume.hu[:-1].astype(np.int32) + phantom.volume.hu[1:]
    for one, pair_hu in zip(overlapping, pairs, strict=True):
        one.PixelData = (np.rint(pair_hu / 2).astype(np.int32) + 1024).astype("<u2").tobytes()
        x, y, z = (float(value) for value in one.ImagePositionPatient)
        one.ImagePositionPatient = [x, y, z + 0.5]
        one.SliceThickness = 2
    plain = analyzed(overlapping[::2])
    image = analyzed(overlapping)
    check_volume(image, phantom, plain)
    check_found(image, phantom)
