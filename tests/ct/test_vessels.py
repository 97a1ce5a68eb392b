"""Walls of vessels are arcs around a lumen along a course; calcifications are not."""

import numpy as np
import pytest
from made_bodies import CALCIUM, MUSCLE, distance_to_mm, filled, radius_mm, scanned

from calciseg.ct.evidence import is_told
from calciseg.ct.vessel_courses import follow_vessel, vessel_look
from calciseg.ct.vessels import find_vessel_walls
from calciseg.ct.wall_pieces import find_wall_pieces
from calciseg.kernels import connected_components
from calciseg.settings import VesselSettings

SHAPE, SPACING = (40, 48, 48), (1.0, 0.7, 0.7)


def z_mm(shape=SHAPE, spacing=SPACING):
    return ((np.arange(shape[0]) - (shape[0] - 1) / 2) * spacing[0])[:, None, None]


def angle_degrees(shape=SHAPE, centre=(0.0, 0.0), spacing=SPACING):
    y = (np.arange(shape[1]) - (shape[1] - 1) / 2) * spacing[1] - centre[0]
    x = (np.arange(shape[2]) - (shape[2] - 1) / 2) * spacing[2] - centre[1]
    return np.degrees(np.arctan2(y[:, None], x[None, :]))[None]


def evidence_of(hu, spacing=SPACING, depth_mm=20.0):
    noisy = scanned(hu, spacing, noise_hu=8.0, psf_mm=0.4)
    found = connected_components(noisy, 150)
    depths_mm = np.full(found.n_components, depth_mm, np.float32)
    return find_vessel_walls(found, depths_mm, noisy, spacing, 150.0, VesselSettings()), found


def walls_of(hu, spacing=SPACING, depth_mm=20.0):
    evidence, found = evidence_of(hu, spacing, depth_mm)
    return is_told(evidence), found


def tube(radius, shape=SHAPE, centre=(0.0, 0.0), half_length=9.0, width=1.2, spacing=SPACING):
    r = radius_mm(shape, spacing, centre)
    return np.minimum(width / 2 - np.abs(r - radius), half_length - np.abs(z_mm(shape, spacing)))


@pytest.mark.parametrize("radius", [2.2, 3.0, 4.5])
@pytest.mark.parametrize("spacing", [(1.0, 0.7, 0.7), (3.0, 0.7, 0.7)])
def test_a_ring_along_a_course_is_a_wall(radius, spacing):
    wall = filled(np.full(SHAPE, MUSCLE), tube(radius, spacing=spacing), 900.0, 0.7)
    is_wall, found = walls_of(wall, spacing)
    assert found.n_components == 1
    assert is_wall.all()


def test_a_half_ring_is_a_wall():
    half = np.where(np.abs(angle_degrees()) < 100, tube(3.0), -9.0)
    is_wall, found = walls_of(filled(np.full(SHAPE, MUSCLE), half, 900.0, 0.7))
    assert found.n_components == 1
    assert is_wall.all()


@pytest.mark.parametrize("radius", [1.5, 3.0, 6.0])
def test_a_solid_ball_is_no_wall(radius):
    ball = radius - distance_to_mm(SHAPE, SPACING)
    is_wall, found = walls_of(filled(np.full(SHAPE, MUSCLE), ball, CALCIUM, 0.7))
    assert found.n_components == 1
    assert not is_wall.any()


def test_a_curved_plaque_is_no_wall():
    shape = (40, 64, 64)
    centre = (0.0, -16.0)
    plaque = tube(20.0, shape, centre, width=2.5, half_length=12.0)
    plaque = np.where(np.abs(angle_degrees(shape, centre)) < 40, plaque, -9.0)
    is_wall, found = walls_of(filled(np.full(shape, MUSCLE), plaque, CALCIUM, 0.7))
    assert found.n_components == 1
    assert not is_wall.any()


def test_a_thick_patch_bent_round_a_small_muscle_is_no_wall():
    patch = tube(5.4, width=4.4, half_length=4.0)
    patch = np.where(np.abs(angle_degrees()) < 90, patch, -9.0)
    is_wall, found = walls_of(filled(np.full(SHAPE, MUSCLE), patch, CALCIUM, 0.7))
    assert found.n_components == 1
    assert not is_wall.any()


