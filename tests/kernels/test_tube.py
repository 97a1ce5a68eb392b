"""Tubes are found and followed as their slow twins do, and as their truth is."""

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from calciseg.errors import UsageError
from calciseg.kernels import TubeLook, TubeSection, fit_tube, follow_tube

# No threshold equals a whole HU: which side of it a rounding falls must not matter.
LOOK = TubeLook(dense=130.3, low=10.0, high=80.0, dark=-15.3, step=80.0, min_radius=1.8, max_radius=5.2)
SHAPE, SPACING = (16, 40, 40), (1.5, 0.8, 0.8)


def tube(course_mm, radius_mm=3.0, sheath_mm=2.0, *, noise_hu=0.0, seed=0):
    """Blood in a sheath of fat in muscle; ``course_mm`` gives row and column for every slice."""
    hu = np.full(SHAPE, 55.0)
    y, x = (np.arange(n)[:, None] * s for n, s in zip(SHAPE[1:], SPACING[1:], strict=True))
    for k, (row_mm, column_mm) in enumerate(course_mm):
        away_mm = np.hypot(y - row_mm, x.T - column_mm)
        fat = np.clip((radius_mm + sheath_mm - away_mm) / 0.8 + 0.5, 0, 1)
        blood = np.clip((radius_mm - away_mm) / 0.8 + 0.5, 0, 1)
        hu[k] = 55 + fat * (-105 - 55) + blood * (46 + 105)
    hu += np.random.default_rng(seed).normal(0, 1, SHAPE) * noise_hu
    return np.rint(hu).astype(np.int16)


def bent(k):
    return 14.0 + 0.35 * k, 17.0 + 4.0 * np.sin(k / 9)


COURSE = [bent(k) for k in range(SHAPE[0])]


@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    row_mm=st.floats(4, 26),
    column_mm=st.floats(4, 26),
    spacing=st.sampled_from([(0.8, 0.8), (0.7, 1.1)]),
)
def test_fit_equals_its_twin(seed, row_mm, column_mm, spacing):
    plane = np.ascontiguousarray(tube(COURSE, noise_hu=40.0, seed=seed)[8])
    row_mm, column_mm = row_mm + 0.0137, column_mm + 0.0071  # off the lattice, for the same reason
    look = LOOK._replace(min_radius=2.6, max_radius=3.4)
    ours = fit_tube(plane, spacing, (row_mm, column_mm), 0.8, look)
    twin = reference.fit_tube(plane, spacing, (row_mm, column_mm), 0.8, look)
    assert (ours is None) == (twin is None)
    if ours is not None:
        assert ours.worth == pytest.approx(reference._worth(twin))


@pytest.mark.parametrize("n_slices", [5, -3, 0])
def test_follow_equals_its_twin(n_slices):
    volume = tube(COURSE, noise_hu=12.0)
    start = (4, TubeSection(*COURSE[4], 3.0, 1.0, 0.0))
    ours = follow_tube(volume, SPACING, start, n_slices, LOOK, slope_mm=(0.2, 0.1))
    twin = reference.follow_tube(volume, SPACING, start, n_slices, LOOK, slope_mm=(0.2, 0.1))
    np.testing.assert_allclose(np.array(ours).reshape(-1, 5), np.array(twin).reshape(-1, 5), atol=1e-9)


def test_a_course_ends_where_nothing_was_seen_for_too_long():
    volume = tube(COURSE)
    volume[9:] = 55
    start = (4, TubeSection(*COURSE[4], 3.0, 1.0, 0.0))
    whole = follow_tube(volume, SPACING, start, 99, LOOK)
    assert [one.worth > 0 for one in whole] == [k < 4 for k in range(11)]
    assert follow_tube(volume, SPACING, start, 99, LOOK, max_unseen=2) == whole[:7]


@pytest.mark.parametrize("radius_mm", [2.2, 3.0, 4.4])
def test_a_bent_tube_is_followed_to_its_end(radius_mm):
    volume = tube(COURSE, radius_mm, noise_hu=12.0)
    start = fit_tube(volume[0], SPACING[1:], COURSE[0], 0.8, LOOK)
    course = follow_tube(volume, SPACING, (0, start), 99, LOOK)
    assert len(course) == SHAPE[0] - 1
    away_mm = [np.hypot(s.row_mm - y, s.column_mm - x) for s, (y, x) in zip(course, COURSE[1:], strict=True)]
    assert max(away_mm) < 1.2
    assert abs(np.mean([s.radius_mm for s in course]) - radius_mm) < 0.5
    assert min(s.worth for s in course) > 0.6


def test_a_dense_wall_counts_as_an_edge():
    volume = tube(COURSE, sheath_mm=0.0)
    y, x = (np.arange(n)[:, None] * s for n, s in zip(SHAPE[1:], SPACING[1:], strict=True))
    for k, (row_mm, column_mm) in enumerate(COURSE):
        wall = (np.abs(np.hypot(y - row_mm, x.T - column_mm) - 2.8) < 0.6) & (y < row_mm)
        volume[k][wall] = 600
    section = fit_tube(volume[8], SPACING[1:], COURSE[8], 0.8, LOOK)
    assert 0.3 < section.dense_fraction < 0.8
    assert section.worth > 0.3


def test_in_even_tissue_there_is_no_edge_and_the_course_goes_straight_on():
    volume = np.full(SHAPE, 55, np.int16)
    section = fit_tube(volume[3], SPACING[1:], (15.0, 15.0), 0.8, LOOK)
    assert section is not None
    assert section.worth == 0
    course = follow_tube(volume, SPACING, (3, section), 4, LOOK)
    assert [(s.row_mm, s.column_mm, s.worth) for s in course] == [
        (section.row_mm, section.column_mm, 0.0)
    ] * 4


def test_the_end_of_the_image_is_no_edge():
    plane = np.full(SHAPE[1:], 55, np.int16)
    section = fit_tube(plane, SPACING[1:], (2.5, 15.0), 0.0, LOOK._replace(max_radius=1.9))
    assert section is not None
    assert section.edge == 0


def test_fat_and_bone_are_no_lumen():
    for value in (-100, 90, 700):
        plane = np.full(SHAPE[1:], value, np.int16)
        assert fit_tube(plane, SPACING[1:], (15.0, 15.0), 0.8, LOOK) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"plane": np.zeros((4, 4), np.float32)}, "int16"),
        ({"plane": np.zeros((1, 4), np.int16)}, "at least 2 x 2"),
        ({"spacing_mm": (0.8, float("nan"))}, "not a length"),
        ({"look": LOOK._replace(min_radius=6.0)}, "radii"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    arguments = {"plane": np.zeros((8, 8), np.int16), "spacing_mm": (0.8, 0.8), "look": LOOK} | change
    with pytest.raises(UsageError, match=words):
        fit_tube(near_mm=(3.0, 3.0), margin_mm=0.8, **arguments)


def test_a_start_outside_the_volume_is_refused():
    with pytest.raises(UsageError, match="slice 16"):
        follow_tube(tube(COURSE), SPACING, (16, TubeSection(1, 1, 2, 1, 0)), 3, LOOK)
