"""The truth agrees with the image."""

from dataclasses import fields

import numpy as np
import pytest
from scipy import ndimage

from calciseg.model import Morphology, TissuePlane
from calciseg.phantom import LesionDesign, PhantomRecipe, as_study, kv_factor, make_phantom, truth_as_dict

_THICK = {"spacing_mm_zyx": (2.0, 1.0, 1.0), "n_slices": 20}
_FEW = {"spacing_mm_zyx": (2.0, 1.8, 1.8), "n_slices": 5}


def _design(plane, morphology, size_mm, **more):
    return LesionDesign(
        tissue_plane=TissuePlane(plane), morphology=Morphology(morphology), size_mm=size_mm, **more
    )


MIXED = (
    _design("fascial", "sheet", 60),
    _design("subcutaneous", "plaque", 14),
    _design("cutaneous", "nodule", 6),
    _design("intramuscular", "nodule", 7),
    _design("intramuscular", "linear", 16),
    _design("subcutaneous", "reticular", 20),
    _design("intramuscular", "nodule", 8, is_touching_bone=True),
    _design("subcutaneous", "nodule", 8, is_spanning=True),
    _design("subcutaneous", "punctate", 2.2),
    _design("fascial", "sheet", 30, is_on_seam=True),
)


@pytest.fixture(scope="module")
def mixed():
    return make_phantom(PhantomRecipe(seed=11, lesions=MIXED, noise_hu=0, **_THICK))


@pytest.fixture(scope="module")
def bare():
    return make_phantom(PhantomRecipe(kind="normal-thigh", seed=11, noise_hu=0, **_THICK))


def test_all_designs_found_a_place(mixed):
    assert len(mixed.lesions) == len(MIXED)


def test_fractions_add_up_and_the_designed_plane_holds(mixed):
    for lesion, design in zip(mixed.lesions, MIXED, strict=True):
        share = {f.name: getattr(lesion.plane_fractions, f.name) for f in fields(lesion.plane_fractions)}
        assert sum(share.values()) == pytest.approx(1.0)
        assert max(share, key=share.get) == lesion.tissue_plane == design.tissue_plane
        assert share[design.tissue_plane] > (0.5 if design.is_spanning else 0.6)
        if design.is_spanning:
            assert share[design.tissue_plane] < 0.9


def test_labels_are_connected_apart_and_counted(mixed):
    labels = mixed.truth_labels
    assert labels.dtype == np.uint16
    for lesion in mixed.lesions:
        mine = labels == lesion.label
        assert mine.sum() == lesion.n_voxels > 0
        if lesion.morphology is not Morphology.RETICULAR:
            assert ndimage.label(mine, np.ones((3, 3, 3)))[1] == 1
        near = ndimage.binary_dilation(mine, np.ones((3, 3, 3)), iterations=2)
        assert set(np.unique(labels[near])) == {0, lesion.label}


def test_voxel_volume_follows_the_true_volume(mixed):
    for lesion in mixed.lesions:
        counted = lesion.n_voxels * mixed.volume.geometry.voxel_volume_mm3
        if lesion.volume_mm3 > 100:
            assert counted == pytest.approx(lesion.volume_mm3, rel=0.25)


def test_the_excess_of_hu_is_the_true_volume(mixed, bare):
    excess = mixed.volume.hu.astype(float) - bare.volume.hu
    voxel_mm3 = mixed.volume.geometry.voxel_volume_mm3
    for lesion in mixed.lesions:
        background = 58 if lesion.tissue_plane == "intramuscular" else -103
        if lesion.touches_bone or lesion.tissue_plane not in ("intramuscular", "subcutaneous"):
            continue
        reach = ndimage.binary_dilation(mixed.truth_labels == lesion.label, np.ones((3, 3, 3)), iterations=3)
        volume_mm3 = excess[reach].sum() * voxel_mm3 / (lesion.hu - background)
        assert volume_mm3 == pytest.approx(lesion.volume_mm3, rel=0.08), lesion


