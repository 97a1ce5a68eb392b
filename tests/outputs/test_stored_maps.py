"""Label maps as editors write them: other types, other axes, turned, cut; never resampled, never guessed."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from calciseg.errors import InputError
from calciseg.model import VolumeGeometry
from calciseg.outputs.stored_maps import read_map

TILTED = (0.96, 0.0, -0.28, 0.0, 1.0, 0.0, 0.28, 0.0, 0.96)
GEOMETRY = VolumeGeometry(
    shape_zyx=(4, 5, 6),
    spacing_mm_zyx=(2.5, 0.7, 0.8),
    origin_lps_mm=(-28.4, -20.65, 100.0),
    direction=TILTED,
)


def labels(top: int = 7) -> np.ndarray:
    array = np.zeros(GEOMETRY.shape_zyx, np.uint16)
    array[1:3, 1:4, 2:5] = np.arange(18).reshape(2, 3, 3) % (top + 1)
    return array


def on_grid(array: np.ndarray) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(GEOMETRY.spacing_mm_zyx[::-1])
    image.SetOrigin(GEOMETRY.origin_lps_mm)
    image.SetDirection(GEOMETRY.direction)
    return image


def saved(image: sitk.Image, path):
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("name", ["edited.nii", "edited.nii.gz", "edited.nrrd"])
def test_any_type_and_file(tmp_path, dtype, name):
    read = read_map(saved(on_grid(labels().astype(dtype)), tmp_path / name), GEOMETRY)
    assert read.dtype == np.uint16
    assert np.array_equal(read, labels())


@given(
    axes=st.permutations([0, 1, 2]), flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    is_cut=st.booleans(),
)  # fmt: skip
def test_any_order_of_axes_turned_and_cut(tmp_path_factory, axes, flips, is_cut):
    image = on_grid(labels())
    if is_cut:
        image = image[1:5, 1:4, 0:3]
    image = sitk.Flip(sitk.PermuteAxes(image, axes), flips)
    path = saved(image, tmp_path_factory.mktemp("turned") / "edited.nii.gz")
    assert np.array_equal(read_map(path, GEOMETRY), labels())


def test_an_editor_that_pads(tmp_path):
    padded = sitk.ConstantPad(on_grid(labels()), (1, 2, 0), (0, 1, 1))
    assert np.array_equal(read_map(saved(padded, tmp_path / "edited.nii.gz"), GEOMETRY), labels())


def test_labels_beyond_two_bytes(tmp_path):
    many = labels().astype(np.uint32) * 70_000
    read = read_map(saved(on_grid(many), tmp_path / "edited.nii.gz"), GEOMETRY)
    assert read.dtype == np.uint32
    assert np.array_equal(read, many)


def test_what_nibabel_wrote(tmp_path):
    path = saved(on_grid(labels()), tmp_path / "first.nii.gz")
    first = nibabel.load(path)
    edited = nibabel.as_closest_canonical(first)
    nibabel.save(nibabel.Nifti1Image(np.asarray(edited.dataobj, np.int16), edited.affine), tmp_path / "b.nii")
    assert np.array_equal(read_map(tmp_path / "b.nii", GEOMETRY), labels())


def refused(path, words):
    with pytest.raises(InputError, match=words) as caught:
        read_map(path, GEOMETRY)
    assert str(path) in str(caught.value)


def test_other_grids_are_refused(tmp_path):
    finer = sitk.Resample(on_grid(labels()), (12, 5, 4), sitk.Transform(), sitk.sitkNearestNeighbor,
                          GEOMETRY.origin_lps_mm, (0.4, 0.7, 2.5), GEOMETRY.direction)  # fmt: skip
    refused(saved(finer, tmp_path / "finer.nii.gz"), "another grid")
    moved = on_grid(labels())
    moved.SetOrigin((-28.0, -20.65, 100.0))
    refused(saved(moved, tmp_path / "moved.nii.gz"), "another grid")
    turned = on_grid(labels())
    turned.SetDirection((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    refused(saved(turned, tmp_path / "turned.nii.gz"), "another grid")
    beyond = on_grid(labels())
    beyond.SetOrigin(beyond.TransformIndexToPhysicalPoint((3, 0, 0)))
    refused(saved(beyond, tmp_path / "beyond.nii.gz"), "outside of the image")


def test_what_is_no_label_map_is_refused(tmp_path):
    refused(saved(on_grid(labels() * 0.5), tmp_path / "halves.nii.gz"), "whole numbers")
    refused(saved(on_grid(labels().astype(np.int16) * -1), tmp_path / "negative.nii.gz"), "whole numbers")
    refused(saved(sitk.Image(4, 5, sitk.sitkUInt8), tmp_path / "flat.nii.gz"), "three axes")
    refused(tmp_path / "none.nii.gz", "is missing")
    (tmp_path / "text.nii.gz").write_text("no image")
    refused(tmp_path / "text.nii.gz", "cannot be read")


TURN = np.array([[0.8, -0.36, -0.48], [0.6, 0.48, 0.64], [0.0, -0.8, 0.6]])
LARGE = VolumeGeometry(
    shape_zyx=(3, 512, 512),
    spacing_mm_zyx=(1.3, 0.9765625, 0.683593),
    origin_lps_mm=(-731.77734, 512.12345, -1377.3141),
    direction=tuple(float(one) for one in TURN.ravel()),
)


def large(shift_yx=(0.0, 0.0), spacing_yx_factor=1.0) -> nibabel.Nifti1Image:
    """Make a map of many voxels, so much beside the image's grid, as nibabel holds it."""
    array = np.zeros(LARGE.shape_zyx, np.uint16)
    array[1, 500:504, 20:24] = 3
    affine = LARGE.affine_lps_mm_from_zyx.copy()
    affine[:3, 3] += affine[:3, 1:3] @ shift_yx
    affine[:3, 1:3] *= spacing_yx_factor
    return nibabel.Nifti1Image(array.T, np.diag([-1, -1, 1, 1]) @ affine[:, [2, 1, 0, 3]])


@pytest.mark.parametrize("form", ["sform", "qform", "both", "simpleitk"])
def test_numbers_rounded_by_other_programs_are_the_same_grid(form, tmp_path):
    image, path = large(), tmp_path / "edited.nii"
    affine = image.affine.copy()
    image.set_sform(affine, code=0 if form == "qform" else 1)
    image.set_qform(affine, code=0 if form == "sform" else 1)
    nibabel.save(image, path)
    if form == "simpleitk":
        path = saved(sitk.ReadImage(str(path)), tmp_path / "again.nii.gz")
    assert np.array_equal(read_map(path, LARGE), image.get_fdata().T)


@pytest.mark.parametrize("shift_yx", [(0.5, 0.0), (0.0, -0.5), (0.25, 0.0), (1.4, 0.0), (0.0, 4.6)])
def test_a_part_of_a_voxel_beside_a_large_grid_is_refused(shift_yx, tmp_path):
    nibabel.save(large(shift_yx), tmp_path / "moved.nii")
    refused(tmp_path / "moved.nii", "another grid")


def test_a_spacing_that_adds_up_to_half_a_voxel_is_refused(tmp_path):
    nibabel.save(large(spacing_yx_factor=1.001), tmp_path / "stretched.nii")
    refused(tmp_path / "stretched.nii", "another grid")
