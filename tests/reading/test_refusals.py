"""What cannot be measured is refused in one sentence that says what is wrong and what to do."""

import logging

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.uid import (
    JPEG2000Lossless,
    MRImageStorage,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from calciseg.errors import InputError
from calciseg.reading import inspect, read_study

NAME = "DOE^SECRET"


def refusal(source, **options):
    with pytest.raises(InputError) as error:
        read_study(source, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_only_an_mr(make_slices, save, stored, tmp_path):
    folder = save(make_slices(stored, Modality="MR", SOPClassUID=MRImageStorage), tmp_path)
    assert refusal(folder) == (
        f"{folder} holds no CT and no radiograph, only MR; calciseg needs CT, CR or DX:"
        " give a CT series or a plain radiograph"
    )


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "it is a localizer"),
        (
            {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "CT_SOM5 MIP"]},
            "it is a maximum intensity projection",
        ),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "it is a secondary capture"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "it is a colour image (RGB)"),
        ({"PhotometricInterpretation": "FOO"}, "a photometric interpretation that is not known (FOO)"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "VNC"]}, "it is a virtual non-contrast image"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "MAT_VALUE_BASED"]}, "it is a material map"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "IODINE"]}, "it is an iodine map"),
        ({"ManufacturerModelName": "On-Board Imager"}, "it is a cone-beam CT"),
        ({"AcquisitionType": "CONE_BEAM"}, "it is a cone-beam CT"),
        ({"Manufacturer": "TomoTherapy Incorporated"}, "it is a megavolt CT"),
        ({"RescaleType": "HU_MOD"}, "holds values in HU_MOD, not in Hounsfield units"),
        ({"RescaleType": "MGML"}, "holds values in MGML, not in Hounsfield units"),
        ({"RescaleSlope": None, "RescaleIntercept": None}, "has no rescale slope and intercept"),
        ({"RescaleSlope": -1}, "states a rescale of -1 x + -1024, which no CT has"),
        ({"RescaleIntercept": 1e30}, "which no CT has"),
        ({"RescaleSlope": 1e9}, "which no CT has"),
        ({"KVP": 6000}, "was made at 6000 kV, which is no diagnostic CT"),
        ({"Rows": 0}, "states no rows or columns"),
        ({"Rows": 60000}, "states 60000 x 9 pixels"),
        ({"BitsAllocated": 32}, "stores 32 bits a pixel"),
        ({"PixelSpacing": [0, 0]}, "states no valid pixel spacing"),
        ({"PixelSpacing": None}, "states no valid pixel spacing"),
        ({"PixelSpacing": [0.8, 0.5, 2]}, "states no valid pixel spacing"),
        ({"ImageOrientationPatient": None}, "states no orientation"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "not two unit vectors at a right angle"),
        ({"ImagePositionPatient": None}, "5 of its slices state no position"),
        ({"ImagePositionPatient": [0, 0, 1e9]}, "states a position that no scanner has"),
    ],
)
def test_series_that_are_no_ct_volume(attributes, words, make_slices, save, stored, tmp_path):
    folder = save(make_slices(stored, **attributes), tmp_path)
    message = refusal(folder)
    assert words in message
    assert message.startswith("series 1.2.826.0.1.3680043.8.498.1.2 of ")
    assert "; " in message
    listed = inspect(folder).studies[0].series[0]
    assert not listed.is_usable
    assert listed.reason is not None
    assert str(tmp_path) not in listed.reason


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"heights_mm": [0, 2, 4, 6, 12]}, "2 slices are missing between steps of 2 mm"),
        ({"heights_mm": [0, 2, 4, 7, 18]}, "and a gap of 11 mm is too wide to fill"),
        ({"heights_mm": [0, 2, 4, 4, 6]}, "1 of its 5 slices lie at the position of another one"),
        ({"heights_mm": [0, 2, 4, 4.005, 6]}, "1 of its 5 slices lie at the position of another one"),
        ({"heights_mm": [0] * 5}, "4 of its 5 slices lie at the position of another one"),
        ({"shift_mm_per_slice": (0, 3, 0)}, "its slices are sheared by 56.3 degrees, more than any gantry"),
    ],
)
def test_irregular_positions(layout, words, make_slices, save, stored, tmp_path):
    assert words in refusal(save(make_slices(stored, **layout), tmp_path))