def test_a_ring_around_fat_is_no_wall():
    hu = filled(np.full(SHAPE, MUSCLE), 3.5 - radius_mm(SHAPE, SPACING), -100.0, 0.7)
    is_wall, _ = walls_of(filled(hu, tube(4.5), 600.0, 0.7))
    assert not is_wall.any()


CHAIN_SHAPE = (70, 48, 48)


def dull_vessel():
    """A vessel in muscle, in a sheath so thin and grey that its edge is seen but not clear."""
    r = radius_mm(CHAIN_SHAPE, SPACING)
    return filled(filled(np.full(CHAIN_SHAPE, MUSCLE), 3.6 - r, -20.0, 0.7), 2.4 - r, 50.0, 0.7)


def strands(*centres_and_middles, half_length=6.0, hu=None):
    """Thin strands along z."""
    hu = np.full(CHAIN_SHAPE, MUSCLE) if hu is None else hu
    shape = hu.shape
    inside = np.full(shape, -9.0)
    for centre, middle in centres_and_middles:
        z = np.abs(z_mm(shape) - middle)
        one = np.minimum(0.9 - radius_mm(shape, SPACING, centre), half_length - z)
        inside = np.maximum(inside, one)
    return filled(hu, inside, 900.0, 0.7)


CHAIN = (((0, 0), -26.0), ((0.7, 0), -9.0), ((0, 0.7), 9.0), ((0, 0), 26.0))


def test_a_chain_of_strands_without_a_sign_of_a_vessel_is_no_course():
    """Calcinosis is linear along fasciae and muscle fibres, too: by their length alone strands are kept."""
    is_wall, found = walls_of(strands(*CHAIN))
    assert found.n_components == 4
    assert not is_wall.any()


def test_a_chain_deep_in_a_limb_is_a_course_though_its_vessel_is_not_seen():
    """One strand alone is none at any depth."""
    is_wall, found = walls_of(strands(*CHAIN), depth_mm=50.0)
    assert found.n_components == len(CHAIN)
    assert is_wall.all()
    alone, found = walls_of(strands(CHAIN[0], half_length=19.0), depth_mm=50.0)
    assert found.n_components == 1
    assert not alone.any()


def test_a_chain_of_strands_is_a_course_where_their_vessel_is_seen_between_them():
    is_wall, found = walls_of(strands(*CHAIN, hu=dull_vessel()))
    assert found.n_components == 4
    assert is_wall.all()
    assert not walls_of(strands(CHAIN[0], CHAIN[1], hu=dull_vessel()))[0].any()  # 24 mm together


def test_the_vessel_of_a_chain_is_seen_by_another_piece_of_it_that_is_hollow():
    hu = filled(np.full(CHAIN_SHAPE, MUSCLE), tube(3.0, CHAIN_SHAPE, half_length=6.0), 900.0, 0.7)
    is_wall, found = walls_of(strands(CHAIN[0], CHAIN[3], hu=hu))
    assert found.n_components == 3
    assert is_wall.all()


def test_a_plaque_beside_strands_on_a_course_is_none_of_them():
    shape = (70, 48, 48)
    hu = strands(((0, 0), -24.0), ((0, 0), 24.0), half_length=10.0, hu=dull_vessel())
    across_mm = (np.arange(48) - 23.5) * 0.7
    thin = np.minimum(4.0 - np.abs(z_mm(shape)), 1.0 - np.abs(across_mm - 2.0)[None, :, None])
    is_wall, found = walls_of(filled(hu, np.minimum(thin, 5.0 - np.abs(across_mm - 2.0)), CALCIUM, 0.7))
    is_plaque = found.table["n_voxels"] > 400
    assert is_plaque.sum() == 1
    np.testing.assert_array_equal(is_wall, ~is_plaque)


def test_strands_side_by_side_are_no_course():
    hu = strands(((-10, -10), 0.0), ((-10, 10), 0.0), ((10, -10), 0.0), ((10, 10), 0.0))
    is_wall, found = walls_of(hu)
    assert found.n_components == 4
    assert not is_wall.any()


def test_one_short_strand_is_no_course():
    is_wall, _ = walls_of(strands(((0, 0), 0.0), half_length=9.0))
    assert not is_wall.any()


