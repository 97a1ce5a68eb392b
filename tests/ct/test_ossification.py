"""Mature bone that is no part of the skeleton, in made thighs whose truth is a formula."""

import numpy as np
import pytest
from made_bodies import (
    AIR,
    CALCIUM,
    FAT,
    MARROW,
    ct_volume,
    distance_to_mm,
    filled,
    limb,
    positions_mm,
    radius_mm,
    scanned,
    with_ball,
)

from calciseg.clinical.imaging import imaging_of
from calciseg.ct.chain import analyze_volume
from calciseg.settings import Settings

SPACING = (2.0, 1.25, 1.25)
LENGTH_MM, WIDTH_MM = 72.0, 150.0
CORTEX, TRABECULAE = 900.0, 60.0
IN_MUSCLE, IN_FAT = (0.0, 37.0, 0.0), (0.0, 52.0, 0.0)


def thigh(spacing=SPACING, muscle=58.0):
    """A femur in muscle, with skin and fat around."""
    shape = tuple(round(mm / step) for mm, step in zip((LENGTH_MM, WIDTH_MM, WIDTH_MM), spacing, strict=True))
    return limb(shape, spacing, radius=70.0, muscle=muscle, bone=11.0)


def with_ossicle(
    hu,
    spacing=SPACING,
    centre=IN_MUSCLE,
    radii=(12.0, 9.0, 9.0),
    wall_mm=2.5,
    wall=CORTEX,
    core=MARROW,
    grain=0.0,
):
    """Put an ellipsoid of cortex around a core in; the core may be grained as trabeculae are."""
    index, middle, steps = positions_mm(hu.shape, spacing)
    away = [(i - m) * s - c for i, m, s, c in zip(index, middle, steps, centre, strict=True)]

    def inside_mm(thinner):
        share = np.sqrt(sum((a / (r - thinner)) ** 2 for a, r in zip(away, radii, strict=True)))
        return (1 - share) * (min(radii) - thinner)

    inner = core + grain * np.random.default_rng(5).normal(size=hu.shape)
    return filled(filled(hu, inside_mm(0.0), wall), inside_mm(wall_mm), inner)


def analyzed(hu, spacing=SPACING, **header):
    facts = {"body_part": "THIGH"} | header
    return analyze_volume(ct_volume(scanned(hu, spacing, noise_hu=8.0), spacing, **facts), 1, Settings())


def reasons(image):
    """Reasons of what has a label, but for the skeleton itself."""
    lines = sorted((line for line in image.excluded if line.label), key=lambda line: -line.volume_mm3)
    assert lines[0].reason == "bone"
    return [line.reason.value for line in lines[1:]]


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SPACING, (3.0, 0.8, 0.8), (5.0, 0.8, 0.8)])
@pytest.mark.parametrize("place", ["muscle", "fat"])
def test_cortex_around_marrow_is_ossification(place, spacing):
    hu = thigh(spacing, muscle=58.0 if place == "muscle" else 36.0)
    image = analyzed(with_ossicle(hu, spacing, IN_MUSCLE if place == "muscle" else IN_FAT), spacing)
    assert (reasons(image), image.lesions) == (["ossification"], ())


@pytest.mark.parametrize(
    ("size_mm", "wall_mm", "wall", "core", "grain"),
    [
        (15.0, 2.0, 600.0, MARROW, 0.0),
        (15.0, 3.0, 1200.0, 0.0, 0.0),
        (40.0, 2.0, 500.0, MARROW, 0.0),
        (40.0, 3.0, 1200.0, -20.0, 0.0),
        (24.0, 2.5, CORTEX, TRABECULAE, 150.0),
    ],
)
def test_of_every_size_with_fat_or_trabeculae_inside(size_mm, wall_mm, wall, core, grain):
    radii = (size_mm / 2, min(10.0, size_mm / 2), min(10.0, size_mm / 2))
    hu = with_ossicle(thigh(), radii=radii, wall_mm=wall_mm, wall=wall, core=core, grain=grain)
    image = analyzed(hu)
    assert (reasons(image), image.lesions) == (["ossification"], ())


def test_the_same_at_another_voltage():
    hu = with_ossicle(thigh(), wall=1.36 * 400.0)
    assert reasons(analyzed(hu, kvp=80.0)) == ["ossification"]


def test_its_line_and_its_label_in_the_map():
    image = analyzed(with_ossicle(thigh()))
    (line,) = (line for line in image.excluded if line.reason == "ossification")
    marked = image.maps.excluded == line.label
    # Cortex is dense, marrow is not.
    shell_mm3 = 4.19 * (12 * 9 * 9 - 9.5 * 6.5 * 6.5)
    assert line.volume_mm3 == pytest.approx(marked.sum() * 2.0 * 1.25**2)
    assert 0.8 * shell_mm3 < line.volume_mm3 < 1.6 * shell_mm3
    assert np.argwhere(marked).mean(axis=0) == pytest.approx([17.5, 59.5 + 37 / 1.25, 59.5], abs=0.7)


def test_a_lesion_beside_it_keeps_its_plane():
    hu = with_ball(with_ossicle(thigh()), SPACING, (0.0, 37.0, 16.0), 3.0)
    (lesion,) = analyzed(hu).lesions
    assert (lesion.tissue_plane, lesion.distance_to_bone_mm > 15) == ("intramuscular", True)


def under_the_skin(hu):
    return with_ossicle(hu, centre=(0.0, 53.0, 0.0))


def beside_the_femur(hu):
    return with_ossicle(hu, centre=(0.0, 27.0, 0.0))


