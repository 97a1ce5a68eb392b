"""Planes of single voxels and of lesions, by depth, fascia and shape."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import CALCIUM, ct_volume, filled, limb, radius_mm, scanned, with_ball

from calciseg.ct import analyze_volume
from calciseg.ct.planes import VoxelAnatomy, assign_planes
from calciseg.ct.shape import Shape
from calciseg.model import Morphology, TissuePlane
from calciseg.settings import PlaneSettings, Settings

COMPACT = Shape(
    max_diameter_mm=8.0, thickness_mm=7.0, surface_mm2=200.0, morphology=Morphology.NODULE, is_flat=False,
    is_wide=False,
)  # fmt: skip
FLAT = Shape(
    max_diameter_mm=50.0, thickness_mm=3.0, surface_mm2=4000.0, morphology=Morphology.SHEET, is_flat=True,
    is_wide=True,
)  # fmt: skip


def plane_of(depth_mm, inside_mm, shape=COMPACT, *, septum_mm=np.inf, skin_mm=2.0, has_fascia=True):
    depth, inside = np.broadcast_arrays(np.float32(depth_mm), np.float32(inside_mm))
    anatomy = VoxelAnatomy(
        depth_mm=np.atleast_1d(depth),
        skin_thickness_mm=skin_mm,
        inside_fascia_mm=np.atleast_1d(inside),
        septum_mm=np.broadcast_to(np.float32(septum_mm), np.atleast_1d(depth).shape),
        has_fascia=has_fascia,
        is_outside=np.zeros(np.atleast_1d(depth).shape, bool),
        resolution_mm=1.0,
    )
    return assign_planes(anatomy, shape, PlaneSettings())


@pytest.mark.parametrize(
    ("depth_mm", "inside_mm", "expected"),
    [
        (1.0, -12.0, "cutaneous"),
        (6.0, -7.0, "subcutaneous"),
        (12.0, 0.0, "fascial"),
        (13.0, 1.2, "fascial"),
        (11.0, -1.2, "fascial"),
        (20.0, 8.0, "intramuscular"),
    ],
)
def test_a_compact_lesion_lies_where_its_voxels_lie(depth_mm, inside_mm, expected):
    found = plane_of([depth_mm] * 5, [inside_mm] * 5)
    assert found.tissue_plane == expected
    assert (found.voxel_planes == TissuePlane(expected).map_value).all()


@pytest.mark.parametrize(
    ("depth_mm", "inside_mm", "expected"),
    [
        (2.5, -12.0, 0.0),  # where skin ends
        (2.1, -12.0, 0.4),
        (2.9, -12.0, 0.4),
        (1.0, -12.0, 1.0),
        (6.0, -1.9, 0.7),  # beside the half width of the fascia
        (6.0, -7.0, 1.0),
        (12.0, -1.1, 0.1),
        (12.0, 0.4, 0.8),
        (12.0, 1.7, 0.5),
        (12.0, 4.0, 1.0),
    ],
)
def test_confidence_falls_towards_the_border_to_another_plane(depth_mm, inside_mm, expected):
    found = plane_of([depth_mm] * 5, [inside_mm] * 5)
    assert found.confidence == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("septum_mm", "expected"), [(0.2, 0.8), (0.9, 0.1), (1.3, 0.3), (5.0, 1.0)])
def test_confidence_falls_towards_a_septum_as_well(septum_mm, expected):
    found = plane_of([20.0] * 3, [8.0] * 3, septum_mm=septum_mm)
    weight = PlaneSettings().gap_septum_weight / PlaneSettings().gap_fat_share
    assert found.confidence == pytest.approx(max(expected, weight - 1 if septum_mm <= 1 else 0), abs=1e-5)


@pytest.mark.parametrize(("fraction", "expected"), [(0.0, 1.0), (0.1075, 0.5), (0.215, 0.0), (0.258, 0.2)])
def test_a_share_of_fat_near_its_limit_makes_the_plane_doubtful(fraction, expected):
    found = assign_planes(five_voxels(gap_fraction=fraction), COMPACT, PlaneSettings())
    assert found.confidence == pytest.approx(expected, abs=1e-5)


def test_a_septum_that_is_told_by_shape_alone_is_half_sure():
    found = assign_planes(five_voxels(), FLAT, PlaneSettings())
    assert found.tissue_plane == "fascial"
    assert found.confidence == PlaneSettings().unseen_septum


def test_a_flat_lesion_is_as_sure_as_its_middle_is_near_the_fascia():
    inside = np.linspace(-2.5, 2.5, 21)
    for aside_mm, expected in ((0.0, 1.0), (0.7, 0.5)):
        assert plane_of(12 + inside, inside + aside_mm, FLAT).confidence == pytest.approx(expected, abs=1e-5)


def test_what_has_no_plane_has_no_confidence():
    for anatomy in (
        five_voxels(is_in_joint=True),
        five_voxels(is_in_tendon=True),
        five_voxels(has_fascia=False),
        five_voxels(is_outside=np.ones(5, bool)),
    ):
        assert assign_planes(anatomy, COMPACT, PlaneSettings()).confidence is None


def test_a_compact_lesion_is_divided_by_the_fascia():
    inside = np.linspace(-6, 2.5, 18)
    found = plane_of(12 + inside, inside)
    assert found.tissue_plane == "subcutaneous"
    assert found.fractions.subcutaneous == pytest.approx((inside < -1.2).mean())
    assert found.fractions.fascial == pytest.approx((np.abs(inside) <= 1.2).mean())
    assert found.fractions.intramuscular == pytest.approx((inside > 1.2).mean())
    lead = found.fractions.subcutaneous - found.fractions.fascial
    assert found.confidence == pytest.approx(lead)  # half of what lies in fat is 2.4 mm from the fascia


def test_a_flat_lesion_follows_the_fascia_with_its_whole_thickness():
    inside = np.linspace(-2.5, 2.5, 21)
    assert plane_of(12 + inside, inside, FLAT).fractions.fascial == 1.0
    assert plane_of(12 + inside, inside, COMPACT).fractions.fascial < 0.7


def test_a_flat_lesion_beside_the_fascia_does_not():
    inside = np.linspace(-5.5, -2.5, 13)
    assert plane_of(12 + inside, inside, FLAT).tissue_plane == "subcutaneous"


def test_voxels_on_fat_between_muscles_are_fascial():
    assert plane_of([20.0] * 3, [8.0] * 3, septum_mm=0.5).tissue_plane == "fascial"
    assert plane_of([20.0] * 3, [8.0] * 3, septum_mm=4.0).tissue_plane == "intramuscular"
    assert plane_of([6.0] * 3, [-8.0] * 3, septum_mm=0.5).tissue_plane == "subcutaneous"


def test_without_a_fascia_only_the_skin_is_told():
    found = plane_of([1.0, 2.0, 9.0, 20.0, 30.0], [-np.inf] * 5, has_fascia=False)
    assert found.tissue_plane == "indeterminate"
    assert found.fractions.cutaneous == pytest.approx(0.4)
    assert found.fractions.indeterminate == pytest.approx(0.6)


VOXELS = st.lists(
    st.tuples(st.floats(0, 60, width=32), st.floats(-40, 40, width=32), st.floats(0, 9, width=32)),
    min_size=1, max_size=30,
)  # fmt: skip


@given(VOXELS, st.sampled_from((COMPACT, FLAT)), st.booleans(), st.floats(0, 4.5))
def test_fractions_are_shares_of_the_voxels(voxels, shape, has_fascia, skin_mm):
    depth, inside, septum = (np.array(column, np.float32) for column in zip(*voxels, strict=True))
    found = plane_of(depth, inside, shape, septum_mm=septum, has_fascia=has_fascia, skin_mm=skin_mm)
    shares = asdict(found.fractions)
    assert sum(shares.values()) == pytest.approx(1.0)
    for plane in TissuePlane:
        assert shares[plane.value] == pytest.approx((found.voxel_planes == plane.map_value).mean())
    assert shares[found.tissue_plane.value] == max(shares.values())
    assert (found.confidence is None) == (found.tissue_plane == "indeterminate")
    assert found.confidence is None or 0 <= found.confidence <= 1
    assert ((found.voxel_planes == 1) == (depth <= np.float32(skin_mm + 0.5))).all()


@given(VOXELS, st.permutations(range(30)))
def test_the_order_of_voxels_does_not_matter(voxels, order):
    chosen = [i for i in order if i < len(voxels)]
    columns = [np.array(column, np.float32) for column in zip(*voxels, strict=True)]
    one = plane_of(columns[0], columns[1], septum_mm=columns[2])
    other = plane_of(columns[0][chosen], columns[1][chosen], septum_mm=columns[2][chosen])
    assert one.fractions == other.fractions
    np.testing.assert_array_equal(one.voxel_planes[chosen], other.voxel_planes)


SHAPE, RADIUS, FASCIA = (14, 84, 84), 38.0, 24.0


def lesions_in_limb(spacing, *balls, sheet_mm=None, **layers):
    """Analyse a limb of 38 mm, with skin of 2 mm and a fascia at 24 mm."""
    shape = (14, *(int(84 / step) for step in spacing[1:]))
    hu = limb(shape, spacing, radius=RADIUS, **{"muscle": FASCIA, **layers})
    for centre, radius in balls:
        hu = with_ball(hu, spacing, centre, radius)
    if sheet_mm is not None:
        r, (y, x) = (
            radius_mm(shape, spacing),
            np.indices(shape[1:]) - (np.array(shape[1:]) - 1)[:, None, None] / 2,
        )
        is_near = np.abs(np.degrees(np.arctan2(x, y))) < 50
        hu = filled(hu, np.where(is_near, 1.3 - np.abs(r - sheet_mm), -9.0), CALCIUM, spacing[2])
    volume = ct_volume(scanned(hu, spacing, noise_hu=10.0), spacing)
    return analyze_volume(volume, 1, Settings())


@pytest.mark.parametrize("spacing", [(3.0, 1.0, 1.0), (2.0, 0.7, 0.7)])
@pytest.mark.parametrize(
    ("from_axis_mm", "radius", "expected"),
    [
        (36.8, 1.5, "cutaneous"),
        (31.0, 3.0, "subcutaneous"),
        (29.0, 3.0, "subcutaneous"),
        (28.5, 2.5, "subcutaneous"),
        (24.0, 1.5, "fascial"),
        (16.0, 5.0, "intramuscular"),
        (17.0, 4.0, "intramuscular"),
        (0.0, 5.0, "intramuscular"),
    ],
)
@pytest.mark.parametrize("angle", [0.0, 130.0])
def test_a_lesion_in_each_layer_of_a_limb(spacing, from_axis_mm, radius, expected, angle):
    y, x = np.cos(np.radians(angle)) * from_axis_mm, np.sin(np.radians(angle)) * from_axis_mm
    result = lesions_in_limb(spacing, ((0.0, y, x), radius))
    (lesion,) = result.lesions
    assert lesion.tissue_plane == expected
    share = asdict(lesion.plane_fractions)
    assert share[expected] > (0.5 if expected in ("cutaneous", "fascial") else 0.9)
    centre = volume_centre_mm(result) + np.array([x, y, 0.0])
    assert np.linalg.norm(np.subtract(lesion.centroid_lps_mm, centre)) < 1.0
    assert lesion.depth_from_skin_mm == pytest.approx(max(0.0, RADIUS - from_axis_mm - radius), abs=1.5)


def volume_centre_mm(result):
    geometry = result.geometry
    return geometry.lps_mm_from_zyx((np.array(geometry.shape_zyx) - 1) / 2)


def test_a_sheet_on_the_fascia_is_fascial():
    (lesion,) = lesions_in_limb((3.0, 1.0, 1.0), sheet_mm=FASCIA).lesions
    assert lesion.tissue_plane == "fascial"
    assert lesion.plane_fractions.fascial > 0.9
    assert lesion.morphology in ("sheet", "plaque")
    assert lesion.distance_to_fascia_mm == 0.0


def test_a_sheet_in_fat_is_subcutaneous():
    (lesion,) = lesions_in_limb((3.0, 1.0, 1.0), sheet_mm=30.0).lesions
    assert lesion.tissue_plane == "subcutaneous"
    assert lesion.distance_to_fascia_mm == pytest.approx(30 - 1.3 - FASCIA, abs=1.5)


def test_the_distance_to_the_fascia_is_negative_inside():
    (lesion,) = lesions_in_limb((3.0, 1.0, 1.0), ((0, 12.0, 0), 5.0)).lesions
    assert lesion.distance_to_fascia_mm == pytest.approx(-(FASCIA - 12 - 5), abs=1.5)


@pytest.mark.parametrize("spacing", [(3.0, 1.0, 1.0), (0.5, 0.8, 0.8)])
@pytest.mark.parametrize(("side", "sign"), [(1, 1), (-1, -1)])
def test_what_touches_the_fascia_has_no_distance_to_it(spacing, side, sign):
    distances = [
        lesions_in_limb(spacing, ((0, FASCIA + side * (2.5 + gap_mm), 0), 2.5))
        .lesions[0]
        .distance_to_fascia_mm
        for gap_mm in (0.2, 3.0, 5.0)
    ]
    assert distances[0] == 0.0
    assert 1.0 < sign * distances[1] < sign * distances[2]


def test_depth_is_that_below_the_surface_whether_skin_is_looked_for_or_not():
    spacing = (3.0, 1.0, 1.0)
    off_mm = [
        lesions_in_limb(spacing, ((0, y, 0), 2.5), muscle=0.0).lesions[0].depth_from_skin_mm
        - (RADIUS - y - 2.5)
        for y in np.arange(22.0, 29.0, 1.0)  # 7 to 13 mm deep
    ]
    assert np.abs(np.diff(off_mm)).max() < 0.2
    assert np.abs(off_mm).max() < 1.0


def test_without_muscle_planes_below_the_skin_are_indeterminate():
    result = lesions_in_limb((3.0, 1.0, 1.0), ((0, 36.8, 0), 1.5), ((0, 10.0, 0), 3.0), muscle=0.0)
    assert {lesion.tissue_plane for lesion in result.lesions} == {"cutaneous", "indeterminate"}
    assert "no_muscle_found" in [issue.code for issue in result.issues]
    assert all(lesion.distance_to_fascia_mm is None for lesion in result.lesions)
    assert [x.plane_confidence is None for x in result.lesions] == [
        x.tissue_plane == "indeterminate" for x in result.lesions
    ]


def test_a_finger_has_no_fascia():
    spacing = (2.0, 0.7, 0.7)
    hu = limb((14, 60, 60), spacing, radius=9.0, skin=1.2, muscle=6.0)
    hu = with_ball(hu, spacing, (0, 4.5, 0), 1.8)
    result = analyze_volume(ct_volume(scanned(hu, spacing, noise_hu=8.0), spacing), 1, Settings())
    (lesion,) = result.lesions
    assert lesion.tissue_plane in ("indeterminate", "cutaneous")
    assert lesion.plane_fractions.intramuscular == lesion.plane_fractions.fascial == 0.0


def in_a_part(body_part, *, from_surface_mm, muscle, radius=30.0):
    """Analyse a part of the body with one nodule; the header names the part."""
    spacing, shape = (2.0, 0.8, 0.8), (14, 90, 90)
    hu = limb(shape, spacing, radius=radius, skin=1.2, muscle=muscle)
    hu = with_ball(hu, spacing, (0, radius - from_surface_mm, 0), 1.5)
    volume = ct_volume(scanned(hu, spacing, noise_hu=8.0), spacing, body_part=body_part)
    (lesion,) = analyze_volume(volume, 1, Settings()).lesions
    return lesion


@pytest.mark.parametrize("body_part", ["FACE", "SCROTUM", "PENIS"])
def test_what_is_indeterminate_where_there_is_no_deep_fascia_has_a_tag(body_part):
    lesion = in_a_part(body_part, from_surface_mm=12.0, muscle=24.0)
    assert lesion.tissue_plane == "indeterminate"
    assert "no_deep_fascia" in lesion.tags


def test_what_has_a_plane_or_a_deep_fascia_has_no_such_tag():
    for body_part, from_surface_mm in (("FACE", 0.8), ("FACE", 4.5), ("THIGH", 12.0)):
        lesion = in_a_part(body_part, from_surface_mm=from_surface_mm, muscle=20.0)
        assert lesion.tissue_plane != "indeterminate"
        assert "no_deep_fascia" not in lesion.tags


def test_skin_on_muscle_is_as_thick_as_the_map_says_of_the_site():
    planes = {
        part: in_a_part(part, from_surface_mm=2.7, muscle=28.8).plane_fractions.cutaneous
        for part in ("BACK", "THIGH", "SCROTUM")
    }
    assert planes["BACK"] > planes["THIGH"] > planes["SCROTUM"]


def five_voxels(depth_mm=20.0, inside_mm=9.0, **others):
    """Five voxels alike, deep in a muscle unless told otherwise."""
    alike = {
        name: np.full(5, mm, np.float32)
        for name, mm in (("depth_mm", depth_mm), ("inside_fascia_mm", inside_mm), ("septum_mm", np.inf))
    }
    plain = {
        "skin_thickness_mm": 0.0,
        "has_fascia": True,
        "is_outside": np.zeros(5, bool),
        "resolution_mm": 1.0,
    }
    return VoxelAnatomy(**alike | plain | others)


def test_a_small_lesion_with_fat_around_it_lies_between_muscles():
    for fraction, expected in ((0.0, "intramuscular"), (0.3, "fascial")):
        found = assign_planes(five_voxels(gap_fraction=fraction), COMPACT, PlaneSettings())
        assert found.tissue_plane == expected


def test_a_little_fat_around_it_is_enough_for_what_lies_beside_a_septum():
    for septum_mm, expected in (([9, 9, 9, 9, 9], "intramuscular"), ([0.5, 0.5, 9, 9, 9], "fascial")):
        anatomy = five_voxels(gap_fraction=0.15, septum_mm=np.asarray(septum_mm, np.float32))
        assert assign_planes(anatomy, COMPACT, PlaneSettings()).tissue_plane == expected


def test_a_strand_needs_more_fat_around_it_to_lie_between_muscles():
    strand = replace(COMPACT, morphology=Morphology.LINEAR)
    for fraction, expected in ((0.25, "intramuscular"), (0.4, "fascial")):
        found = assign_planes(five_voxels(gap_fraction=fraction), strand, PlaneSettings())
        assert found.tissue_plane == expected


@pytest.mark.parametrize("where", ["is_in_joint", "is_in_tendon"])
def test_what_lies_in_a_joint_or_a_tendon_has_no_plane(where):
    found = assign_planes(five_voxels(**{where: True}), COMPACT, PlaneSettings())
    assert found.tissue_plane == "indeterminate"


def test_in_a_tendon_along_a_fascia_it_is_fascial():
    found = assign_planes(five_voxels(12.0, 0.0, is_in_tendon=True), COMPACT, PlaneSettings())
    assert found.tissue_plane == "fascial"


def test_without_a_fascia_fat_around_a_lesion_makes_it_subcutaneous():
    for fraction, expected in ((0.1, "indeterminate"), (0.8, "subcutaneous")):
        anatomy = five_voxels(5.0, skin_thickness_mm=1.5, has_fascia=False, fat_fraction=fraction)
        assert assign_planes(anatomy, COMPACT, PlaneSettings()).tissue_plane == expected
