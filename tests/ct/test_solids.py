"""Solids are cut at necks, and only there."""

import numpy as np
import pytest
from made_bodies import distance_to_mm

from calciseg.ct.solids import split_at_necks

SPACING = (1.0, 1.0, 1.0)


def balls(shape, *centres_and_radii, spacing=SPACING):
    solid = np.zeros(shape, bool)
    for centre, radius in centres_and_radii:
        solid |= distance_to_mm(shape, spacing, centre) <= radius
    return solid


def rod(shape, radius, spacing=SPACING):
    """Along x through the middle."""
    (z, y, _), middle = np.ogrid[tuple(slice(0, n) for n in shape)], [(n - 1) / 2 for n in shape]
    across = np.hypot((z - middle[0]) * spacing[0], (y - middle[1]) * spacing[1])
    return np.broadcast_to(across <= radius, shape)


def dumbbell(neck_mm, spacing=SPACING):
    shape = tuple(int(n / s) | 1 for n, s in zip((27, 27, 53), spacing, strict=True))
    solid = balls(shape, ((0, 0, -13), 8.2), ((0, 0, 13), 8.2), spacing=spacing)
    x = np.abs(np.arange(shape[2]) - (shape[2] - 1) / 2) * spacing[2]
    return solid | rod(shape, neck_mm, spacing) & (x <= 13)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.5, 0.7, 0.7)])
def test_a_thin_bridge_parts_two_balls(spacing):
    solid = dumbbell(2.6, spacing)
    parts = split_at_necks(solid, spacing, neck_ratio=0.7)
    middle = [n // 2 for n in solid.shape]
    left, right = (
        parts.labels[middle[0], middle[1], middle[2] + int(side * 13 / spacing[2])] for side in (-1, 1)
    )
    assert left != right
    assert min(left, right) >= 1
    np.testing.assert_allclose(parts.radii_mm[[left, right]], 8.2, atol=max(spacing))
    assert all(neck.radius_mm < 0.7 * 8.2 for neck in parts.necks)


def test_a_thick_bridge_keeps_two_balls_whole():
    parts = split_at_necks(dumbbell(7.2), SPACING, neck_ratio=0.7)
    assert len(parts.radii_mm) == 2
    assert parts.necks == ()


def test_the_ratio_decides():
    solid = balls((25, 25, 47), ((0, 0, -9), 10.1), ((0, 0, 9), 10.1))  # the neck's radius is 4.6: 0.46
    assert len(split_at_necks(solid, SPACING, neck_ratio=0.35).radii_mm) == 2
    assert len(split_at_necks(solid, SPACING, neck_ratio=0.6).radii_mm) == 3


def test_a_chain_of_balls_of_like_size_stays_whole():
    shape = (21, 21, 71)
    chain = balls(shape, *(((0, 0, x), 7.1) for x in range(-24, 25, 6)))
    assert len(split_at_necks(chain, SPACING, neck_ratio=0.7).radii_mm) == 2


def test_a_small_ball_on_a_long_rod_is_a_part_and_the_rod_is_one():
    shape = (33, 45, 71)
    solid = rod(shape, 7.1) | balls(shape, ((0, 12, 0), 6.1))
    parts = split_at_necks(solid, SPACING, neck_ratio=0.7)
    assert len(parts.radii_mm) == 3
    in_ball = parts.labels[16, 22 + 13, 35]
    along = parts.labels[16, 22, :]
    assert len(np.unique(along)) == 1
    assert in_ball != along[0]
    assert [neck.parts for neck in parts.necks] == [(1, 2)]


def test_parts_tile_the_solid_and_nothing_else():
    rng = np.random.default_rng(5)
    for _ in range(5):
        centres = rng.uniform(-9, 9, (6, 3))
        solid = balls(
            (25, 25, 25), *((tuple(c), r) for c, r in zip(centres, rng.uniform(2, 6, 6), strict=True))
        )
        parts = split_at_necks(solid, SPACING, neck_ratio=0.7)
        np.testing.assert_array_equal(parts.labels > 0, solid)
        np.testing.assert_array_equal(np.unique(parts.labels), np.arange(len(parts.radii_mm)))
        for number in range(1, len(parts.radii_mm)):
            assert parts.radii_mm[number] == pytest.approx(parts.inner_mm[parts.labels == number].max())
        assert not parts.inner_mm[~solid].any()


def test_nothing_has_no_parts():
    parts = split_at_necks(np.zeros((4, 5, 6), bool), SPACING, neck_ratio=0.7)
    assert not parts.labels.any()
    assert parts.necks == ()
