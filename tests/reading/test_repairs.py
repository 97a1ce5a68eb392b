"""Tilted, missing and uneven slices are brought onto a right-angled grid, and the result says so."""

import numpy as np
import pytest

from calciseg.reading import read_study


def scene(points_lps_mm):
    """HU of an anatomy that changes evenly along every axis: interpolation along z is exact in it."""
    return points_lps_mm @ np.array([3.0, 5.0, 7.0]) + 600


def sample(make_slices, heights_mm, shift_mm_per_mm=(0, 0, 0), shape_yx=(12, 9), **options):
    """Slices of the scene at the given heights, each shifted sideways in proportion to its height."""
    spacing_mm_yx = options.setdefault("spacing_mm_yx", (0.8, 0.5))
    origin = np.array([-11.0, -22.0, -33.0])
    y, x = np.indices(shape_yx, dtype=float)
    in_plane = np.stack([x * spacing_mm_yx[1], y * spacing_mm_yx[0], np.zeros(shape_yx)], axis=-1)
    planes, slices = [], []
    for height_mm in heights_mm:
        shift = np.asarray(shift_mm_per_mm, dtype=float) * height_mm
        planes.append(np.rint(scene(origin + shift + [0, 0, height_mm] + in_plane)) + 1024)
    slices = make_slices(np.array(planes).astype(np.uint16), heights_mm=heights_mm, **options)
    for dataset, height_mm in zip(slices, heights_mm, strict=True):
        shift = np.asarray(shift_mm_per_mm, dtype=float) * height_mm
        dataset.ImagePositionPatient = list(origin + shift + [0, 0, height_mm])
    return slices


def errors_hu(image):
    """Difference from the scene wherever a slice shows something."""
    truth = scene(
        image.geometry.lps_mm_from_zyx(np.moveaxis(np.indices(image.hu.shape), 0, -1).astype(float))
    )
    shown = image.hu > -1024
    return np.abs(image.hu - truth)[shown], shown


@pytest.mark.parametrize("shift", [(0, 0.3, 0), (0, -0.3, 0), (0.25, 0, 0), (-0.2, 0.2, 0)])
def test_tilt(shift, make_slices):
    image = read_study(sample(make_slices, 2.0 * np.arange(9), shift)).images[0]
    assert image.is_resampled
    assert [issue.code for issue in image.issues] == ["gantry_tilt"]
    angle = np.degrees(np.arctan(np.hypot(*shift[:2])))
    assert f"tilted by {angle:.1f} degrees" in image.issues[0].message
    # The true voxel volume: the step along the normal, not along the table's way.
    assert image.geometry.voxel_volume_mm3 == pytest.approx(2.0 * 0.8 * 0.5)
    wrong_hu, shown = errors_hu(image)
    # Half a pixel of the gradient a side, and rounding: 0.4 mm x 5 HU/mm + 0.25 mm x 3 HU/mm.
    assert wrong_hu.max() <= 2.76 + 0.5
    # No value was lost or made.
    assert shown.sum() == 9 * 12 * 9


@pytest.mark.parametrize("column", [(0, 1, 0), (0, -1, 0)])
@pytest.mark.parametrize("row", [(1, 0, 0), (-1, 0, 0)])
@pytest.mark.parametrize("shift", [(0, 0.9, 0), (0.5, -0.9, 0)])
@pytest.mark.parametrize("is_one_missing", [False, True])
def test_frames_tell_what_no_slice_shows(row, column, shift, is_one_missing, make_slices):
    stored = np.full((6, 14, 9), 2000, np.uint16)
    slices = make_slices(stored, row=row, column=column, shift_mm_per_slice=shift)
    if is_one_missing:
        del slices[2]
    image = read_study(slices).images[0]
    rows, columns = (np.arange(n)[None] for n in image.hu.shape[1:])
    y, x = (
        (places >= frames[:, :1]) & (places < frames[:, 1:])
        for places, frames in zip((rows, columns), image.frames_yx.swapaxes(0, 1), strict=True)
    )
    # Where a slice was made of two, the corners that neither shows lie within its frame.
    is_shown = image.hu > -1024
    assert not (is_shown & ~(y[:, :, None] & x[:, None, :])).any()
    n_off = np.count_nonzero(is_shown != (y[:, :, None] & x[:, None, :]))
    assert n_off == 0 or (is_one_missing and shift[0] and n_off <= 16)


