"""The chain as a whole: nothing dense disappears, maps agree with lines, doubts are told."""

from dataclasses import asdict

import numpy as np
import pytest
from made_bodies import AIR, analysis, ct_volume, limb, scanned, with_ball
from made_phantoms import small_phantom
from scipy import ndimage

from calciseg.ct import analyze_volume
from calciseg.model import FlagCode, TissuePlane
from calciseg.settings import Settings

KINDS = ("thigh", "forearm")
EVERYWHERE = np.ones((3, 3, 3), bool)


def image_of(kind):
    return analysis(kind).images[0]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_dense_disappears(kind):
    """Every voxel of a component that reaches the seed is a lesion, excluded, or counted in a summed line."""
    image, settings = image_of(kind), Settings().candidates
    hu, maps = image.image.hu, image.maps
    labels, n = ndimage.label(hu >= settings.grow_hu, EVERYWHERE)
    peaks = ndimage.maximum(hu, labels, np.arange(1, n + 1))
    dense = np.isin(labels, np.flatnonzero(peaks >= settings.seed_hu) + 1)
    assert dense.sum() > 1000
    unseen = dense & (maps.labels == 0) & (maps.excluded == 0)
    summed = sum(line.volume_mm3 for line in image.excluded if line.label is None)
    assert unseen.sum() * image.geometry.voxel_volume_mm3 <= summed + 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_both_a_lesion_and_excluded_and_nothing_faint_is_either(kind):
    image = image_of(kind)
    assert not ((image.maps.labels > 0) & (image.maps.excluded > 0)).any()
    assert image.image.hu[image.maps.labels > 0].min() >= Settings().candidates.grow_hu
    assert image.image.hu[image.maps.excluded > 0].min() >= Settings().candidates.grow_hu


@pytest.mark.parametrize("kind", KINDS)
def test_lesions_are_what_the_map_shows(kind):
    image = image_of(kind)
    labels, hu, geometry = image.maps.labels, image.image.hu, image.geometry
    assert [lesion.label for lesion in image.lesions] == list(range(1, len(image.lesions) + 1))
    np.testing.assert_array_equal(np.unique(labels), np.arange(len(image.lesions) + 1))
    firsts = [np.flatnonzero(labels.ravel() == lesion.label)[0] for lesion in image.lesions]
    assert firsts == sorted(firsts)
    for lesion in image.lesions:
        mask = labels == lesion.label
        assert ndimage.label(mask, EVERYWHERE)[1] == 1
        values = hu[mask].astype(float)
        assert lesion.n_voxels == mask.sum()
        assert lesion.volume_mm3 == pytest.approx(mask.sum() * geometry.voxel_volume_mm3)
        measured = lesion.hu_mean, lesion.hu_max, lesion.hu_sd
        assert measured == pytest.approx((values.mean(), values.max(), values.std()))
        points = np.argwhere(mask)
        bounds = np.stack([points.min(axis=0), points.max(axis=0) + 1], axis=1)
        assert np.array(lesion.bbox_zyx).tolist() == bounds.tolist()
        np.testing.assert_allclose(lesion.centroid_lps_mm, geometry.lps_mm_from_zyx(points.mean(axis=0)))
        is_cut = any(a == 0 or b == n for (a, b), n in zip(bounds, labels.shape, strict=True))
        assert (FlagCode.CUT_BY_EDGE in lesion.flags) == is_cut


@pytest.mark.parametrize("kind", KINDS)
def test_lesions_do_not_touch_one_another(kind):
    labels = image_of(kind).maps.labels
    assert ndimage.label(labels > 0, EVERYWHERE)[1] == labels.max()


@pytest.mark.parametrize("kind", KINDS)
def test_planes_lie_inside_the_labels_and_give_the_fractions(kind):
    image = image_of(kind)
    planes, labels = image.maps.planes, image.maps.labels
    np.testing.assert_array_equal(planes > 0, labels > 0)
    for lesion in image.lesions:
        mine = planes[labels == lesion.label]
        shares = asdict(lesion.plane_fractions)
        for plane in TissuePlane:
            assert shares[plane.value] == pytest.approx((mine == plane.map_value).mean())
        assert shares[lesion.tissue_plane.value] == max(shares.values())


@pytest.mark.parametrize("kind", [*KINDS, "normal-thigh"])
def test_the_ledger_is_what_its_map_shows(kind):
    image = image_of(kind)
    lines = [line for line in image.excluded if line.label is not None]
    assert sorted(line.label for line in lines) == sorted(set(np.unique(image.maps.excluded)) - {0})
    for line in lines:
        mask = image.maps.excluded == line.label
        assert line.volume_mm3 == pytest.approx(mask.sum() * image.geometry.voxel_volume_mm3)
        assert line.hu_max == image.image.hu[mask].max()
    summed = [line.reason for line in image.excluded if line.label is None]
    assert len(summed) == len(set(summed))
    assert {"bone", "vascular", "outside_body"} <= {line.reason.value for line in image.excluded} | (
        {"vascular", "outside_body"} if kind == "forearm" else set()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_true_lesion_is_excluded_as_lying_outside_or_as_metal(kind):
    truth, image = small_phantom(kind).truth_labels, image_of(kind)
    wrong = [line.label for line in image.excluded if line.reason in ("outside_body", "metal") and line.label]
    assert not np.isin(image.maps.excluded[truth > 0], wrong).any()


def test_maps_are_read_only():
    image = image_of("thigh")
    for array in (image.maps.labels, image.maps.planes, image.maps.excluded, image.image.hu):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0, 0] = 1


SPACING = (3.0, 1.0, 1.0)


