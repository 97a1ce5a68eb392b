"""What slices have in common is converted once, and only what is the same: bytes, encoding, character set."""

import io

import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from calciseg.reading import values
from calciseg.reading.values import code_string, integer, numbers, text, texts, uid


def parsed(dataset: Dataset, syntax=ExplicitVRLittleEndian) -> Dataset:
    """Return a data set as it comes out of a file, nothing of it converted yet."""
    stream = io.BytesIO()
    is_implicit = syntax == ImplicitVRLittleEndian
    dataset.save_as(stream, implicit_vr=is_implicit, little_endian=syntax != ExplicitVRBigEndian)
    stream.seek(0)
    return dcmread(stream, force=True)


def kernel(character_set, content: bytes) -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = character_set
    dataset.ConvolutionKernel = "PLACE"
    found = parsed(dataset)
    raw = found.get_item("ConvolutionKernel")
    assert isinstance(raw, RawDataElement)
    found[raw.tag] = raw._replace(value=content, length=len(content))
    return found


def n_kept() -> int:
    return values._shared_meaning.cache_info().currsize


def test_the_same_bytes_in_another_character_set_are_another_text():
    content = "Bé".encode()
    for _ in range(2):
        assert text(kernel("ISO_IR 192", content), "ConvolutionKernel") == "Bé"
        assert text(kernel("ISO_IR 100", content), "ConvolutionKernel") == "BÃ©"
        assert text(kernel("ISO_IR 144", content), "ConvolutionKernel") == "BУЉ"
        assert text(kernel(["ISO_IR 100", "ISO 2022 IR 87"], content), "ConvolutionKernel") == "BÃ©"


def test_the_same_bytes_in_another_order_are_another_number():
    little, big = Dataset(), Dataset()
    little.Rows, big.Rows = 0x0102, 0x0201
    for _ in range(2):
        assert integer(parsed(little), "Rows") == 0x0102
        assert integer(parsed(big, ExplicitVRBigEndian), "Rows") == 0x0201


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_one_value_is_read_in_every_way_it_is_asked_for(syntax):
    dataset = Dataset()
    dataset.ImageType = ["1", "2"]
    dataset.PixelSpacing = ["1", "2"]
    for found in (parsed(dataset, syntax), parsed(dataset, syntax)):
        assert texts(found, "ImageType") == ("1", "2")
        assert text(found, "ImageType") == "1\\2"
        assert code_string(found, "ImageType") == "UNKNOWN"
        assert uid(found, "ImageType") is None
        assert numbers(found, "PixelSpacing", 2) == numbers(found, "ImageType", 2) == (1.0, 2.0)
        assert numbers(found, "PixelSpacing", 1) is None
        assert texts(found, "PixelSpacing") == ("1", "2")


@pytest.mark.parametrize("make", [parsed, Dataset], ids=["from a file", "in memory"])
def test_zero_is_a_number_and_an_empty_value_is_none(make):
    dataset = Dataset()
    dataset.RescaleIntercept, dataset.PixelRepresentation = 0, 0
    dataset.RescaleSlope, dataset.Modality, dataset.Rows = None, "", None
    found = make(dataset)
    assert (integer(found, "RescaleIntercept"), integer(found, "PixelRepresentation")) == (0, 0)
    assert (integer(found, "RescaleSlope"), integer(found, "Rows"), text(found, "Modality")) == (None,) * 3


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("PatientBirthDate", "19580615"), ("PatientName", "DOE^SECRET"), ("PixelSpacing", [1.25] * 500)],
)
def test_names_dates_of_birth_and_endless_values_are_not_kept(keyword, value):
    dataset = Dataset()
    setattr(dataset, keyword, value)
    values._shared_meaning.cache_clear()
    assert len(texts(parsed(dataset), keyword)) == (500 if isinstance(value, list) else 1)
    assert n_kept() == 0
