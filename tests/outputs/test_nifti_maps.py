"""SimpleITK and nibabel are the judges."""

import dataclasses
import itertools
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from calciseg.model import CtVolume, LesionMaps, StudyResult, VolumeGeometry
from calciseg.outputs import write
from calciseg.outputs.nifti_header import nifti_header

RAS_FROM_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
ALL_AXIS_ORDERS = [
    np.eye(3)[list(order)] * signs
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]


def oblique() -> np.ndarray:
    """A right-handed basis along no axis."""
    basis, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    return basis * np.sign(np.linalg.det(basis))


def placed(result: StudyResult, direction: np.ndarray) -> StudyResult:
    """Put the image of a result somewhere else in the patient."""
    image = result.images[0]
    geometry = dataclasses.replace(image.geometry, direction=tuple(direction.ravel()))
    moved = CtVolume(header=image.header, geometry=geometry, hu=image.image.hu)
    return dataclasses.replace(result, images=(dataclasses.replace(image, image=moved),))


def test_voxels_and_types(result: StudyResult, tmp_path: Path) -> None:
    paths = write(result, tmp_path, types=("nifti",))
    assert [path.name for path in paths] == ["labels-1.nii.gz", "planes-1.nii.gz", "excluded-1.nii.gz"]
    maps = result.images[0].maps
    assert maps is not None
    for path, expected in zip(paths, (maps.labels, maps.planes, maps.excluded), strict=True):
        seen = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        assert seen.dtype == expected.dtype
        np.testing.assert_array_equal(seen, expected)
        np.testing.assert_array_equal(np.asarray(nibabel.load(path).dataobj), expected.transpose())


def test_wide_labels(result: StudyResult, tmp_path: Path) -> None:
    image = result.images[0]
    assert image.maps is not None
    labels = image.maps.labels.astype(np.uint32) * 70_000
    maps = LesionMaps(labels=labels, planes=image.maps.planes, excluded=image.maps.excluded)
    wide = dataclasses.replace(result, images=(dataclasses.replace(image, maps=maps),))
    path = write(wide, tmp_path, types=("nifti",))[0]
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))), labels)


@pytest.mark.parametrize(
    "direction", [*ALL_AXIS_ORDERS, oblique(), oblique() * (1, 1, -1)], ids=lambda _d: ""
)
def test_the_map_lies_where_the_image_lies(
    result: StudyResult, tmp_path: Path, direction: np.ndarray
) -> None:
    moved = placed(result, direction)
    geometry = moved.images[0].geometry
    path = write(moved, tmp_path, types=("nifti",))[0]

    seen = sitk.ReadImage(str(path))
    np.testing.assert_allclose(seen.GetSpacing(), geometry.spacing_mm_zyx[::-1], rtol=1e-6)
    np.testing.assert_allclose(seen.GetOrigin(), geometry.origin_lps_mm, rtol=1e-6)
    np.testing.assert_allclose(seen.GetDirection(), geometry.direction, atol=1e-6)

    expected = RAS_FROM_LPS @ geometry.affine_lps_mm_from_zyx[:, [2, 1, 0, 3]]
    header = nibabel.load(path).header
    np.testing.assert_allclose(header.get_sform(), expected, atol=1e-5)
    np.testing.assert_allclose(header.get_qform(), expected, atol=1e-4)


def test_the_header_is_that_of_simpleitk(result: StudyResult, tmp_path: Path) -> None:
    geometry = result.images[0].geometry
    image = sitk.GetImageFromArray(np.zeros(geometry.shape_zyx, np.uint16))
    image.SetSpacing(geometry.spacing_mm_zyx[::-1])
    image.SetOrigin(geometry.origin_lps_mm)
    sitk.WriteImage(image, str(tmp_path / "itk.nii"))
    theirs = nibabel.load(tmp_path / "itk.nii").header
    ours = nibabel.Nifti1Header(nifti_header(geometry, np.uint16)[:348])
    for name in ("dim", "pixdim", "datatype", "bitpix", "qform_code", "sform_code", "magic"):
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    np.testing.assert_allclose(ours.get_best_affine(), theirs.get_best_affine(), rtol=1e-6)


def test_the_gzip_header_holds_no_time(result: StudyResult, tmp_path: Path) -> None:
    for path in write(result, tmp_path, types=("nifti",)):
        assert path.read_bytes()[4:8] == b"\0\0\0\0"


def test_a_failed_image_has_no_maps(failed: StudyResult, tmp_path: Path) -> None:
    assert write(failed, tmp_path, types=("nifti",)) == ()


def test_a_header_takes_no_other_type() -> None:
    geometry = VolumeGeometry(shape_zyx=(1, 1, 1), spacing_mm_zyx=(1.0, 1.0, 1.0))
    with pytest.raises(KeyError):
        nifti_header(geometry, np.float32)
