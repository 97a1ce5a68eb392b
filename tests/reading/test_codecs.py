"""The same pixels in every transfer syntax are the same Hounsfield units."""

import gdcm
import imagecodecs
import numpy as np
import pytest
import SimpleITK
from borrowed_pixels import as_series, own_files, patterns, recompressed
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate
from pydicom.uid import (
    HTJ2K,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    RLELossless,
)

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


@pytest.mark.parametrize("name", ["JPEGLosslessProcess14", "JPEGLosslessProcess14_1"])
def test_jpeg_lossless_as_gdcm_encodes(name, pixels, make_slices, save, tmp_path):
    slices = make_slices(pixels, RescaleIntercept=0 if pixels.dtype.kind == "i" else -1024)
    plain = read_study(slices).images[0].hu
    folder = save(slices, tmp_path)
    for path in folder.iterdir():
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, name)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
    image = read_study(folder).images[0]
    np.testing.assert_array_equal(image.hu, plain)
    assert image.issues == ()


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K])
def test_high_throughput_jpeg_2000(syntax, pixels, make_slices, save, tmp_path):
    slices = make_slices(pixels, RescaleIntercept=0 if pixels.dtype.kind == "i" else -1024)
    plain = read_study(slices).images[0].hu

    def encode(one):
        values = patterns(one).astype(pixels.dtype)
        return imagecodecs.htj2k_encode(values, reversible=True)

    image = read_study(save(recompressed(slices, syntax, encode), tmp_path)).images[0]
    np.testing.assert_array_equal(image.hu, plain)
    # Of these three only one may hold either, and nothing here says which.
    assert [issue.code for issue in image.issues] == ["lossy_compression"] * (syntax == HTJ2K)


def test_jpeg_of_twelve_bits(make_slices, save, tmp_path):
    stored = (900 + 12 * np.indices((4, 48, 40)).sum(axis=0)).astype(np.uint16)
    slices = make_slices(stored, BitsStored=12, HighBit=11)
    plain = read_study(slices).images[0].hu

    def encode(one):
        return imagecodecs.jpeg8_encode(patterns(one), level=98, bitspersample=12)

    image = read_study(save(recompressed(slices, JPEGExtended12Bit, encode), tmp_path)).images[0]
    assert [issue.code for issue in image.issues] == ["lossy_compression"]
    np.testing.assert_allclose(image.hu, plain, atol=3)


@pytest.mark.parametrize("name", ["JPGExtended.dcm", "JPEG-lossy.dcm"])
def test_jpeg_extended_as_simpleitk_decodes(name):
    path = get_testdata_file(name, download=False)
    image = read_study(as_series(dcmread(path))).images[0]
    expected = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))[0]
    for hu in image.hu:
        np.testing.assert_array_equal(hu, expected)


def test_damaged_rle_is_refused_without_a_word_on_the_terminal(make_slices, capfd):
    stored = np.repeat(np.random.default_rng(4).integers(0, 4096, (3, 40, 4), dtype=np.uint16), 10, axis=2)
    slices = make_slices(stored)
    for one in slices:
        one.compress(RLELossless, generate_instance_uid=False)
    whole, dice = slices[1].PixelData, np.random.default_rng(5)
    n_refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[dice.integers(16, len(whole) - 8)] = dice.integers(256)
        slices[1].PixelData = bytes(damaged)
        try:
            read_study(slices)
        except InputError:
            n_refused += 1
    assert n_refused > 50
    assert capfd.readouterr() == ("", "")


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


@pytest.mark.slow
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
    assert len(files) > 160
    assert n_read > 0
