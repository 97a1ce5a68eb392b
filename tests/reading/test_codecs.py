"""The same pixels in every transfer syntax are the same Hounsfield units."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from pydicom import data as pydicom_data
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from calciseg.errors import InputError
from calciseg.reading import read_study


@pytest.fixture(params=["unsigned", "signed"])
def pixels(request):
    """A smooth anatomy with noise, as decoders like it, 12 bits."""
    grid = np.indices((4, 48, 40)).sum(axis=0)
    values = 900 + 12 * grid + np.random.default_rng(2).integers(0, 60, size=grid.shape)
    return (values - 1024).astype(np.int16) if request.param == "signed" else values.astype(np.uint16)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_lossless(syntax, pixels, make_slices, save, tmp_path):
    intercept = 0 if pixels.dtype.kind == "i" else -1024
    slices = make_slices(pixels, RescaleIntercept=intercept)
    plain = read_study(slices).images[0].hu
    for dataset in slices:
        dataset.compress(syntax, generate_instance_uid=False)
    image = read_study(save(slices, tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, plain)
    assert image.issues == ()
    np.testing.assert_array_equal(read_study(slices).images[0].hu, plain)


# Small files of pydicom whose slices stand for a series; each is compared with pydicom's own decoding.
SINGLE_FILES = [
    "CT_small.dcm",
    "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "JPEGLSNearLossless_16.dcm",
    "image_dfl.dcm",
]


def as_series(dataset):
    """Three slices with the pixels of one image of any kind."""
    slices = []
    for z in range(3):
        one = deepcopy(dataset)
        one.Modality, one.SOPClassUID, one.SOPInstanceUID = "CT", "1.2.840.10008.5.1.4.1.1.2", f"1.2.{z}"
        one.StudyInstanceUID, one.SeriesInstanceUID, one.ImageType = "1.3", "1.4", ["ORIGINAL", "PRIMARY"]
        one.ImagePositionPatient, one.ImageOrientationPatient = [0, 0, 2 * z], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.RescaleSlope, one.RescaleIntercept = [1, 1], 1, 0
        one.RescaleType = "HU"
        slices.append(one)
    return slices


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_as_pydicom_decodes(name):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom does not carry {name}")
    dataset = dcmread(path)
    expected = np.clip(dataset.pixel_array.astype(np.int64), -1024, 32767)
    slices = as_series(dataset)
    for one in slices:
        one.pop("PixelPaddingValue", None)
    image = read_study(slices).images[0]
    for hu in image.hu:
        np.testing.assert_array_equal(hu, expected)


def test_jpeg_lossless_through_gdcm(pixels, make_slices, save, tmp_path):
    gdcm = pytest.importorskip("gdcm")
    slices = make_slices(pixels, RescaleIntercept=0 if pixels.dtype.kind == "i" else -1024)
    plain = read_study(slices).images[0].hu
    folder = save(slices, tmp_path)
    for path in folder.iterdir():
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
    np.testing.assert_array_equal(read_study(folder).images[0].hu, plain)


def test_lossy_compression_is_told(make_slices, stored):
    slices = make_slices(stored, LossyImageCompression="01")
    assert [issue.code for issue in read_study(slices).images[0].issues] == ["lossy_compression"]


def test_size_in_the_codestream_wins_over_the_header(pixels, make_slices):
    slices = make_slices(pixels)
    for dataset in slices:
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
        dataset.Rows -= 8
    with pytest.raises(InputError, match=r"cannot be decoded|another size"):
        read_study(slices)


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.4.100", "1.2.3.4"])
def test_unknown_compression(uid, make_slices, stored):
    slices = make_slices(stored)
    for dataset in slices:
        dataset.file_meta.TransferSyntaxUID = UID(uid)
    with pytest.raises(InputError, match="no installed decoder knows"):
        read_study(slices)


def test_compressed_pixels_under_an_uncompressed_syntax(make_slices, stored, save, tmp_path):
    slices = make_slices(stored)
    for dataset in slices:
        dataset.PixelData = encapsulate([dataset.PixelData])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    folder = save(slices, tmp_path)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.1\0\0\0"))
    with pytest.raises(InputError, match="no installed decoder knows"):
        read_study(folder)


def own_files():
    folder = Path(pydicom_data.__file__).parent
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".py", ".pyc"))
    )


def test_every_file_of_pydicom_is_read_or_refused_in_one_line():
    files = own_files()
    n_read = 0
    for path in files:
        try:
            read_study(path)
            n_read += 1
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert "; " in str(error)  # noqa: PT017
    assert len(files) > 100
    assert n_read > 0
