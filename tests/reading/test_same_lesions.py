"""One anatomy, stored in many ways: the same lesions. Sampled anew: the same anatomy."""

import copy
import gc
import io
import zipfile

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

import calciseg
from calciseg.phantom import PhantomRecipe, make_phantom
from calciseg.phantom.dicom import image_datasets
from calciseg.reading import read_study

THIGH = {"kind": "thigh", "seed": 3}
COARSE = {"spacing_mm_zyx": (2.4, 1.2, 1.2), "n_slices": 24}


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(PhantomRecipe(**THIGH, **COARSE))


@pytest.fixture(scope="module")
def lesions(phantom):
    return found(phantom.study())


@pytest.fixture
def slices(phantom):
    return image_datasets(phantom)


def found(source):
    """What was measured, in an order that does not depend on the numbering."""
    (image,) = calciseg.analyze(source).images
    return sorted(
        (
            tuple(np.round(one.centroid_lps_mm, 2)),
            one.n_voxels,
            one.tissue_plane.value,
            round(one.volume_pv_mm3, 2),  # the last digits depend on the order of a sum
        )
        for one in image.lesions
    )


def check_same(source, phantom):
    """The same voxels at the same places: the chain, which sees nothing else, finds the same."""
    (image,) = read_study(source).images
    np.testing.assert_array_equal(image.hu, phantom.volume.hu)
    affines = (one.geometry.affine_lps_mm_from_zyx for one in (image, phantom.volume))
    np.testing.assert_allclose(*affines, atol=1e-4)
    assert image.header.kvp == phantom.volume.header.kvp
    assert image.issues == ()


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian],
    ids=["implicit", "deflated", "big"],
)
def test_uncompressed_syntaxes(syntax, slices, phantom, tmp_path):
    for n, one in enumerate(slices):
        one.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            one.PixelData = np.frombuffer(one.PixelData, "<u2").astype(">u2").tobytes()
        one.save_as(tmp_path / f"{n}", enforce_file_format=True)
    check_same(tmp_path, phantom)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=["rle", "j2k", "jls"])
def test_lossless_syntaxes(syntax, slices, phantom, save, tmp_path):
    for one in slices:
        one.compress(syntax, generate_instance_uid=False)
    check_same(save(slices, tmp_path), phantom)


def test_shuffled_names(slices, phantom, save, tmp_path):
    order = np.random.default_rng(3).permutation(len(slices))
    check_same(save(slices, tmp_path, [f"{n}" for n in order]), phantom)


def test_zip(slices, phantom):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, one in enumerate(slices):
            content = io.BytesIO()
            one.save_as(content, enforce_file_format=True)
            archive.writestr(f"some/{n}", content.getvalue())
    stream.seek(0)
    check_same(stream, phantom)


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up")  # pydicom leaves its own folder to the collector
def test_dicomdir(slices, phantom, tmp_path):
    files = FileSet()
    for one in slices:
        files.add(one)
    files.write(tmp_path)
    del files
    gc.collect()
    check_same(tmp_path / "DICOMDIR", phantom)
    check_same(tmp_path, phantom)


def test_memory(slices, phantom):
    check_same(iter(slices[::-1]), phantom)


def test_enhanced(slices, phantom, save, tmp_path):
    whole = copy.deepcopy(slices[0])
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    whole.NumberOfFrames = len(slices)
    whole.PixelData = b"".join(one.PixelData for one in slices[::-1])
    whole.PerFrameFunctionalGroupsSequence = []
    for one in slices[::-1]:
        place, group = Dataset(), Dataset()
        place.ImagePositionPatient = one.ImagePositionPatient
        group.PlanePositionSequence = [place]
        whole.PerFrameFunctionalGroupsSequence.append(group)
    del whole.ImagePositionPatient
    check_same(save([whole], tmp_path), phantom)


