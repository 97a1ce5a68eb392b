"""One anatomy, in many files and syntaxes: the same lesions."""

import copy
import gc
import io
import zipfile

import imagecodecs
import numpy as np
import pytest
from borrowed_pixels import patterns, recompressed
from made_phantoms import small_phantom
from pydicom.dataset import Dataset
from pydicom.fileset import FileSet
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGExtended12Bit,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

import calciseg
from calciseg.phantom.dicom import image_datasets
from calciseg.reading import read_study


@pytest.fixture(scope="module")
def phantom():
    return small_phantom("thigh")


@pytest.fixture
def slices(phantom):
    return image_datasets(phantom)


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


def total_mm3(source):
    (image,) = calciseg.analyze(source).images
    return image.totals.volume_pv_mm3


def check_about_the_same(slices, phantom):
    study = read_study(slices)
    assert (study.images[0].hu != phantom.volume.hu).any()
    assert "lossy_compression" in [issue.code for issue in study.images[0].issues]
    assert total_mm3(study) == pytest.approx(total_mm3(phantom.study()), rel=0.05)


@pytest.mark.parametrize(
    ("syntax", "options"),
    [(JPEG2000, {"j2k_cr": [6]}), (JPEGLSNearLossless, {"jls_error": 4})],
    ids=["j2k", "jls"],
)
def test_lossy_syntaxes(syntax, options, slices, phantom):
    for one in slices:
        one.compress(syntax, generate_instance_uid=False, **options)
    check_about_the_same(slices, phantom)


def as_jpeg(dataset):
    return imagecodecs.jpeg8_encode(np.minimum(patterns(dataset), 4095), level=95, bitspersample=12)


def as_htj2k(dataset):
    return imagecodecs.htj2k_encode(patterns(dataset), level=1e-4, reversible=False)


@pytest.mark.parametrize(
    ("syntax", "encode"), [(JPEGExtended12Bit, as_jpeg), (HTJ2K, as_htj2k)], ids=["jpeg", "htj2k"]
)
def test_lossy_syntaxes_that_pydicom_does_not_write(syntax, encode, slices, phantom):
    for one in slices:
        if syntax == JPEGExtended12Bit:
            one.BitsStored, one.HighBit = 12, 11
    check_about_the_same(recompressed(slices, syntax, encode), phantom)
