"""A drawn head: a skull full of brain above a face with a nose full of air."""

import numpy as np
import pytest
from made_bodies import ct_volume, scanned

from calciseg.ct import analyze_volume
from calciseg.ct.grid import AnatomyGrid
from calciseg.ct.head import find_head, is_face_bone, is_intracranial
from calciseg.kernels import connected_components
from calciseg.settings import HeadSettings, Settings

SHAPE, SPACING_MM = (30, 100, 90), (3.0, 2.0, 2.0)
GRID = AnatomyGrid(
    volume_shape_zyx=SHAPE,
    volume_spacing_mm_zyx=SPACING_MM,
    factors_zyx=(1, 1, 1),
    region=(slice(0, SHAPE[0]), slice(0, SHAPE[1]), slice(0, SHAPE[2])),
)
SETTINGS = HeadSettings()
Y_MM, X_MM = np.mgrid[:100, :90] * 2.0 - np.array([100.0, 90.0])[:, None, None]
FIRST_RING = 15


def drawn_head(brain_hu=35):
    """Draw the HU and the bones: the face has a nose open to the front, and bone behind it."""
    radius_mm = np.hypot(Y_MM, X_MM)
    hu = np.full(SHAPE, -1000, np.int16)
    hu[:, radius_mm <= 80] = 50
    ring = (radius_mm >= 68) & (radius_mm <= 74)
    bone = np.zeros(SHAPE, bool)
    bone[FIRST_RING:, ring] = True
    hu[FIRST_RING:, radius_mm < 68] = brain_hu
    hu[:FIRST_RING, (np.abs(X_MM) <= 12) & (Y_MM <= -20)] = -1000
    bone[:FIRST_RING, ring & (np.abs(X_MM) > 12)] = True
    bone[:FIRST_RING, (np.abs(Y_MM - 14) <= 4) & (np.abs(X_MM) <= 64)] = True
    hu[bone] = 900
    return hu, bone


def with_piece(hu, bone, z, y_mm, x_mm):
    """Put a small dense piece in and return it as the one component that is no bone."""
    y, x = round(y_mm / 2 + 50), round(x_mm / 2 + 45)
    hu[z : z + 2, y : y + 2, x : x + 2] = 400
    found = connected_components(np.where(bone, np.int16(50), hu), 200)
    assert found.n_components == 1
    return found


@pytest.mark.parametrize(
    ("place", "in_skull", "of_face"),
    [
        ((20, 0, 0), True, False),
        ((20, -78, 0), False, False),  # in the skin of the forehead
        ((8, -50, 0), False, True),  # in the nose
        ((8, -30, 11), False, True),  # at its side
        ((8, 40, 30), False, False),  # in soft tissue, far from air
        ((8, -70, 40), False, False),  # in the skin of the cheek
    ],
)
def test_what_lies_within_the_skull_and_what_is_bone_of_the_nose(place, in_skull, of_face):
    hu, bone = drawn_head()
    head = find_head(bone, hu, GRID, SETTINGS)
    assert head is not None
    found = with_piece(hu, bone, *place)
    assert is_intracranial(found, head, GRID).tolist() == [in_skull]
    assert is_face_bone(found, head, bone, hu < -400, GRID, SETTINGS).tolist() == [of_face]


def test_without_a_closed_skull_full_of_brain_there_is_no_head():
    hu, bone = drawn_head()
    opened = bone.copy()
    opened[:, 50:53, 70:] = False
    assert find_head(opened, hu, GRID, SETTINGS) is None  # ribs, a pelvis
    assert find_head(bone, drawn_head(brain_hu=-90)[0], GRID, SETTINGS) is None
    assert find_head(np.zeros(SHAPE, bool), hu, GRID, SETTINGS) is None
    low = bone.copy()
    low[FIRST_RING + 3 :] = False
    assert find_head(low, hu, GRID, SETTINGS) is None


def test_the_face_lies_before_the_middle_of_the_skull_and_reaches_below_it():
    hu, bone = drawn_head()
    rows = find_head(bone, hu, GRID, SETTINGS).face_rows()
    is_face = np.arange(SHAPE[0]) >= FIRST_RING - round(SETTINGS.face_mm / SPACING_MM[0])
    np.testing.assert_array_equal(rows > 0, is_face)
    assert set(rows[is_face]) == {SHAPE[1] // 2}


@pytest.mark.parametrize(
    ("body_part", "site", "planes"),
    [("HEAD", "face", {"indeterminate"}), (None, None, {"intramuscular", "fascial"})],
)
def test_a_nodule_of_the_cheek_of_a_head_lies_in_no_muscle(body_part, site, planes):
    hu, _ = drawn_head()
    radius_mm = np.hypot(Y_MM, X_MM)
    hu[:FIRST_RING, radius_mm < 76] = 50
    hu[FIRST_RING:, (radius_mm >= 58) & (radius_mm <= 74)] = 1300
    hu[FIRST_RING:, (radius_mm >= 62) & (radius_mm <= 70)] = 20  # marrow
    hu[6:8, 18:21, 25:28] = 600
    volume = ct_volume(scanned(hu.astype(float), SPACING_MM, noise_hu=8.0), SPACING_MM, body_part=body_part)
    (lesion,) = analyze_volume(volume, 1, Settings()).lesions
    assert lesion.site == site
    assert lesion.tissue_plane in planes
    assert ("no_deep_fascia" in lesion.tags) == (site == "face")
