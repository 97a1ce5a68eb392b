"""Plaques on a drawn aorta, a winding artery, stones: arteries of the trunk are named, other things not."""

import numpy as np
import pytest
from made_bodies import CALCIUM, FAT, MUSCLE, ct_volume, distance_to_mm, filled, radius_mm, scanned

from calciseg.ct.candidates import DensityThresholds, SoftTissueNoise
from calciseg.ct.evidence import is_told
from calciseg.ct.trunk_arteries import find_trunk_arteries
from calciseg.kernels import connected_components
from calciseg.settings import TrunkArterySettings

SHAPE, SPACING = (30, 90, 90), (2.0, 0.9, 0.9)
NOISE_HU = 12.0


def thresholds(grow_hu=130.0):
    lattice = np.full((1, 1, 1), NOISE_HU, np.float32)
    noise = SoftTissueNoise(
        mean_hu=MUSCLE,
        sd_hu=NOISE_HU,
        local_sd_hu=lattice,
        local_streak=lattice / NOISE_HU,
        lattice_steps=(1, 1, 1),
    )
    return DensityThresholds(
        calcium_factor=1.0, calcium_hu=130.0, grow_hu=grow_hu, seed_hu=grow_hu + 30, noise=noise
    )


def evidence_of(hu, *, contrast=False, is_inner=None, noise_hu=NOISE_HU):
    noisy = scanned(hu, SPACING, noise_hu=noise_hu)
    of_image = thresholds(200.0 if contrast else 130.0)
    found = connected_components(noisy, of_image.grow_hu, min_voxels=8)
    volume = ct_volume(noisy, SPACING, contrast_agent="IOHEXOL" if contrast else None)
    inner = np.ones(found.n_components, bool) if is_inner is None else is_inner(found)
    return find_trunk_arteries(found, inner, volume, of_image, TrunkArterySettings())


def z_mm():
    return ((np.arange(SHAPE[0]) - (SHAPE[0] - 1) / 2) * SPACING[0])[:, None, None]


def degrees():
    y, x = ((np.arange(n) - (n - 1) / 2) * s for n, s in zip(SHAPE[1:], SPACING[1:], strict=True))
    return np.degrees(np.arctan2(y[:, None], x[None]))[None]


def tube(blood_hu, *, radius=11.0, beside_hu=None, half_length=100.0):
    """A vessel in fat, with something beside its front and its back."""
    hu = np.full(SHAPE, FAT)
    if beside_hu is not None:
        hu = np.where(np.abs(np.abs(degrees()) - 90) < 25, beside_hu, hu)
    inside = np.minimum(radius - radius_mm(SHAPE, SPACING), half_length - np.abs(z_mm()))
    return filled(hu, inside, blood_hu, 0.9)


def with_plaque(hu, *, radius=11.0, width=2.2, to_degrees=25, half_length=7.0):
    wall = np.minimum(width / 2 - np.abs(radius_mm(SHAPE, SPACING) - radius), half_length - np.abs(z_mm()))
    return filled(hu, np.where(np.abs(degrees()) < to_degrees, wall, -9.0), CALCIUM, 0.9)


@pytest.mark.parametrize(("blood_hu", "contrast"), [(45.0, False), (160.0, True)])
@pytest.mark.parametrize(("radius", "to_degrees"), [(5.0, 25), (8.0, 80), (11.0, 25), (15.0, 80)])
def test_a_plaque_of_a_large_artery_is_named(blood_hu, contrast, radius, to_degrees):
    hu = with_plaque(tube(blood_hu, radius=radius), radius=radius, to_degrees=to_degrees)
    (evidence,) = evidence_of(hu, contrast=contrast)
    assert "round of blood of" in evidence[0]
    diameter_mm = float(evidence[0].split("blood of ")[1].split(" ")[0])
    assert diameter_mm == pytest.approx(
        2 * radius, abs=3.5
    )  # fat beyond a blurred edge is seen from 1.5 mm within


@pytest.mark.parametrize("seed_degrees", [25, 160])
def test_crura_beside_it_do_not_hide_it_under_contrast(seed_degrees):
    hu = with_plaque(tube(160.0, beside_hu=MUSCLE), to_degrees=seed_degrees)
    assert is_told(evidence_of(hu, contrast=True)).all()


def test_a_plaque_in_muscle_is_none():
    hu = with_plaque(np.full(SHAPE, MUSCLE))
    assert not is_told(evidence_of(hu)).any()