def test_crumbs_on_the_course_belong_to_it_and_others_do_not():
    shape = (40, 64, 64)
    hu = filled(np.full(shape, MUSCLE), tube(3.0, shape, half_length=7.0), 900.0, 0.7)
    on, aside, large = (14.0, 2.5, 0.0), (0.0, 14.0, 0.0), (0.0, -14.0, 0.0)
    for centre, radius in ((on, 1.5), (aside, 1.5), (large, 4.5)):
        hu = filled(hu, radius - distance_to_mm(shape, SPACING, centre), 900.0, 0.7)
    is_wall, found = walls_of(hu)
    by_place = {}
    for name, centre in (("on", on), ("aside", aside), ("large", large), ("tube", (0.0, 3.0, 0.0))):
        index = tuple(round(c / s + (n - 1) / 2) for c, s, n in zip(centre, SPACING, shape, strict=True))
        by_place[name] = bool(is_wall[found.labels()[index] - 1])
    assert by_place == {"tube": True, "on": True, "aside": False, "large": False}


def test_no_component_no_wall():
    is_wall, found = walls_of(np.full((4, 8, 8), MUSCLE))
    assert found.n_components == 0
    assert is_wall.shape == (0,)


LONG = (90, 56, 56)


def bent_vessel(pieces, *, sheath=2.0, radius=3.0, bend_mm=5.0, calcium_hu=800.0):
    """Blood in a sheath of fat on a bent course, with pieces ``(middle, half length, radius)`` in it."""
    hu = np.full(LONG, MUSCLE)
    course = [bend_mm * np.sin(k / 25) for k in range(LONG[0])]
    for k, aside in enumerate(course):
        r = radius_mm((1, *LONG[1:]), SPACING, (aside, 0.0))
        hu[k : k + 1] = filled(hu[k : k + 1], radius + sheath - r, -100.0, 0.7) if sheath else hu[k : k + 1]
        hu[k : k + 1] = filled(hu[k : k + 1], radius - r, 46.0, 0.7)
        for middle, half_length, thickness in pieces:
            if abs(k - middle) <= half_length:
                at = radius_mm((1, *LONG[1:]), SPACING, (aside + radius - 0.8, 0.0))
                hu[k : k + 1] = filled(hu[k : k + 1], thickness - at, calcium_hu, 0.7)
    return hu


def test_a_speck_in_the_wall_of_a_vessel_seen_by_its_sheath_is_a_wall():
    is_wall, found = walls_of(bent_vessel([(45, 3, 1.0)]))
    assert found.n_components == 1
    assert is_wall.all()


@pytest.mark.parametrize("tissue", [MUSCLE, -100.0])
def test_the_same_speck_without_a_vessel_is_no_wall(tissue):
    hu = filled(np.full(LONG, tissue), 1.0 - radius_mm(LONG, SPACING), 800.0, 0.7)
    hu[:42], hu[49:] = tissue, tissue
    is_wall, found = walls_of(hu)
    assert found.n_components == 1
    assert not is_wall.any()


def test_pieces_are_followed_around_a_bend():
    hu = bent_vessel([(12, 2, 1.0), (80, 2, 1.0)])
    for k in range(40, 52):  # a ring in between
        aside = 5.0 * np.sin(k / 25)
        r = radius_mm((1, *LONG[1:]), SPACING, (aside, 0.0))
        hu[k : k + 1] = filled(hu[k : k + 1], 0.6 - np.abs(r - 2.6), 800.0, 0.7)
    is_wall, found = walls_of(hu)
    assert found.n_components == 3
    assert is_wall.all()


def test_a_nodule_beside_a_vessel_is_no_wall():
    hu = bent_vessel([])
    hu = filled(hu, 3.0 - distance_to_mm(LONG, SPACING, (0.0, 14.0, 0.0)), 800.0, 0.7)
    is_wall, found = walls_of(hu)
    assert found.n_components == 1
    assert not is_wall.any()


def test_a_vessel_that_runs_across_the_slices_is_followed_too():
    is_wall, found = walls_of(
        np.ascontiguousarray(np.moveaxis(bent_vessel([(45, 18, 1.0)]), 0, 2)), (0.7, 0.7, 1.0)
    )
    assert found.n_components == 1
    assert is_wall.all()


LENGTH_MM, WIDE_MM = 52.0, 36.0


