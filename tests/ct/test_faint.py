"""Small deposits in fat count where they stand out of it, below thresholds made for muscle."""

import numpy as np
import pytest
from made_bodies import ct_volume, limb, scanned, with_ball

from calciseg.ct import analyze_volume
from calciseg.ct.survey import survey
from calciseg.settings import FaintSettings, Settings

SHAPE, SPACING = (9, 90, 90), (2.0, 1.0, 1.0)
IN_FAT, IN_MUSCLE, IN_SKIN = (0.0, 0.0, 32.0), (0.0, 0.0, 10.0), (0.0, 0.0, 40.5)
SETTINGS = Settings()


def limb_with_dot(where, hu, contrast=None):
    """A limb of 42 mm with 20 mm of fat, and a ball of 4 mm in it."""
    body = limb(SHAPE, SPACING, radius=42.0, skin=2.0, muscle=20.0)
    dotted = with_ball(body, SPACING, where, 2.0, hu)
    return ct_volume(scanned(dotted, SPACING, noise_hu=8.0), SPACING, contrast_agent=contrast)


def lesions_of(volume, settings=SETTINGS):
    return analyze_volume(volume, 1, settings).lesions


@pytest.mark.parametrize("where", [IN_FAT, IN_MUSCLE, IN_SKIN])
def test_a_dot_below_the_threshold_for_contrast_counts_in_fat_alone(where):
    volume = limb_with_dot(where, 190.0, "IOPAMIDOL")
    assert 130 < volume.hu[4].max() < SETTINGS.candidates.contrast_grow_hu
    found = lesions_of(volume)
    assert [one.tissue_plane for one in found] == (["subcutaneous"] if where == IN_FAT else [])
    for one in found:
        assert one.hu_max < SETTINGS.candidates.contrast_grow_hu
        assert 0 < one.surface_mm2 < 100


def test_a_dot_that_reaches_no_calcium_does_not_count_in_fat_either():
    volume = limb_with_dot(IN_FAT, 120.0, "IOPAMIDOL")
    assert not lesions_of(volume)


def test_a_dot_between_the_two_thresholds_counts_in_fat():
    candidates = SETTINGS.candidates.model_copy(update={"seed_hu": 190.0})
    settings = SETTINGS.model_copy(update={"candidates": candidates})
    for where, n in ((IN_FAT, 1), (IN_MUSCLE, 0)):
        volume = limb_with_dot(where, 185.0 if where == IN_FAT else 165.0)
        assert 130 < volume.hu[4].max() < 190
        assert len(lesions_of(volume, settings)) == n


@pytest.mark.parametrize(
    "changed",
    [{"high_hu": -100.0}, {"min_depth_mm": 15.0}, {"max_volume_mm3": 1.0}],
    ids=lambda one: next(iter(one)),
)
def test_every_limit_can_refuse(changed):
    settings = SETTINGS.model_copy(update={"faint": FaintSettings(**changed)})
    assert not lesions_of(limb_with_dot(IN_FAT, 190.0, "IOPAMIDOL"), settings)


def test_what_is_denser_keeps_its_voxels():
    body = limb_with_dot((0.0, 0.0, -32.0), 600.0, "IOPAMIDOL").hu
    both = with_ball(body.astype(float), SPACING, IN_FAT, 2.0, 190.0)
    volume = ct_volume(both, SPACING, contrast_agent="IOPAMIDOL")
    seen = survey(volume, SETTINGS, lambda *_: None)
    labels = seen.found.labels()
    assert seen.found.n_components == 2
    dense = labels == labels[4, 44, 45 - 32]
    np.testing.assert_array_equal(dense, (volume.hu >= 200) & (np.arange(90) < 45))
    assert volume.hu[(labels > 0) & ~dense].min() >= 130


def limb_with_faint_ball(where, radius_mm):
    """A limb with a ball whose voxels lie between the two thresholds for contrast medium."""
    body = limb(SHAPE, SPACING, radius=42.0, skin=2.0, muscle=20.0)
    hu = np.rint(
        with_ball(scanned(body, SPACING, noise_hu=8.0).astype(float), SPACING, where, radius_mm, 215)
    )
    return ct_volume(hu.astype(np.int16), SPACING, contrast_agent="IOPAMIDOL")


@pytest.mark.parametrize(
    ("where", "radius_mm", "planes"),
    [(IN_SKIN, 2.5, ["cutaneous"]), (IN_SKIN, 1.2, []), (IN_MUSCLE, 2.5, [])],
)
def test_what_never_reaches_the_seed_counts_within_the_skin_if_it_is_wide(where, radius_mm, planes):
    volume = limb_with_faint_ball(where, radius_mm)
    inside = volume.hu >= SETTINGS.candidates.contrast_grow_hu
    assert inside.sum() > 0
    assert volume.hu.max() < SETTINGS.candidates.contrast_seed_hu
    assert [one.tissue_plane for one in lesions_of(volume)] == planes
    narrow = FaintSettings(skin_grains=1 + float(inside.sum()))
    assert not lesions_of(volume, SETTINGS.model_copy(update={"faint": narrow}))


def test_the_finer_the_pixels_the_more_of_them_a_grain_of_noise_has():
    volume = limb_with_faint_ball(IN_SKIN, 2.5)
    n_voxels = float((volume.hu >= SETTINGS.candidates.contrast_grow_hu).sum())
    for grain_mm, n in ((1.0, 1), (1.5, 0)):  # two pixels and a quarter, slices are thicker
        settings = FaintSettings(grain_mm=grain_mm, skin_grains=n_voxels)
        assert len(lesions_of(volume, SETTINGS.model_copy(update={"faint": settings}))) == n