@pytest.mark.parametrize("flips_zyx", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)])
def test_reversed_axes(flips_zyx, slices, phantom, lesions):
    steps = phantom.volume.geometry.affine_lps_mm_from_zyx[:3, :3].T
    shape = phantom.volume.hu.shape
    for n, one in enumerate(slices):
        rows_by_columns = np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)
        flip = tuple(slice(None, None, -1 if is_flipped else 1) for is_flipped in flips_zyx[1:])
        one.PixelData = rows_by_columns[flip].tobytes()
        position = np.array(one.ImagePositionPatient, dtype=float)
        for axis in (1, 2):
            position += flips_zyx[axis] * (shape[axis] - 1) * steps[axis]
        one.ImagePositionPatient = list(position)
        signs = [1 - 2 * flips_zyx[2]] * 3 + [1 - 2 * flips_zyx[1]] * 3
        one.ImageOrientationPatient = list(np.array(one.ImageOrientationPatient, dtype=float) * signs)
        one.InstanceNumber = len(slices) - n if flips_zyx[0] else n
    assert found(slices) == lesions


def test_an_oblique_frame(slices, phantom, lesions):
    turn, _ = np.linalg.qr(np.random.default_rng(8).normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    for one in slices:
        one.ImagePositionPatient = [
            float(f"{v:.10g}") for v in turn @ np.array(one.ImagePositionPatient, float)
        ]
        one.ImageOrientationPatient = [float(f"{v:.10g}") for v in (*turn[:, 0], *turn[:, 1])]
    turned_back = [(turn.T @ np.array(place), *rest) for place, *rest in found(slices)]
    assert len(turned_back) == len(lesions)
    for place, n_voxels, plane, volume_mm3 in lesions:
        near = min(turned_back, key=lambda one: float(np.linalg.norm(one[0] - place)))
        np.testing.assert_allclose(near[0], place, atol=0.6)
        assert near[1:3] == (n_voxels, plane)
        assert near[3] == pytest.approx(volume_mm3, rel=1e-6)


def total_mm3(source):
    (image,) = calciseg.analyze(source).images
    return image.totals.volume_pv_mm3


@pytest.mark.parametrize(
    ("syntax", "options"),
    [(JPEG2000, {"j2k_cr": [6]}), (JPEGLSNearLossless, {"jls_error": 4})],
    ids=["j2k", "jls"],
)
def test_lossy_syntaxes(syntax, options, slices, phantom, lesions):
    for one in slices:
        one.compress(syntax, generate_instance_uid=False, **options)
    study = read_study(slices)
    assert (study.images[0].hu != phantom.volume.hu).any()
    assert "lossy_compression" in [issue.code for issue in study.images[0].issues]
    assert total_mm3(study) == pytest.approx(sum(one[3] for one in lesions), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampling",
    [
        {"tilt_deg": 18.0},
        {"tilt_deg": -12.0},
        {"spacing_mm_zyx": (1.0, 1.0, 1.0), "slice_thickness_mm": 2.0},
    ],
    ids=["tilt 18", "tilt -12", "overlap"],
)
def test_the_same_anatomy_sampled_anew(sampling):
    plain = {**THIGH, "spacing_mm_zyx": (2.0, 1.0, 1.0)}
    upright = make_phantom(PhantomRecipe(**plain))
    true_mm3 = sum(lesion.volume_mm3 for lesion in upright.lesions)
    source = image_datasets(make_phantom(PhantomRecipe(**{**plain, **sampling})))
    (image,) = calciseg.analyze(source).images
    assert image.totals.volume_pv_mm3 == pytest.approx(true_mm3, rel=0.05)
    to_zyx = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    for lesion in upright.lesions:
        if lesion.volume_mm3 < 50:
            continue
        voxels = np.argwhere(upright.truth_labels == lesion.label).astype(float)
        places = upright.volume.geometry.lps_mm_from_zyx(voxels)
        z, y, x = np.rint(places @ to_zyx[:3, :3].T + to_zyx[:3, 3]).astype(int).T
        is_inside = [
            (one >= 0) & (one < n) for one, n in zip((z, y, x), image.maps.labels.shape, strict=True)
        ]
        is_inside = np.logical_and.reduce(is_inside)
        covered = image.maps.labels[z[is_inside], y[is_inside], x[is_inside]] > 0
        assert covered.mean() > 0.2, lesion