def linear_calcinosis(tissue, axis, bend_mm):
    """A solid strand, 3 mm thick, in fat or where fat meets muscle, along an axis of the volume."""
    extent_mm = np.full(3, WIDE_MM)
    extent_mm[axis] = LENGTH_MM + 2 * 15.0
    shape = tuple(int(n) for n in extent_mm / SPACING)
    steps = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, SPACING, strict=True)]
    at_mm = list(np.meshgrid(*steps, indexing="ij", sparse=True))
    along, (deep, aside) = at_mm.pop(axis), at_mm
    away = np.hypot(deep, aside - bend_mm * np.cos(np.pi * along / LENGTH_MM))
    hu = np.full(shape, -100.0)
    if tissue == "fascia":
        hu = filled(hu, np.broadcast_to(deep - 1.0, shape), MUSCLE, 0.7)
    return filled(hu, np.minimum(1.5 - away, LENGTH_MM / 2 - np.abs(along)), CALCIUM, 0.7)


@pytest.mark.parametrize("bend_mm", [0.0, 4.0])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("tissue", ["fat", "fascia"])
def test_linear_calcinosis_is_no_vessel_however_long(tissue, axis, bend_mm):
    is_wall, found = walls_of(linear_calcinosis(tissue, axis, bend_mm))
    assert found.n_components == 1
    assert not is_wall.any()


def test_what_was_seen_of_a_wall_is_its_evidence():
    (ring,), _ = evidence_of(filled(np.full(SHAPE, MUSCLE), tube(3.0), 900.0, 0.7))
    assert ring == (
        "100 % of it lies in arcs around a lumen, 360 degrees of the circumference",
        "circumferential, as medial calcification is",
    )
    half = np.where(np.abs(angle_degrees()) < 90, tube(3.0), -9.0)
    (arc,), _ = evidence_of(filled(np.full(SHAPE, MUSCLE), half, 900.0, 0.7))
    assert arc == ("100 % of it lies in arcs around a lumen, 240 degrees of the circumference",)
    chain, _ = evidence_of(strands(*CHAIN, hu=dull_vessel()))
    assert {one[0].partition(" whose")[0] for one in chain} == {
        "one of 4 strands together of 48 mm on the course of a vessel"
    }


def test_a_patch_in_a_round_vessel_is_intimal_if_it_is_thick_and_reaches_little_around():
    (patch,), _ = evidence_of(bent_vessel([(45, 3, 1.4)], radius=4.2))
    (speck,), _ = evidence_of(bent_vessel([(45, 3, 0.8)], radius=4.2))
    (wide,), _ = evidence_of(bent_vessel([(45, 3, 1.4)]))  # of the same size on a narrower vessel
    on_vessel = "in a round vessel that goes on beyond its ends, its edge seen on "
    assert patch[0].startswith(on_vessel)
    assert patch[1] == "a patch on 60 degrees of it, as intimal calcification is"
    for one in (speck, wide):
        assert len(one) == 1
        assert one[0].startswith(on_vessel)


def test_pieces_that_lie_on_a_course_are_those_that_a_slow_search_finds():
    hu = bent_vessel([(12, 2, 1.0), (45, 6, 1.0), (80, 2, 1.0)])
    for centre in ((-20.0, 12.0, 3.0), (0.0, -12.0, -8.0), (20.0, 6.5, 0.0), (33.0, -4.0, 12.0)):
        hu = filled(hu, 1.2 - distance_to_mm(LONG, SPACING, centre), 800.0, 0.7)
    noisy = scanned(hu, SPACING, noise_hu=8.0, psf_mm=0.4)
    settings, spacing_mm = VesselSettings(), np.asarray(SPACING)
    of_walls = find_wall_pieces(connected_components(noisy, 150), noisy, spacing_mm, settings)
    n_lying = 0
    for piece in of_walls.pieces:
        course = follow_vessel(piece.points_zyx, noisy, spacing_mm, vessel_look(150.0, settings), settings)
        slow = [
            number
            for number, one in enumerate(of_walls.pieces)
            if course.share_within(one.points_zyx, spacing_mm, settings.max_aside_mm)
            >= settings.min_share_on_course
        ]
        assert of_walls.lying_on(course, settings) == slow
        n_lying += len(slow)
    assert len(of_walls.pieces) == 7
    assert len(of_walls.pieces) < n_lying < len(of_walls.pieces) ** 2
