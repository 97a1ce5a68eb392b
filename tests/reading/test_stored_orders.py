"""One anatomy, sliced along any axis, in any direction, in any frame: the same lesions."""

import copy
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from made_phantoms import small_phantom
from scipy.spatial.transform import Rotation

import calciseg
from calciseg.phantom import PhantomRecipe, make_phantom
from calciseg.phantom.dicom import image_datasets
from calciseg.reading import read_study

UPRIGHT = Rotation.identity()
OBLIQUE = Rotation.from_euler("zyx", (24, -17, 12), degrees=True)
LAYOUTS = list(product(permutations(range(3)), product((False, True), repeat=3)))


@pytest.fixture(scope="module")
def phantom():
    return small_phantom("thigh")


@pytest.fixture(scope="module")
def result(phantom):
    return calciseg.analyze(image_datasets(phantom)).images[0]


@pytest.fixture(scope="module")
def coarse():
    """As many orders are read of it as there are: a few voxels show as well where each of them went."""
    return make_phantom(
        PhantomRecipe(kind="thigh", seed=3, spacing_mm_zyx=(6.0, 10.0, 8.0), n_slices=5, lesions=())
    )


@pytest.fixture(scope="module")
def stored_as():
    """Slices along the first of three axes, with rows and columns along the others, some of them reversed."""

    def make(phantom, axes, is_reversed=(False, False, False), turn=UPRIGHT):
        template, volume = image_datasets(phantom)[0], phantom.volume
        affine = volume.geometry.affine_lps_mm_from_zyx
        steps_mm = turn.apply(affine[:3, axes].T)
        shape = np.array(volume.hu.shape)[list(axes)]
        flips = tuple(slice(None, None, -1 if one else 1) for one in is_reversed)
        stack = volume.hu.transpose(axes)[flips]
        corner = turn.apply(affine[:3, 3])
        for n, one in enumerate(is_reversed):
            corner = corner + one * (shape[n] - 1) * steps_mm[n]
        steps_mm = steps_mm * np.where(is_reversed, -1, 1)[:, None]
        lengths_mm = np.linalg.norm(steps_mm, axis=1)
        slices = []
        for n, hu in enumerate(stack):
            one = copy.deepcopy(template)
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"2.25.77.{n}"
            one.InstanceNumber = n + 1
            one.Rows, one.Columns = hu.shape
            one.PixelSpacing = [f"{mm:.10g}" for mm in lengths_mm[1:]]
            one.ImagePositionPatient = [f"{mm:.10g}" for mm in corner + n * steps_mm[0]]
            row, column = steps_mm[2] / lengths_mm[2], steps_mm[1] / lengths_mm[1]
            one.ImageOrientationPatient = [f"{value:.10f}" for value in (*row, *column)]
            one.PixelData = (hu.astype(np.int32) + 1024).astype("<u2").tobytes()
            slices.append(one)
        return slices

    return make


@pytest.mark.slow
@pytest.mark.parametrize("turn", [UPRIGHT, OBLIQUE], ids=["upright", "oblique"])
def test_every_order_is_read_as_one_volume(turn, stored_as, coarse):
    """48 of them, and not one value, length or place is another; the chain sees nothing else."""
    geometry = coarse.volume.geometry
    turned = np.eye(4)
    turned[:3, :3] = turn.as_matrix()
    for axes, is_reversed in LAYOUTS:
        (image,) = read_study(stored_as(coarse, axes, is_reversed, turn)).images
        np.testing.assert_array_equal(image.hu, coarse.volume.hu)
        assert image.geometry.spacing_mm_zyx == geometry.spacing_mm_zyx
        affine = turned @ geometry.affine_lps_mm_from_zyx
        np.testing.assert_allclose(image.geometry.affine_lps_mm_from_zyx, affine, atol=1e-5)
        assert not image.is_resampled
        assert image.issues == ()
        numbers = [int(uid.rpartition(".")[2]) for uid in image.header.sop_instance_uids]
        assert numbers == sorted(numbers, reverse=is_reversed[0])


@pytest.mark.parametrize(
    ("axes", "is_reversed", "turn"),
    [
        ((2, 0, 1), (False, True, False), UPRIGHT),
        ((1, 0, 2), (False, True, False), UPRIGHT),
        ((0, 1, 2), (True, False, False), UPRIGHT),
        ((0, 1, 2), (True, True, True), UPRIGHT),
        ((0, 1, 2), (False, False, False), OBLIQUE),
        ((2, 0, 1), (True, True, False), OBLIQUE),
    ],
    ids=["sagittal", "coronal", "feet to head", "all reversed", "oblique", "oblique sagittal"],
)
def test_the_same_lesions(axes, is_reversed, turn, stored_as, phantom, result):
    (found,) = calciseg.analyze(stored_as(phantom, axes, is_reversed, turn)).images
    np.testing.assert_array_equal(found.maps.labels, result.maps.labels)
    np.testing.assert_array_equal(found.maps.planes, result.maps.planes)
    assert found.totals == result.totals
    assert len(result.lesions) > 10
    for one, expected in zip(found.lesions, result.lesions, strict=True):
        np.testing.assert_allclose(one.centroid_lps_mm, turn.apply(expected.centroid_lps_mm), atol=1e-4)
        assert replace(one, centroid_lps_mm=expected.centroid_lps_mm) == expected