def analyzed(hu, settings=None, **header):
    volume = ct_volume(scanned(hu, SPACING, noise_hu=8.0), SPACING, **header)
    return analyze_volume(volume, 1, settings or Settings())


def leg(**layers):
    return limb((12, 76, 76), SPACING, radius=32.0, **layers)


def codes(image):
    return [issue.code.value for issue in image.issues]


def test_a_plain_leg_raises_no_doubt():
    image = analyzed(leg())
    assert image.status == "measured"
    assert codes(image) == []
    assert image.lesions == ()
    assert image.totals.n_lesions == 0


def test_air_has_no_body():
    image = analyzed(np.full((6, 40, 40), AIR))
    assert (image.status, image.totals, image.maps, image.lesions) == ("failed", None, None, ())
    assert codes(image) == ["no_body_found"]


def test_doubts_about_the_image_are_told():
    assert codes(analyzed(leg(), kvp=None)) == ["kvp_missing"]
    assert codes(analyzed(leg(), kvp=150.0)) == ["kvp_extrapolated"]
    assert codes(analyzed(leg(), contrast_agent=True)) == ["contrast_stated"]
    assert codes(analyzed(leg(muscle=0.0))) == ["no_muscle_found"]
    assert codes(analyzed(leg(centre_yx=(0, 20)))) == ["cut_by_field_of_view"]
    assert codes(analyzed(leg(), body_part="ABDOMEN")) == ["no_cavity_found"]
    assert codes(analyzed(leg(), body_part="THIGH")) == []


def test_stages_are_reported_in_their_order():
    told = []
    volume = ct_volume(scanned(with_ball(leg(), SPACING, (0, 25, 0), 3.0), SPACING), SPACING)
    analyze_volume(volume, 1, Settings(), progress=lambda *state: told.append(state))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == [
        "body", "bone and exclusions", "compartments", "lesions",
    ]  # fmt: skip
    assert all(0 <= done < total for _, done, total in told)


def test_the_same_calcium_is_found_at_every_voltage():
    volumes = []
    for kvp, factor in ((120.0, 1.0), (80.0, 1.36)):
        hu = with_ball(leg(), SPACING, (0, 25, 0), 3.0, 500.0 * factor)
        (lesion,) = analyzed(hu, kvp=kvp).lesions
        assert lesion.tissue_plane == "subcutaneous"
        volumes.append((lesion.volume_mm3, lesion.mass_mg, lesion.agatston))
    np.testing.assert_allclose(volumes[1], volumes[0], rtol=0.15)


def test_calcium_beside_the_last_slice_is_cut():
    hu = with_ball(leg(), SPACING, (16, 22, 0), 6.0)
    (lesion,) = analyzed(hu).lesions
    assert FlagCode.CUT_BY_EDGE in lesion.flags


def test_metal_is_no_calcification():
    image = analyzed(with_ball(leg(), SPACING, (0, 10, 0), 4.0, 3500.0))
    assert image.lesions == ()
    assert {line.reason.value for line in image.excluded if line.label} == {"metal"}
    assert sum(line.volume_mm3 for line in image.excluded if not line.label) < 60  # crumbs of its blur


@pytest.mark.parametrize(("gap_mm", "is_near"), [(4.0, True), (7.0, True), (14.0, False)])
def test_metal_near_a_lesion_is_told(gap_mm, is_near):
    hu = with_ball(leg(), SPACING, (0, 16, 0), 3.0, 3500.0)
    (lesion,) = analyzed(with_ball(hu, SPACING, (0, 10 - gap_mm, 0), 3.0)).lesions
    assert (FlagCode.METAL_NEARBY in lesion.flags) == is_near


def test_something_dense_beside_the_body_is_no_calcification():
    image = analyzed(with_ball(leg(centre_yx=(0, -4)), SPACING, (0, 33, 33), 3.5, 900.0))
    assert image.lesions == ()
    assert "outside_body" in [line.reason.value for line in image.excluded]


def test_flips_move_lesions_and_change_no_measure():
    hu = with_ball(with_ball(leg(), SPACING, (1.5, 25, 0), 3.0), SPACING, (-6, -8, 5), 5.0)
    fixed = scanned(hu, SPACING, noise_hu=8.0)
    plain = analyze_volume(ct_volume(fixed, SPACING), 1, Settings())
    mirrored = analyze_volume(ct_volume(fixed[:, :, ::-1], SPACING), 1, Settings())
    assert len(plain.lesions) == 2
    np.testing.assert_array_equal(mirrored.maps.labels[:, :, ::-1] > 0, plain.maps.labels > 0)
    for name in ("tissue_plane", "morphology", "n_voxels", "hu_max"):
        one, other = (
            sorted(str(getattr(lesion, name)) for lesion in image.lesions) for image in (plain, mirrored)
        )
        assert one == other


@pytest.mark.parametrize("most", [4_000_000, 0])
def test_the_air_around_a_limb_changes_no_lesion(most):
    """The limb's own blocks are voxels; with none allowed in a body, its blocks are those of all the air."""
    volume, alone, margin = small_phantom("forearm").volume, image_of("forearm").maps.labels, 100
    padded = np.pad(volume.hu, [(0, 0), (margin, margin), (margin, margin)], constant_values=-1000)
    settings = Settings(grid={"coarsest_mm": 5.0, "max_voxels": volume.hu.size, "max_body_voxels": most})
    within = analyze_volume(ct_volume(padded, volume.geometry.spacing_mm_zyx), 1, settings)
    is_same = np.array_equal(within.maps.labels[:, margin:-margin, margin:-margin], alone)
    assert is_same == bool(most)