def test_without_tilt_all_is_shown(make_slices):
    for heights_mm in ([0.0, 2, 4, 6, 8], [0.0, 2, 4, 8, 10]):
        assert read_study(sample(make_slices, heights_mm)).images[0].frames_yx is None


def test_tilt_in_an_oblique_frame(make_slices):
    turn, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    shift = 0.9 * turn[:, 1]
    stored = np.random.default_rng(6).integers(1, 4096, size=(5, 14, 9), dtype=np.uint16)
    slices = make_slices(stored, row=turn[:, 0], column=turn[:, 1], shift_mm_per_slice=shift)
    image = read_study(slices).images[0]
    to_zyx = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    for dataset, values in zip(slices, stored, strict=True):
        rows, columns = np.indices(values.shape)
        places = np.array(dataset.ImagePositionPatient, dtype=float) + (
            0.5 * columns[..., None] * turn[:, 0] + 0.8 * rows[..., None] * turn[:, 1]
        )
        places_zyx = places @ to_zyx[:3, :3].T + to_zyx[:3, 3]
        indices = np.rint(places_zyx).astype(int)
        assert np.abs(places_zyx - indices).max() <= 0.51
        np.testing.assert_array_equal(image.hu[tuple(np.moveaxis(indices, -1, 0))], values.astype(int) - 1024)


def test_a_missing_slice(make_slices):
    image = read_study(sample(make_slices, [0.0, 2, 4, 8, 10])).images[0]
    assert image.geometry.shape_zyx[0] == 6
    assert image.geometry.spacing_mm_zyx[0] == pytest.approx(2)
    assert [issue.code for issue in image.issues] == ["slices_interpolated"]
    assert image.issues[0].message.startswith("1 slice is missing between steps of 2 mm; it was interpolated")
    assert errors_hu(image)[0].max() <= 1


@pytest.mark.parametrize("heights_mm", [[0.0, 2, 4, 7, 10, 13], [0.0, 3, 6, 8, 10, 12], [0, 4, 8, 9, 16, 23]])
def test_uneven_steps(heights_mm, make_slices):
    image = read_study(sample(make_slices, heights_mm)).images[0]
    assert image.is_resampled
    assert [issue.code for issue in image.issues] == ["slices_interpolated"]
    assert "interpolated" in image.issues[0].message
    n_slices, step_mm = image.geometry.shape_zyx[0], image.geometry.spacing_mm_zyx[0]
    assert (n_slices - 1) * step_mm == pytest.approx(heights_mm[-1])
    # A slice within a tenth of a step of its level is taken as it is.
    assert errors_hu(image)[0].max() <= 0.1 * step_mm * 7 + 1


def test_tilt_and_a_missing_slice(make_slices):
    image = read_study(sample(make_slices, [0.0, 2, 4, 8, 10], (0, 0.3, 0))).images[0]
    assert [issue.code for issue in image.issues] == ["slices_interpolated", "gantry_tilt"]
    wrong_hu, _ = errors_hu(image)
    assert np.quantile(wrong_hu, 0.9) <= 2.1 + 1.5
    # At the margin only one neighbour of the missing slice shows something: its value 2 mm away stands there.
    assert wrong_hu.max() <= 2 * 7 + 1.5


def test_overlapping_slices_are_even_slices(make_slices):
    image = read_study(sample(make_slices, 0.7 * np.arange(9), SliceThickness=3)).images[0]
    assert not image.is_resampled
    assert image.issues == ()
    assert image.geometry.spacing_mm_zyx[0] == pytest.approx(0.7)


def test_pixels_that_are_not_square(make_slices):
    image = read_study(sample(make_slices, [0.0, 2, 4], spacing_mm_yx=(1.1, 0.4))).images[0]
    assert image.geometry.spacing_mm_zyx == pytest.approx((2, 1.1, 0.4))
    assert errors_hu(image)[0].max() <= 0.5
