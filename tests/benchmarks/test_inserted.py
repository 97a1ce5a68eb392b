"""What is put into real CT has the volume, the place and the HU that it says."""

import numpy as np
import pytest

from benchmarks.inserted.designs import CLEAR, HARD
from benchmarks.inserted.lesions import fill, place
from benchmarks.inserted.render import render
from benchmarks.inserted.shapes import Shape
from benchmarks.inserted.studies import RealStudy, thinned
from benchmarks.inserted.tissue import find_tissue
from benchmarks.inserted.truth import true_labels
from calciseg.model import CtVolume, ImageHeader, VolumeGeometry

SPACING = (2.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def limb():
    """A limb of 80 mm: skin of 2 mm, fat of 14 mm, muscle, a bone in the middle."""
    shape = (24, 110, 110)
    _, y, x = np.mgrid[:24, :110, :110]
    radius = np.hypot(y - 55, x - 55)
    hu = np.full(shape, -1000.0)
    hu[radius < 40] = 50
    hu[radius < 38] = -100
    hu[radius < 24] = 55
    hu[radius < 8] = 800
    hu += np.random.default_rng(0).normal(0, 8, shape)
    header = ImageHeader(series_instance_uid="1", sop_instance_uids=("2",) * 24, kvp=120.0)
    geometry = VolumeGeometry(shape_zyx=shape, spacing_mm_zyx=SPACING)
    volume = CtVolume(header=header, geometry=geometry, hu=hu.astype(np.int16))
    box = (slice(0, 24), slice(0, 110), slice(0, 110))
    study = RealStudy(name="limb", path="", boxes=(box,), n_averaged=(1, 2))
    return volume, find_tissue(volume, study), radius


def test_the_tissue_of_a_limb(limb):
    _, tissue, radius = limb
    assert tissue.muscle[(radius > 11) & (radius < 22)].mean() > 0.98
    assert not tissue.muscle[radius > 26].any()
    assert tissue.subcutaneous[(radius > 27) & (radius < 36)].mean() > 0.98
    assert not tissue.subcutaneous[radius < 23].any()
    assert tissue.bone[radius < 7].all()
    assert np.abs(tissue.fascia_mm - (24 - radius))[:, 55, 70:85].max() < 1.5


def test_a_nodule_has_the_volume_that_it_says(limb):
    _, tissue, _ = limb
    ball = Shape((5.0,) * 3, lambda points, _: 5.0 - np.sqrt(sum(a**2 for a in points)))
    _, share = fill(tissue, np.array([24.0, 55.0, 85.0]), ball)
    assert share.sum() * np.prod(SPACING) == pytest.approx(4 / 3 * np.pi * 125, rel=0.03)
    assert share.max() == 1.0


@pytest.mark.parametrize(
    "designs", [CLEAR, pytest.param(HARD, marks=pytest.mark.slow)], ids=["clear", "hard"]
)
def test_lesions_lie_in_their_tissue_and_apart(limb, designs):
    volume, tissue, radius = limb
    lesions = place(np.random.default_rng(1), tissue, designs, (300.0, 1200.0))
    assert len(lesions) >= 6
    taken = np.zeros(volume.hu.shape, int)
    middles = {
        "cutaneous": (36.5, 41),
        "subcutaneous": (25, 38),
        "fascial": (22, 26),
        "intramuscular": (8, 22),
    }
    for one in lesions:
        taken[one.box] += one.share > 0
        low, high = middles[one.tissue_plane]
        assert low < np.average(radius[one.box], weights=one.share) < high
    assert taken.max() == 1
    hu = render(volume, tissue, lesions)
    solid = [hu[one.box][one.share == 1].mean() / one.hu for one in lesions if (one.share == 1).sum() > 200]
    assert solid == pytest.approx([1.0] * len(solid), abs=0.15)
    assert (hu == volume.hu).mean() > 0.8


def test_thick_slices_average_hu_and_truth(limb):
    volume, tissue, _ = limb
    lesions = place(np.random.default_rng(2), tissue, CLEAR, (300.0, 1200.0))
    thick = thinned(volume, volume.hu, 2)
    assert thick.geometry.spacing_mm_zyx == (4.0, 1.0, 1.0)
    np.testing.assert_allclose(thick.hu, volume.hu.reshape(12, 2, 110, 110).mean(axis=1), atol=0.5)
    labels = true_labels(lesions, volume.hu.shape, 2)
    assert labels.shape == thick.hu.shape
    assert set(np.unique(labels)) == {0, *(one.label for one in lesions)}