def cut_by_the_first_slice(hu):
    return with_ossicle(hu, centre=(-LENGTH_MM / 2, 37.0, 0.0))


def near_the_first_slice(hu):
    return with_ossicle(hu, centre=(-LENGTH_MM / 2 + 17.0, 37.0, 0.0))


def at_the_airway(hu):
    return filled(with_ossicle(hu), 6.0 - distance_to_mm(hu.shape, SPACING, (0.0, 37.0, 25.0)), AIR)


def at_metal(hu):
    return with_ball(with_ossicle(hu), SPACING, (0.0, 37.0, 16.0), 2.5, 3500.0)


def between_other_bones(hu):
    """Bones stand on every second side, as ribs do."""
    for degrees in range(0, 360, 60):
        y, x = 37.0 + 29.0 * np.sin(np.deg2rad(degrees)), 29.0 * np.cos(np.deg2rad(degrees))
        if y > 20.0:
            away_mm = radius_mm(hu.shape, SPACING, (y, x))
            hu = filled(filled(hu, 7.0 - away_mm, CORTEX), 4.0 - away_mm, MARROW)
    return with_ossicle(hu)


def in_two_tissues(hu):
    """In the muscle, but with fat at its inner half, as behind the patella."""
    index, middle, steps = positions_mm(hu.shape, SPACING)
    is_half = ((index[1] - middle[1]) * steps[1] < 37.0) & (
        distance_to_mm(hu.shape, SPACING, IN_MUSCLE) < 22.0
    )
    return with_ossicle(np.where(is_half & (distance_to_mm(hu.shape, SPACING) > 13.0), FAT, hu))


@pytest.mark.parametrize(
    "put",
    [
        under_the_skin,
        beside_the_femur,
        cut_by_the_first_slice,
        near_the_first_slice,
        at_the_airway,
        at_metal,
        between_other_bones,
        in_two_tissues,
    ],
)
def test_what_may_belong_to_the_skeleton_stays_bone(put):
    image = analyzed(put(thigh(muscle=67.0)))
    assert "bone" in reasons(image)
    assert "ossification" not in reasons(image)
    assert image.lesions == ()


@pytest.mark.parametrize("part", ["KNEE", "HAND", "FOOT", "NECK", "WRIST", "ANKLE"])
def test_where_bones_lie_alone_nothing_is_told(part):
    assert reasons(analyzed(with_ossicle(thigh()), body_part=part)) == ["bone"]


def test_without_another_bone_nothing_is_told():
    hu = limb((36, 120, 120), SPACING, radius=70.0, muscle=58.0)
    image = analyzed(with_ossicle(hu))
    assert [line.reason for line in image.excluded if line.label] == ["bone"]


@pytest.mark.parametrize(
    ("wall", "core"),
    [(CALCIUM, CALCIUM), (CORTEX, 500.0), (CORTEX, 350.0)],
    ids=["even", "dense", "less dense"],
)
@pytest.mark.parametrize("centre", [IN_MUSCLE, IN_FAT])
def test_a_dense_core_is_that_of_calcinosis(wall, core, centre):
    hu = thigh(muscle=58.0 if centre == IN_MUSCLE else 36.0)
    image = analyzed(with_ossicle(hu, centre=centre, wall=wall, core=core))
    assert (reasons(image), len(image.lesions)) == ([], 1)


def test_a_calcified_wall_around_fluid_is_a_lesion():
    image = analyzed(with_ossicle(thigh(), radii=(18.0, 12.0, 12.0), core=25.0))
    assert (reasons(image), len(image.lesions)) == ([], 1)


def test_an_even_soft_core_is_no_marrow():
    image = analyzed(with_ossicle(thigh(), radii=(8.0, 8.0, 8.0), core=25.0))
    assert "ossification" not in reasons(image)


def test_a_level_of_calcium_in_fluid_is_a_lesion():
    hu = with_ossicle(thigh(), radii=(18.0, 12.0, 12.0), core=25.0)
    index, middle, steps = positions_mm(hu.shape, SPACING)
    is_below = ((index[1] - middle[1]) * steps[1] > 37.0) & (
        distance_to_mm(hu.shape, SPACING, IN_MUSCLE) < 10.0
    )
    image = analyzed(np.where(is_below, 400.0, hu))
    assert "ossification" not in reasons(image)
    assert len(image.lesions) == 1


def test_a_thin_rim_around_fat_is_not_called_ossification():
    image = analyzed(with_ossicle(thigh(), wall_mm=0.8, wall=700.0, core=FAT))
    assert "ossification" not in reasons(image)


def test_the_classifier_hears_of_it():
    image = analyzed(with_ossicle(thigh()))
    assert "ossified" in imaging_of([image], Settings().classifier).features


@pytest.mark.parametrize(("radius_mm", "reason"), [(66.0, "ossification"), (52.0, "bone")])
def test_beyond_a_circle_that_cuts_the_body_bone_may_go_on(radius_mm, reason):
    """The ossicle ends 46 mm from the middle of the limb: 20 mm or 6 mm within the circle."""
    hu = scanned(with_ossicle(thigh()), SPACING, noise_hu=8.0)
    rows, columns = np.ogrid[: hu.shape[1], : hu.shape[2]]
    middle = (np.array(hu.shape[1:]) - 1) / 2
    hu[:, np.hypot(rows - middle[0], columns - middle[1]) * SPACING[1] > radius_mm] = -1024
    image = analyze_volume(ct_volume(hu, SPACING, body_part="THIGH"), 1, Settings())
    assert "cut_by_field_of_view" in [issue.code for issue in image.issues]
    assert (reasons(image), image.lesions) == ([reason], ())
