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