@pytest.mark.parametrize("hu_inside", [5.0, -60.0])
def test_a_stone_at_the_wall_of_bile_or_in_fat_is_none(hu_inside):
    assert not is_told(evidence_of(with_plaque(tube(hu_inside)))).any()


def test_a_stone_in_the_middle_of_a_round_organ_is_none():
    ball = 4.0 - distance_to_mm(SHAPE, SPACING)
    assert not is_told(evidence_of(filled(tube(45.0, radius=15.0), ball, CALCIUM, 0.9))).any()


def test_uneven_content_is_no_blood():
    stripes = np.where(np.arange(SHAPE[2]) % 6 < 3, -45.0, 45.0)[None, None]
    inside = radius_mm(SHAPE, SPACING) < 9.5
    assert not is_told(evidence_of(with_plaque(tube(50.0) + inside * stripes))).any()


def test_what_ends_soon_is_no_vessel():
    """A round node with a calcified edge, as long as its calcification."""
    assert not is_told(evidence_of(with_plaque(tube(45.0, half_length=9.0)))).any()


def test_without_muscle_to_measure_noise_nothing_is_told():
    hu = scanned(with_plaque(tube(45.0)), SPACING)
    found = connected_components(hu, 130)
    unknown = DensityThresholds(calcium_factor=1, calcium_hu=130, grow_hu=130, seed_hu=160, noise=None)
    every = np.ones(found.n_components, bool)
    evidence = find_trunk_arteries(found, every, ct_volume(hu, SPACING), unknown, TrunkArterySettings())
    assert evidence == [()] * found.n_components


def winding(wall_mm, radius, *, until_mm=22.0):
    """A tube that winds along x in the middle slices: filled where positive."""
    y, x = ((np.arange(n) - (n - 1) / 2) * s for n, s in zip(SHAPE[1:], SPACING[1:], strict=True))
    middle_y = 5.0 * np.sin(x / 8.0)
    slope = np.hypot(1.0, 5.0 / 8.0 * np.cos(x / 8.0))
    across = np.hypot((y[:, None] - middle_y[None]) / slope[None], z_mm())
    inside = across - (radius - wall_mm)
    return np.minimum(np.minimum(radius - across, inside), until_mm - np.abs(x)[None, None])


def test_a_winding_artery_is_named_by_its_lumen():
    hu = filled(np.full(SHAPE, 60.0), winding(1.8, 4.2), 900.0, 0.9)
    (evidence,) = evidence_of(hu, contrast=True)
    assert "a hollow strand" in evidence[0]


def test_a_solid_strand_is_none():
    hu = filled(np.full(SHAPE, 60.0), winding(4.2, 4.2), 900.0, 0.9)
    assert not is_told(evidence_of(hu, contrast=True)).any()


def test_a_clump_of_stones_is_no_strand():
    hu = np.full(SHAPE, 10.0)
    for z, y, x in [(0, 0, 0), (0, 4, 5), (0, -5, 3), (4, 2, 4), (-4, -3, 1), (0, 1, -6)]:
        hu = filled(hu, 3.6 - distance_to_mm(SHAPE, SPACING, (z, y, x)), CALCIUM, 0.9)
    assert not is_told(evidence_of(hu)).any()


def ball_at(x):
    return 2.2 - distance_to_mm(SHAPE, SPACING, (0.0, 5.0 * np.sin(x / 8.0), x))


@pytest.mark.parametrize(("x_mm", "is_near"), [(31.0, True), (-38.0, False)])
def test_slim_pieces_near_it_belong_to_it(x_mm, is_near):
    """The far one lies 24 mm from the strand, which ends at 12 mm on that side."""
    strand = np.where((np.arange(SHAPE[2]) - 44.5) * 0.9 > -12.0, winding(1.8, 4.2), -9.0)
    hu = filled(np.full(SHAPE, 60.0), strand, 900.0, 0.9)
    hu = filled(hu, ball_at(x_mm), 900.0, 0.9)
    told = is_told(evidence_of(hu, contrast=True))
    assert len(told) == 2
    assert told.all() == is_near
    assert told.any()


def test_only_inner_ones_are_named_though_others_tell_of_them():
    hu = filled(np.full(SHAPE, 60.0), winding(1.8, 4.2), 900.0, 0.9)
    hu = filled(hu, ball_at(31.0), 900.0, 0.9)
    told = is_told(evidence_of(hu, contrast=True, is_inner=lambda found: found.table["n_voxels"] < 100))
    assert told.sum() == 1
    assert len(told) == 2
