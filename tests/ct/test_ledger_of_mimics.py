"""What looks like calcification of soft tissue and is none, in made scenes whose truth is plain."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_bodies import ct_volume

from calciseg.ct import cavity
from calciseg.ct.body import Body
from calciseg.ct.bone import Skeleton
from calciseg.ct.candidates import DensityThresholds, SoftTissueNoise
from calciseg.ct.cavity import is_in_cavity, looks_around
from calciseg.ct.exclusions import Ledger
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.mimics import without_mimics
from calciseg.ct.scene import Scene
from calciseg.kernels import connected_components, distance_mm
from calciseg.settings import CavitySettings, Settings

SHAPE, SPACING = (24, 120, 120), (2.0, 2.0, 2.0)
MUSCLE, CALCIUM, BONE, AIR, CARTILAGE = 55, 400, 800, -900, 130
SETTINGS = Settings()


def whole_grid(shape=SHAPE, spacing=SPACING):
    return AnatomyGrid(
        volume_shape_zyx=shape,
        volume_spacing_mm_zyx=spacing,
        factors_zyx=(1, 1, 1),
        region=tuple(slice(0, n) for n in shape),
    )


def made(hu, bone, *, contrast=None, has_muscle=True):
    """A scene in which the body fills the image but for a margin."""
    volume = ct_volume(hu.astype(np.int16), SPACING)
    volume = replace(volume, header=replace(volume.header, contrast_agent=contrast))
    mask = np.zeros(SHAPE, bool)
    mask[:, 3:-3, 3:-3] = True
    ones = np.ones((1, 1, 1), np.float32)
    noise = SoftTissueNoise(
        mean_hu=MUSCLE, sd_hu=10.0, local_sd_hu=10 * ones, local_streak=ones, lattice_steps=SHAPE
    )
    return Scene(
        volume=volume,
        coarse_hu=volume.hu,
        grid=whole_grid(),
        body=Body(mask=mask, depth_mm=distance_mm(~mask, SPACING), is_cut=False),
        skeleton=Skeleton(mask=bone, was_cut_free=np.zeros(SHAPE, bool)),
        to_bone_mm=distance_mm(bone, SPACING),
        thresholds=DensityThresholds(
            calcium_factor=1.0,
            calcium_hu=130.0,
            grow_hu=200.0,
            seed_hu=230.0,
            noise=noise if has_muscle else None,
        ),
    )


def judged(scene, settings=SETTINGS):
    """Reasons in the ledger, and how many lesions are left."""
    hu = np.where(scene.skeleton.mask, np.int16(MUSCLE), scene.volume.hu)
    found = connected_components(hu, scene.thresholds.grow_hu)
    ledger = Ledger(geometry=scene.volume.geometry)
    left = without_mimics(found, scene, ledger, settings)
    assert left.n_components + len(ledger.entries()) == found.n_components  # nothing disappears
    assert np.count_nonzero(ledger.painted()) + left.table["n_voxels"].sum() == found.table["n_voxels"].sum()
    assert all(entry.evidence and all(entry.evidence) for entry in ledger.entries())
    return [str(entry.reason) for entry in ledger.entries()], left.n_components


def ring(inner_mm=70.0, outer_mm=78.0, opening=(80, 90)):
    """A ring of bone around the middle of every slice, without a sector of degrees: a skull has none."""
    y, x = (np.indices(SHAPE[1:]) - 60) * 2.0
    radius, angle = np.hypot(y, x), np.degrees(np.arctan2(y, x))
    bone = (radius >= inner_mm) & (radius <= outer_mm)
    bone &= (angle < opening[0]) | (angle > opening[1])
    return np.broadcast_to(bone, SHAPE).copy()


def with_block(hu, middle, size, value=CALCIUM):
    box = tuple(slice(m - s // 2, m - s // 2 + s) for m, s in zip(middle, size, strict=True))
    hu[box] = value
    return hu


def muscle():
    return np.full(SHAPE, MUSCLE, np.int16)


@pytest.mark.parametrize(
    ("size", "reason"), [((2, 2, 2), "phlebolith"), ((6, 6, 6), "visceral"), ((2, 2, 12), "visceral")]
)
def test_bone_all_around_and_nowhere_near(size, reason):
    assert judged(made(with_block(muscle(), (12, 60, 60), size), ring())) == ([reason], 0)


@pytest.mark.parametrize(("size", "n_lesions"), [((2, 2, 6), 0), ((2, 2, 36), 1)])
def test_what_is_long_has_bone_around_both_ends(size, n_lesions):
    hu = with_block(muscle(), (12, 60, 60), size)
    # From the middle little of the ring is missing, from the end before its gap a third.
    assert judged(made(hu, ring(opening=(-35, 35))))[1] == n_lesions


def test_beside_the_lungs_nothing_is_a_phlebolith():
    hu = with_block(muscle(), (12, 60, 60), (2, 2, 2))
    hu[:, 40:80, 68:85] = AIR
    assert judged(made(hu, ring())) == (["visceral"], 0)


@pytest.mark.parametrize(
    ("middle", "bone"),
    [
        ((12, 60, 105), ring()),  # outside the ring
        ((12, 60, 92), ring()),  # on its inner side, where the muscles of the wall lie
        ((12, 60, 60), ring(opening=(-80, 80))),  # bone on little more than half of the sides
        ((12, 60, 60), ring(inner_mm=20, outer_mm=26)),  # between bones, not in a cavity
        ((12, 60, 60), np.zeros(SHAPE, bool)),
    ],
)
def test_elsewhere_it_is_a_lesion(middle, bone):
    assert judged(made(with_block(muscle(), middle, (3, 3, 3)), bone)) == ([], 1)


def airway(tissue_hu, at_x=60):
    hu = muscle()
    hu[:, 45:75, 45:75] = tissue_hu
    hu[:, 54:66, 54:62] = AIR
    return with_block(hu, (12, 60, at_x), (6, 6, 2))


@pytest.mark.parametrize(
    ("hu", "expected"),
    [
        (airway(CARTILAGE, at_x=65), (["cartilage"], 0)),
        (airway(MUSCLE, at_x=65), ([], 1)),
        (with_block(np.full(SHAPE, CARTILAGE, np.int16), (12, 60, 65), (6, 6, 2)), ([], 1)),  # no airway
    ],
)
def test_cartilage_is_denser_than_muscle_and_at_the_airway(hu, expected):
    assert judged(made(hu, np.zeros(SHAPE, bool))) == expected


def test_without_muscle_nothing_is_cartilage_or_contrast():
    hu = airway(CARTILAGE, at_x=65)
    assert judged(made(hu, np.zeros(SHAPE, bool), has_muscle=False, contrast="iodine")) == ([], 1)


def test_cartilage_of_the_ribs_lies_on_the_front_of_the_trunk():
    bone = ring(inner_mm=90, outer_mm=96, opening=(-140, -40))  # open to the front
    tissue = muscle()
    tissue[:, 16:28, 40:80] = CARTILAGE
    hu = with_block(tissue, (12, 22, 60), (4, 2, 4))
    assert judged(made(hu, bone)) == (["cartilage"], 0)
    assert judged(made(with_block(muscle(), (12, 22, 60), (4, 2, 4)), bone)) == ([], 1)


def tube(*, first=0, stop=SHAPE[0], shift=0.0):
    """A narrow, bright tube across the slices with a dense piece in its middle."""
    hu = np.full(SHAPE, -100, np.int16)
    for z in range(first, stop):
        x = 60 + round(shift * (z - 12))
        hu[z, 59:62, x - 1 : x + 2] = CALCIUM if 10 <= z < 14 else 180
    return hu


@pytest.mark.parametrize("shift", [0.0, 0.5, -0.5])
def test_what_goes_on_bright_and_narrow_is_contrast(shift):
    nothing = np.zeros(SHAPE, bool)
    assert judged(made(tube(shift=shift), nothing, contrast="iodine")) == (["contrast"], 0)
    assert judged(made(tube(shift=shift), nothing)) == ([], 1)  # no contrast medium was given


def test_what_runs_through_the_whole_of_an_enhanced_image_is_a_vessel_if_that_is_long():
    hu, nothing = np.full(SHAPE, -100, np.int16), np.zeros(SHAPE, bool)
    hu[:, 59:62, 59:62] = CALCIUM  # 48 mm from the first to the last slice
    assert judged(made(hu, nothing, contrast="iodine")) == (["contrast"], 0)
    assert judged(made(hu, nothing)) == ([], 1)
    hu[:4] = -100  # an end within the image says that it is none
    assert judged(made(hu, nothing, contrast="iodine")) == ([], 1)
    hu[:4, 59:62, 59:62] = CALCIUM
    longer = SETTINGS.model_copy(
        update={"contrast": SETTINGS.contrast.model_copy(update={"min_through_mm": 50.0})}
    )
    assert judged(made(hu, nothing, contrast="iodine"), longer) == ([], 1)


def test_a_nodule_on_an_enhanced_looking_bone_is_a_lesion():
    bone = np.zeros(SHAPE, bool)
    bone[:, 59:62, 62:66] = True
    assert judged(made(tube(), bone, contrast="iodine")) == ([], 1)


def test_a_nodule_that_stands_out_of_bone_does_not_go_on_along_it():
    hu, bone = np.full(SHAPE, -100, np.int16), np.zeros(SHAPE, bool)
    bone[:, 56:66, 64:70] = True
    hu[bone] = BONE
    hu[10:13, 59:62, 62:64] = CALCIUM
    hu[11, 59:62, 57:62] = CALCIUM
    assert judged(made(hu, bone, contrast="iodine")) == ([], 1)


def test_a_large_sheet_at_the_airway_is_no_cartilage():
    hu = airway(CARTILAGE, at_x=65)
    hu[2:22, 46:74, 64:66] = CALCIUM
    assert judged(made(hu, np.zeros(SHAPE, bool))) == ([], 1)


@pytest.mark.parametrize(("first", "stop"), [(10, 14), (10, 24), (0, 14)])
def test_what_ends_is_a_lesion_in_an_enhanced_image_too(first, stop):
    assert judged(made(tube(first=first, stop=stop), np.zeros(SHAPE, bool), contrast="iodine")) == ([], 1)


@pytest.mark.parametrize(
    ("size", "lung", "expected"),
    [
        ((6, 6, 40), True, (["bone"], 0)),
        ((6, 6, 40), False, ([], 1)),  # a bar, but no lung
        ((6, 2, 40), True, ([], 1)),  # a sheet
        ((6, 6, 10), True, ([], 1)),  # a nodule
    ],
)
def test_a_bar_along_the_lung_is_a_rib(size, lung, expected):
    hu = muscle()
    if lung:
        hu[:, 66:100, 20:100] = AIR
    assert judged(made(with_block(hu, (12, 60, 60), size), np.zeros(SHAPE, bool))) == expected


def looked_slowly(point, bone, body, settings):
    """One step after the other, one direction after the other."""
    z, y, x = point
    reach = int(settings.slab_mm / SPACING[0] / 2)
    first = []
    for n in range(settings.n_looks):
        angle, away = n * 2 * np.pi / settings.n_looks, np.inf
        for step in range(1, int(settings.farthest_mm / SPACING[2]) + 1):
            at_y = y + int(np.rint(np.sin(angle) * step))
            at_x = x + int(np.rint(np.cos(angle) * step))
            if not (0 <= at_y < SHAPE[1] and 0 <= at_x < SHAPE[2]) or not body[z, at_y, at_x]:
                break
            if bone[max(0, z - reach) : z + reach + 1, at_y, at_x].any():
                away = step * SPACING[2]
                break
        first.append(away)
    return first


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_looks_are_those_of_a_slow_walk(seed, at_once):
    rng = np.random.default_rng(seed)
    settings = CavitySettings(slab_mm=8, n_looks=8)
    bone = rng.random(SHAPE) < 0.002
    scene = made(muscle(), bone)
    points = np.array([[rng.integers(n) for n in SHAPE] for _ in range(4)])
    with mock.patch.object(cavity, "_POINTS_AT_ONCE", at_once):
        looks = looks_around(points, scene.skeleton.mask, scene.body.mask, scene.grid, settings)
    for point, looked in zip(points, looks, strict=True):
        assert looked.tolist() == pytest.approx(looked_slowly(point, bone, scene.body.mask, settings))


def test_looks_from_no_point_are_none():
    scene = made(muscle(), ring())
    nowhere = np.empty((0, 3), np.intp)
    looks = looks_around(nowhere, scene.skeleton.mask, scene.body.mask, scene.grid, CavitySettings())
    assert looks.shape == (0, 36)


def test_a_cavity_is_enclosed_wide_and_away_from_bone():
    settings = CavitySettings()
    looks = np.full((4, 36), 60.0, np.float32)
    looks[1, :11] = np.inf  # open on three tenths of the sides
    looks[2] = 20.0  # narrow
    to_bone = np.array([60.0, 60.0, 20.0, 5.0], np.float32)
    assert is_in_cavity(looks, to_bone, settings).tolist() == [True, False, False, False]


def test_the_blurred_surface_of_the_skin_is_no_airway():
    hu = np.full(SHAPE, CARTILAGE, np.int16)
    hu[:, 3] = -350
    assert judged(made(with_block(hu, (12, 6, 60), (4, 2, 4)), np.zeros(SHAPE, bool))) == ([], 1)
