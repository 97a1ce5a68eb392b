"""Every kind holds the anatomy it promises, where it should be."""

import numpy as np
import pytest

from calciseg.model import TissuePlane
from calciseg.phantom import KINDS, PhantomRecipe, make_phantom
from calciseg.phantom.anatomy import plane_of
from calciseg.phantom.kinds.registry import make_kind

_PROMISED = {
    "thigh": ("femur", "rectus femoris", "gracilis", "femoral artery", "femoral vein", "sciatic nerve"),
    "normal-thigh": ("femur", "vastus lateralis", "femoral artery", "great saphenous vein"),
    "sheet-thigh": ("femur", "biceps femoris long head", "semimembranosus"),
    "forearm": ("radius", "ulna", "brachioradialis", "flexor carpi ulnaris", "cephalic vein"),
    "elbow": ("humerus", "ulna", "radius", "brachialis", "brachial artery", "basilic vein"),
    "hand": (
        "distal phalanx of the thumb", "middle phalanx of the ring finger", "metacarpal of the index finger",
        "radial sesamoid", "thenar", "hypothenar", "flexor tendon of the middle finger",
    ),
    "pelvis": (
        "left hip bone", "right hip bone", "left femur", "right femur", "sacrum", "left gluteus maximus",
        "right gluteus medius", "left femoral artery", "right femoral vein",
    ),
    "arm-beside-trunk": ("humerus", "left rib 8", "thoracic vertebra 12", "biceps brachii"),
}  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def kind_and_points(request):
    kind = make_kind(request.param, np.random.default_rng(5))
    half_y, half_x = (field / 2 for field in kind.field_mm_yx)
    half_z = kind.length_mm / 2
    rng = np.random.default_rng(6)
    points = rng.uniform([[-half_x], [-half_y], [-half_z]], [[half_x], [half_y], [half_z]], (3, 150_000))
    return request.param, kind, points.astype(np.float32)


def test_every_promised_structure_is_there(kind_and_points):
    name, kind, _ = kind_and_points
    assert set(_PROMISED[name]) <= set(kind.scene.structures)


def test_every_plane_and_every_muscle_has_room(kind_and_points):
    _, kind, points = kind_and_points
    places = kind.scene.places(points)
    planes = np.bincount(plane_of(places), minlength=6)
    four = [p.map_value for p in TissuePlane if p is not TissuePlane.INDETERMINATE]
    assert (planes[four] > 100).all()
    for number, body in enumerate(kind.scene.bodies):
        bellies = places.muscle[(places.body == number) & (places.belly_mm > 0)]
        missing = set(range(len(body.muscles.names))) - set(bellies.tolist())
        assert not missing, [body.muscles.names[n] for n in missing]


def test_bones_lie_inside_and_keep_apart(kind_and_points):
    _, kind, points = kind_and_points
    places = kind.scene.places(points)
    in_bone = places.bone_mm > 0
    assert in_bone.sum() > 100
    assert (places.depth_mm[in_bone] > places.skin_mm[in_bone]).all()
    owners = np.zeros(points.shape[1], int)
    for bone in kind.scene.bones:
        sample = bone.sample(points, 1.0)
        if sample is not None:
            owners[sample.index] += sample.inside_mm > 0.3
    assert owners.max() == 1


def test_skin_is_one_to_three_millimetres(kind_and_points):
    _, kind, points = kind_and_points
    places = kind.scene.places(points)
    skin_mm = places.skin_mm[places.depth_mm > 0]
    assert skin_mm.min() >= 0.95
    assert skin_mm.max() <= 3.05


@pytest.mark.parametrize("kind", ["elbow", "hand", "pelvis"])
def test_joints_have_a_gap_between_their_bones(kind):
    scene = make_kind(kind, np.random.default_rng(0)).scene
    for joint in scene.joints:
        rng = np.random.default_rng(1)
        shift = rng.uniform(-1, 1, (3, 4000)) * (joint.radius_mm + 4)
        points = (np.asarray(joint.centre_lps_mm)[:, None] + shift).astype(np.float32)
        assert len(set(scene.places(points).bone[scene.places(points).bone_mm > 0])) >= 2


def test_tissues_have_their_hu():
    phantom = make_phantom(PhantomRecipe(kind="normal-thigh", seed=4, noise_hu=0, n_slices=3))
    hu = phantom.volume.hu[1].astype(float)
    fat, muscle = hu[(hu > -125) & (hu < -80)], hu[(hu > 40) & (hu < 80)]
    assert -112 < np.median(fat) < -98
    assert 50 < np.median(muscle) < 65
    assert hu.max() > 1000
    assert muscle.size > fat.size / 2 > 1000


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_on_a_coarse_grid(kind):
    phantom = make_phantom(
        PhantomRecipe(
            kind=kind, seed=2, spacing_mm_zyx=(6.0, 4.0, 4.0), n_slices=2, slice_thickness_mm=6.0, lesions=()
        )
    )
    assert phantom.lesions == ()
    assert phantom.volume.hu.max() > 400
    assert [d.kind for d in phantom.distractors].count("table") == 1
    assert phantom.volume.hu.min() >= -1024


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_places_nearly_all_its_lesions(kind):
    phantom = make_phantom(PhantomRecipe(kind=kind, seed=1))
    wanted = len(make_kind(kind, np.random.default_rng(0)).lesions)
    assert len(phantom.lesions) >= 0.85 * wanted