def test_the_image_changes_only_where_lesions_are(mixed, bare):
    far = ~ndimage.binary_dilation(mixed.truth_labels > 0, np.ones((3, 3, 3)), iterations=5)
    assert np.array_equal(mixed.volume.hu[far], bare.volume.hu[far])


def test_centroids_lie_in_the_volume_they_describe(mixed):
    geometry = mixed.volume.geometry
    for lesion in mixed.lesions:
        found = geometry.lps_mm_from_zyx(np.argwhere(mixed.truth_labels == lesion.label).mean(axis=0))
        assert np.abs(found - lesion.centroid_lps_mm).max() < 1.2
        assert all(
            a <= c <= b
            for a, c, b in zip(
                lesion.box_lps_mm[0], lesion.centroid_lps_mm, lesion.box_lps_mm[1], strict=True
            )
        )


def test_the_sheet_follows_the_fascia_over_a_wide_angle(mixed):
    sheet = mixed.lesions[0]
    low, high = np.asarray(sheet.box_lps_mm)
    assert np.hypot(*(high - low)[:2]) > 40
    assert sheet.plane_fractions.fascial > 0.85


def test_a_normal_thigh_has_no_lesion_but_distractors(bare):
    assert bare.lesions == ()
    assert not bare.truth_labels.any()
    assert {"vascular_calcification", "table"} <= {d.kind for d in bare.distractors}


def test_calcified_arteries_are_dense_where_the_truth_says(bare):
    geometry = bare.volume.geometry
    for item in bare.distractors:
        if item.kind != "vascular_calcification":
            continue
        low, high = (
            np.round((np.asarray(corner) - geometry.origin_lps_mm)[::-1] / geometry.spacing_mm_zyx).astype(
                int
            )
            for corner in item.box_lps_mm
        )
        box = bare.volume.hu[max(0, low[0]) : high[0] + 2, low[1] - 1 : high[1] + 2, low[2] - 1 : high[2] + 2]
        assert box.max() > 130


def test_calcium_scales_with_the_tube_voltage(mixed):
    design = (_design("intramuscular", "nodule", 10, hu=600.0),)
    peaks = {}
    for kvp in (80.0, 120.0):
        phantom = make_phantom(PhantomRecipe(seed=3, kvp=kvp, lesions=design, noise_hu=0, **_FEW))
        assert phantom.lesions[0].hu == pytest.approx(600 * kv_factor(kvp), rel=0.06)
        peaks[kvp] = np.percentile(phantom.volume.hu[phantom.truth_labels == 1], 80)
        muscle = phantom.volume.hu[(phantom.volume.hu > 40) & (phantom.volume.hu < 80)]
        assert np.median(muscle) == pytest.approx(58, abs=3)
    assert peaks[80.0] / peaks[120.0] == pytest.approx(1.36, rel=0.04)


def test_noise_is_added_as_stated():
    still, noisy = (
        make_phantom(PhantomRecipe(kind="normal-thigh", seed=11, noise_hu=noise_hu, **_FEW)).volume.hu
        for noise_hu in (0, 18)
    )
    inside = (still > -150) & (still < 100)
    assert (noisy.astype(float) - still)[inside].std() == pytest.approx(18, rel=0.04)


@pytest.mark.slow
def test_options_show_in_the_image_and_in_the_truth():
    recipe = PhantomRecipe(
        kind="normal-thigh", contrast=True, metal=True, iodine=True, is_table_touching=True, n_slices=30,
        spacing_mm_zyx=(2.5, 1.8, 1.8),
    )  # fmt: skip
    phantom = make_phantom(recipe)
    kinds = {d.kind for d in phantom.distractors}
    assert {"metal", "iodine"} <= kinds
    assert phantom.volume.hu.max() == 3071
    assert phantom.volume.header.contrast_agent is True
    assert truth_as_dict(phantom)["options"]["metal"] is True


def test_the_study_holds_the_volume_without_a_file(bare):
    study = as_study(bare)
    assert study.images == (bare.volume,)
    assert study.study_instance_uid == bare.study_instance_uid == bare.study().study_instance_uid
    assert len(bare.volume.header.sop_instance_uids) == bare.volume.geometry.shape_zyx[0]
    assert not bare.volume.hu.flags.writeable
