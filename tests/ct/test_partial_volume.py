"""Volumes of bodies whose volume is known, after blur, and at any threshold."""

import numpy as np
import pytest
from made_bodies import FAT, MUSCLE, distance_to_mm
from scipy import ndimage

from calciseg.ct.footprints import depth_in
from calciseg.ct.partial_volume import is_deep, partial_volume_mm3
from calciseg.settings import MeasureSettings

FINE = 4  # sub-voxels along each axis


def imaged(inside, shape, spacing, solid_hu, tissue_hu, *, noise_hu=8.0, seed=0):
    """Scan a body given as a function of voxel positions: supersample, blur, add noise."""
    fine_shape = tuple(n * FINE for n in shape)
    fine_spacing = tuple(s / FINE for s in spacing)
    body = inside(fine_shape, fine_spacing)
    hu = np.where(body, solid_hu, tissue_hu).astype(np.float32)
    sigmas = [0.4 * FINE, *(0.5 / s for s in fine_spacing[1:])]
    hu = ndimage.gaussian_filter(hu, sigmas)
    hu = hu.reshape(shape[0], FINE, shape[1], FINE, shape[2], FINE).mean(axis=(1, 3, 5))
    hu += np.random.default_rng(seed).normal(0, noise_hu, shape)
    return np.rint(hu).astype(np.int16), float(body.sum() * np.prod(fine_spacing))


def volume_of(mask, others, hu, spacing):
    deep = is_deep(depth_in(mask, spacing)[0], spacing, MeasureSettings())
    return partial_volume_mm3(mask, deep, others, hu, spacing, MeasureSettings())


def measured(hu, spacing, others=None, threshold=130):
    mask = hu >= threshold
    if others is not None:
        mask &= ~others
    else:
        others = np.zeros(hu.shape, bool)
    labels, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    largest = np.bincount(labels.ravel())[1:].argmax() + 1
    return volume_of(labels == largest, others, hu, spacing)


def ball(diameter, centre=(0.0, 0.0, 0.0)):
    return lambda shape, spacing: distance_to_mm(shape, spacing, centre) <= diameter / 2


def slab(thickness):
    """A plate of 20 mm by 14 mm, thin along y."""

    def inside(shape, spacing):
        sides = np.ogrid[tuple(slice(0, n) for n in shape)]
        z, y, x = (np.abs((i - (n - 1) / 2) * s) for i, n, s in zip(sides, shape, spacing, strict=True))
        return (z <= 7) & (y <= thickness / 2) & (x <= 10)

    return inside


def shape_for(extent_mm, spacing):
    return tuple(int((extent_mm + 12) / s) for s in spacing)


# Of a ball of 6 mm three thick slices show hardly a voxel that is all calcium.
TOLERANCES = {
    (1.0, 0.8, 0.8): {6.0: 0.25, 10.0: 0.15, 16.0: 0.1},
    (3.0, 0.8, 0.8): {6.0: 0.4, 10.0: 0.25, 16.0: 0.15},
}


@pytest.mark.parametrize("spacing", list(TOLERANCES))
@pytest.mark.parametrize("tissue_hu", [FAT, MUSCLE])
@pytest.mark.parametrize("solid_hu", [400.0, 900.0])
@pytest.mark.parametrize("diameter", [6.0, 10.0, 16.0])
def test_a_ball_has_its_volume(diameter, solid_hu, tissue_hu, spacing):
    hu, truth = imaged(ball(diameter), shape_for(diameter, spacing), spacing, solid_hu, tissue_hu)
    assert measured(hu, spacing) == pytest.approx(truth, rel=TOLERANCES[spacing][diameter])


@pytest.mark.parametrize(("thickness", "tolerance"), [(2.0, 0.3), (3.0, 0.2), (5.0, 0.15)])
def test_a_slab_has_its_volume(thickness, tolerance):
    spacing = (1.0, 0.8, 0.8)
    hu, truth = imaged(slab(thickness), shape_for(20, spacing), spacing, 700.0, MUSCLE)
    assert measured(hu, spacing) == pytest.approx(truth, rel=tolerance)


def test_it_is_nearer_to_the_truth_than_counting_voxels():
    spacing = (3.0, 0.8, 0.8)
    for diameter in (6.0, 8.0, 12.0):
        hu, truth = imaged(ball(diameter), shape_for(diameter, spacing), spacing, 900.0, FAT)
        counted = (hu >= 130).sum() * np.prod(spacing)
        assert abs(measured(hu, spacing) - truth) < abs(counted - truth)


def test_the_threshold_hardly_matters():
    spacing = (1.0, 0.8, 0.8)
    hu, _ = imaged(ball(10.0), shape_for(10, spacing), spacing, 900.0, MUSCLE)
    low, high = measured(hu, spacing, threshold=130), measured(hu, spacing, threshold=300)
    assert low == pytest.approx(high, rel=0.05)
    assert (hu >= 130).sum() > 1.1 * (hu >= 300).sum()


def test_a_neighbour_is_not_counted():
    spacing, shape = (1.0, 0.8, 0.8), (22, 28, 50)
    centres = ((0.0, 0.0, -8.0), (0.0, 0.0, 8.0))
    both = lambda s, p: ball(8.0, centres[0])(s, p) | ball(8.0, centres[1])(s, p)  # noqa: E731
    hu, truth = imaged(both, shape, spacing, 700.0, MUSCLE)
    others = (hu >= 130) & (np.arange(shape[2]) > 25)
    assert measured(hu, spacing, others) == pytest.approx(truth / 2, rel=0.2)


@pytest.mark.parametrize("solid_hu", [450.0, 900.0])
def test_thin_fat_between_muscle_and_skin_is_seen_behind_a_strand(solid_hu):
    spacing, shape = (1.0, 0.8, 0.8), (26, 30, 40)
    z, y, x = (np.arange(FINE * n) * step / FINE for n, step in zip(shape, spacing, strict=True))
    depth_mm = y - 6.3
    layers = [depth_mm < 0, depth_mm < 1.5, depth_mm < 5.5]
    tissue = np.select(layers, [-1000.0, 45.0, FAT], MUSCLE)
    strand = (np.abs(z - 13) <= 1)[:, None, None] & (np.abs(depth_mm - 3.5) <= 1)[:, None]
    strand = strand & (np.abs(x - 16) <= 9)
    hu, truth = imaged(lambda *_: strand, shape, spacing, solid_hu, tissue[:, None])
    assert measured(hu, spacing) == pytest.approx(truth, rel=0.15)


def test_without_tissue_around_voxels_are_counted():
    hu = np.full((3, 4, 5), 500, np.int16)
    mask = np.ones(hu.shape, bool)
    assert volume_of(mask, ~mask, hu, (2.0, 1.0, 1.0)) == pytest.approx(120.0)


@pytest.mark.parametrize("axes", [(1, 0, 2), (1, 2, 0)], ids=["coronal", "sagittal"])
def test_thick_slices_may_lie_any_way(axes):
    spacing = (3.0, 0.8, 0.8)
    hu, _ = imaged(ball(10.0), shape_for(10.0, spacing), spacing, 500, MUSCLE)
    turned = measured(np.ascontiguousarray(hu.transpose(axes)), tuple(spacing[axis] for axis in axes))
    # Of two tissue voxels equally near, the first one counts.
    assert turned == pytest.approx(measured(hu, spacing), rel=0.005)