def test_slices_of_two_kinds(make_slices, save, stored, tmp_path):
    slices = make_slices(stored)
    slices[2].PixelSpacing = [0.9, 0.5]
    assert "its pixel spacing changes from 0.8 to 0.9 mm" in refusal(slices)
    slices = make_slices(stored)
    slices[2].ImageOrientationPatient = [1, 0, 0, 0, 0.9998, 0.02]
    assert "its slices have different orientations" in refusal(slices)
    slices = make_slices(stored[:, :13])
    assert "different numbers of rows or columns" in refusal(make_slices(stored)[:4] + slices[4:])


def test_fragment(make_slices, save, stored, tmp_path):
    folder = save(make_slices(stored[:2]), tmp_path)
    assert "it has only 2 usable slices; a volume needs at least 3: give the whole series" in refusal(folder)
    assert "it has only 1 usable slice" in refusal(folder / "IM0000.dcm")


@pytest.fixture
def large() -> NDArray[np.uint16]:
    """Slices large enough for JPEG 2000."""
    return np.random.default_rng(1).integers(0, 4096, size=(3, 64, 64), dtype=np.uint16)


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless])
@pytest.mark.parametrize("n_lost", [1, 100])
def test_truncated_pixels_name_the_file(syntax, n_lost, make_slices, save, large, tmp_path):
    slices = make_slices(large)
    if syntax is not None:
        for dataset in slices:
            dataset.compress(syntax, generate_instance_uid=False)
    folder = save(slices, tmp_path)
    path = folder / "IM0002.dcm"
    # A compressed value ends with a delimiter of 8 bytes, which alone would not be missed.
    path.write_bytes(path.read_bytes()[: -n_lost - (8 if syntax else 0)])
    message = refusal(folder)
    assert f"{path} is truncated: " in message
    assert message.endswith("; copy or send the study again")


def test_truncated_header_names_the_file(make_slices, save, stored, tmp_path):
    folder = save(make_slices(stored), tmp_path)
    path = folder / "IM0002.dcm"
    content = path.read_bytes()
    for n_kept in (140, 300, content.index(b"B30f"), len(content) - stored[0].nbytes - 20):
        path.write_bytes(content[:n_kept])
        message = refusal(folder)
        assert f"{path} " in message
        assert "truncated" in message or "damaged" in message


def test_damaged_pixels_name_the_file(make_slices, save, large, tmp_path):
    slices = make_slices(large)
    for dataset in slices:
        dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    slices[1].PixelData = (
        slices[1].PixelData[:30] + bytes(len(slices[1].PixelData) - 38) + slices[1].PixelData[-8:]
    )
    folder = save(slices, tmp_path)
    message = refusal(folder)
    assert f"{folder / 'IM0001.dcm'} cannot be decoded (JPEG 2000" in message


def test_several_studies(make_slices, save, stored, hu, tmp_path):
    save(make_slices(stored), tmp_path / "a")
    save(make_slices(stored[::-1], StudyInstanceUID="1.2.3.4"), tmp_path / "b")
    assert refusal(tmp_path) == (
        f"{tmp_path} holds 2 studies (1.2.3.4, 1.2.826.0.1.3680043.8.498.1);"
        " choose one with --study UID, or analyse them all with calciseg batch"
    )
    np.testing.assert_array_equal(read_study(tmp_path, "1.2.3.4").images[0].hu, hu[::-1])
    assert "holds no study 9; choose one of 1.2.3.4, 1.2.826" in refusal(tmp_path, study_uid="9")


def test_series_that_is_not_there_or_not_usable(make_slices, save, stored, tmp_path):
    save(make_slices(stored), tmp_path / "a")
    save(make_slices(stored, SeriesInstanceUID="1.2.9", Modality="PT"), tmp_path / "b")
    assert "has no series 7; choose one of 1.2.826.0.1.3680043.8.498.1.2, 1.2.9" in refusal(
        tmp_path, series_uids=["7"]
    )
    assert "series 1.2.9 of" in refusal(tmp_path, series_uids=["1.2.9"])


def test_no_name_leaves_the_header(make_slices, save, stored, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    slices = make_slices(
        stored,
        PatientName=NAME,
        PatientID=NAME,
        PatientBirthDate="19510203",
        OtherPatientIDs=NAME,
        InstitutionName=NAME,
        SeriesDescription=NAME,
        StudyDate="20200101",
    )
    folder = save(slices, tmp_path)
    study = read_study(folder)
    said = [repr(study), repr(study.patient), repr(inspect(folder)), str(inspect(folder).to_dict())]
    slices[1].PixelSpacing = [0.1, 0.2]
    said.append(refusal(slices))
    said += [caplog.text, *capfd.readouterr()]
    for text in said:
        assert "SECRET" not in text
        assert "1951" not in text
