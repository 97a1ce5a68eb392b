"""Positions in the patient agree with SimpleITK, whatever way the slices lie."""

import numpy as np
import pytest
import SimpleITK

from calciseg.errors import InputError
from calciseg.reading import read_study

_TURN = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]

FRAMES = {
    "axial": ((1, 0, 0), (0, 1, 0)),
    "axial_flipped_rows": ((-1, 0, 0), (0, 1, 0)),
    "axial_flipped_columns": ((1, 0, 0), (0, -1, 0)),
    "axial_prone": ((-1, 0, 0), (0, -1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1)),
    "coronal": ((1, 0, 0), (0, 0, -1)),
    "oblique": (tuple(_TURN[0]), tuple(_TURN[1])),
}


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("frame", FRAMES)
def test_positions(frame, is_reversed, make_slices, save, stored, tmp_path):
    row, column = FRAMES[frame]
    slices = make_slices(stored, row=row, column=column, origin_lps_mm=(5.5, -70.25, 300))
    names = [f"{n}.dcm" for n in range(len(slices))]
    folder = save(slices, tmp_path, names[::-1] if is_reversed else names)
    image = read_study(folder).images[0]
    reader = SimpleITK.ImageSeriesReader()
    # SimpleITK trusts the order of the names: give it the order along the normal.
    reader.SetFileNames([str(folder / name) for name in (names[::-1] if is_reversed else names)])
    judge = SimpleITK.DICOMOrient(reader.Execute(), "LPS")
    np.testing.assert_array_equal(image.hu, SimpleITK.GetArrayFromImage(judge))
    assert image.hu.flags.c_contiguous
    np.testing.assert_allclose(image.geometry.spacing_mm_zyx[::-1], judge.GetSpacing(), atol=1e-6)
    np.testing.assert_allclose(image.geometry.origin_lps_mm, judge.GetOrigin(), atol=1e-5)
    np.testing.assert_allclose(image.geometry.direction, judge.GetDirection(), atol=1e-6)
    # The slices are named along the axis that they follow each other along.
    positions = {one.SOPInstanceUID: np.array(one.ImagePositionPatient, dtype=float) for one in slices}
    places = np.array([positions[uid] for uid in image.header.sop_instance_uids])
    to_zyx = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    steps_zyx = np.diff(places @ to_zyx[:3, :3].T, axis=0)
    np.testing.assert_allclose(np.sort(steps_zyx, axis=1), np.tile([0, 0, 1], (4, 1)), atol=1e-5)


def test_descending_positions_become_ascending(make_slices, save, stored, hu, tmp_path):
    slices = make_slices(stored, heights_mm=[0, -2, -4, -6, -8])
    image = read_study(save(slices, tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, hu[::-1])
    assert image.geometry.origin_lps_mm == (-11.0, -22.0, -41.0)
    assert image.geometry.spacing_mm_zyx[0] == pytest.approx(2.0)


def test_small_jitter_is_read_and_told(make_slices, save, stored, tmp_path):
    slices = make_slices(stored, heights_mm=[0, 2.05, 4, 6, 8])
    image = read_study(save(slices, tmp_path)).images[0]
    assert image.geometry.spacing_mm_zyx[0] == pytest.approx(2.0)
    assert [issue.code for issue in image.issues] == ["spacing_jitter"]
    assert "0.05 mm" in image.issues[0].message


def test_rounded_positions_are_not_jitter(make_slices, save, stored, tmp_path):
    slices = make_slices(stored, heights_mm=[0, 0.63, 1.25, 1.88, 2.5])
    assert read_study(save(slices, tmp_path)).images[0].issues == ()


def test_frame_of_reference_that_differs_is_told(make_slices, save, stored, tmp_path):
    slices = make_slices(stored)
    for n, dataset in enumerate(slices):
        dataset.FrameOfReferenceUID = f"1.2.3.{n}"
    image = read_study(save(slices, tmp_path)).images[0]
    assert image.geometry.frame_of_reference_uid is None
    assert [issue.code for issue in image.issues] == ["frame_of_reference_differs"]


@pytest.mark.parametrize("step_mm", [0.4, 2.0])
@pytest.mark.parametrize("apart_mm", [0.0, 0.005])
def test_twins_of_slices_are_two_acquisitions_or_refused(
    step_mm, apart_mm, make_slices, save, stored, tmp_path
):
    """However fine the step, slices 0.005 mm apart lie at one position."""
    heights = step_mm * np.arange(len(stored))
    first = make_slices(stored, heights_mm=list(heights), AcquisitionNumber=1)
    second = make_slices(stored, heights_mm=list(heights + apart_mm), AcquisitionNumber=2)
    for dataset, twin in zip(first, second, strict=True):
        twin.SeriesInstanceUID, twin.SOPInstanceUID = dataset.SeriesInstanceUID, f"{dataset.SOPInstanceUID}.2"
    images = read_study([*first, *second]).images
    assert [image.hu.shape[0] for image in images] == [len(stored)] * 2
    assert [image.issues for image in images] == [(), ()]
    for dataset in second:
        dataset.AcquisitionNumber = 1
    with pytest.raises(InputError, match="lie at the position of another one"):
        read_study([*first, *second])
