"""Radiographs: bright is dense, LUTs for the eye are not applied, and millimetres say where they hold."""

import re

import numpy as np
import pytest
from pydicom.dataset import Dataset

import calciseg
from calciseg.errors import InputError
from calciseg.reading import inspect, read_study

CR = {"Modality": "CR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "ImageType": ["ORIGINAL", "PRIMARY"]}


def radiograph(make_slices, stored, remove=(), **attributes):
    """One radiograph with these stored values; CT's own attributes are taken off."""
    (dataset,) = make_slices(np.asarray(stored)[None], **{**CR, **attributes})
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "RescaleSlope",
        "RescaleIntercept",
        *remove,
    ):
        if keyword not in attributes:
            del dataset[keyword]
    return dataset


def read(dataset):
    (image,) = read_study([dataset]).radiographs
    return image


STORED = np.array([[0, 1], [2, 1023]], dtype=np.uint16)
BITS = {"BitsStored": 10, "HighBit": 9}


def test_monochrome2_is_as_stored(make_slices):
    image = read(radiograph(make_slices, STORED, **BITS))
    np.testing.assert_array_equal(image.values, STORED)
    assert not image.values.flags.writeable


@pytest.mark.parametrize(
    "how", [{"PhotometricInterpretation": "MONOCHROME1"}, {"PresentationLUTShape": "INVERSE"}]
)
def test_inverted_ones_are_turned(how, make_slices):
    image = read(radiograph(make_slices, STORED, **BITS, **how))
    np.testing.assert_array_equal(image.values, 1023 - STORED)


def lut(entries, first):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, 16])
    item.add_new("LUTData", "US", entries)
    return [item]


def test_a_modality_lut_is_applied_and_a_voi_lut_is_not(make_slices):
    dataset = radiograph(
        make_slices,
        STORED,
        **BITS,
        ModalityLUTSequence=lut([100, 300, 900], 0),
        VOILUTSequence=lut([9, 0, 0], 0),
    )
    # Values beyond the table take those of its end.
    np.testing.assert_array_equal(read(dataset).values, [[0, 200], [800, 800]])
    dataset = radiograph(
        make_slices, STORED, **BITS, VOILUTSequence=lut([9, 0, 0], 0), WindowCenter=1, WindowWidth=2
    )
    np.testing.assert_array_equal(read(dataset).values, STORED)


@pytest.mark.parametrize("damage", ["short", "empty", "a sequence"])
def test_a_damaged_modality_lut_is_refused(damage, make_slices):
    (item,) = table = lut([100, 300, 900], 0)
    if damage == "a sequence":
        del item["LUTData"]
        item.add_new("LUTData", "SQ", [Dataset()])
    else:
        item.LUTDescriptor = [4 if damage == "short" else 0, 0, 16]
    dataset = radiograph(make_slices, STORED, **BITS, ModalityLUTSequence=table)
    other = radiograph(make_slices, STORED, SeriesInstanceUID="1.2.3.9", SOPInstanceUID="1.2.7")
    study = read_study([dataset, other])
    assert len(study.radiographs) == 1
    assert any("Modality LUT is damaged" in issue.message for issue in study.issues)


def test_a_rescale_is_applied(make_slices):
    image = read(radiograph(make_slices, STORED, **BITS, RescaleSlope=2, RescaleIntercept=-7))
    np.testing.assert_array_equal(image.values, 2 * STORED)


@pytest.mark.parametrize("slope", [0.5, 0.01, 0.001, 1e-6])
@pytest.mark.parametrize("intercept", [0, -0.3])
def test_a_fractional_slope_loses_no_grey_level(slope, intercept, make_slices):
    for sign, expected in ((1, STORED), (-1, 1023 - STORED)):
        rescale = {"RescaleSlope": sign * slope, "RescaleIntercept": intercept}
        image = read(radiograph(make_slices, STORED, **BITS, **rescale))
        np.testing.assert_array_equal(image.values, expected)


def test_a_slope_of_zero_is_refused(make_slices):
    dataset = radiograph(make_slices, STORED, **BITS, RescaleSlope=0, RescaleIntercept=0)
    with pytest.raises(InputError, match=r"rescale slope is 0.*; give a plain radiograph"):
        read_study([dataset])
    dataset.ModalityLUTSequence = lut([100, 300, 900], 0)
    np.testing.assert_array_equal(read(dataset).values, [[0, 200], [800, 800]])


@pytest.mark.parametrize(
    ("attributes", "spacing", "basis"),
    [
        ({"PixelSpacing": None}, None, "missing"),
        ({"PixelSpacing": [0, 0]}, None, "missing"),
        ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1), "unstated"),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), "detector"),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), "detector"),
        ({"PixelSpacing": [0.18, 0.09], "ImagerPixelSpacing": [0.2, 0.1]}, (0.18, 0.09), "calibrated"),
        ({"PixelSpacing": [0.2, 0.1], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.2, 0.1), "calibrated"),
    ],
)
def test_spacing(attributes, spacing, basis, make_slices):
    image = read(radiograph(make_slices, STORED, **BITS, **attributes))
    assert (image.spacing_mm_yx, image.spacing_basis) == (spacing, basis)
    assert ("pixel_spacing_missing" in [issue.code for issue in image.issues]) == (spacing is None)


def test_collimator_and_letters(make_slices):
    stored = np.zeros((20, 30), dtype=np.uint16)
    edges = {
        "CollimatorUpperHorizontalEdge": 2,
        "CollimatorLowerHorizontalEdge": 18,
        "CollimatorLeftVerticalEdge": 0,
        "CollimatorRightVerticalEdge": 99,
    }
    image = read(radiograph(make_slices, stored, **edges, BurnedInAnnotation="YES", ViewPosition="AP"))
    assert image.field_yx == ((2, 17), (0, 30))
    assert image.has_burned_in_text is True
    assert [issue.code for issue in image.issues] == ["burned_in_text"]
    assert image.header.view == "AP"
    plain = read(radiograph(make_slices, stored))
    assert plain.field_yx == ((0, 20), (0, 30))
    assert plain.has_burned_in_text is None


def test_beside_a_ct_they_are_numbered_on(make_slices):
    air = np.zeros((4, 30, 30), dtype=np.uint16)
    other = radiograph(make_slices, STORED, SeriesInstanceUID="1.2.3.9")
    result = calciseg.analyze([*make_slices(air), other])
    assert [(image.n, image.kind) for image in result.all_images] == [(1, "ct_volume"), (2, "radiograph")]
    (film,) = calciseg.analyze([*make_slices(air), other], series_uids=["1.2.3.9"]).all_images
    assert film.kind == "radiograph"


def test_a_broken_one_stops_no_other(make_slices):
    one, two = (radiograph(make_slices, STORED, SeriesInstanceUID=f"1.2.{n}") for n in (1, 2))
    two.PixelData = two.PixelData[:3]
    two.SOPInstanceUID = "1.2.7"
    study = read_study([one, two])
    assert [image.header.series_instance_uid for image in study.radiographs] == ["1.2.1"]
    assert "radiograph_unreadable" in [issue.code for issue in study.issues]
    with pytest.raises(InputError, match=r"was left out: one of its files is truncated.*; "):
        read_study([two])


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, r"it is a colour image \(RGB\)"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, r"it is a colour image \(PALETTE COLOR\)"),
        ({"PhotometricInterpretation": "FOO"}, r"a photometric interpretation that is not known \(FOO\)"),
        ({"PhotometricInterpretation": "MONOCHROME"}, "it states no photometric interpretation that says"),
        ({"PhotometricInterpretation": None}, "it states no photometric interpretation that says whether"),
        ({"NumberOfFrames": 3}, "it has 3 frames"),
        ({"Columns": 30000}, "states 2 x 30000 pixels, which no CR or DX image has"),
        ({"BitsAllocated": 32}, "stores 32 bits a pixel; CR or DX has 16"),
        ({"Rows": 5}, "is truncated: 12 bytes of its pixel data are missing"),
        ({"ModalityLUTSequence": lut([], 0)}, "Modality LUT is damaged"),
    ],
)
def test_inspect_and_analyze_refuse_the_same(attributes, words, make_slices, save, tmp_path):
    good = radiograph(make_slices, STORED, SOPInstanceUID="1.2.7")
    bad = radiograph(make_slices, STORED, **attributes)
    folder = save([bad], tmp_path / "bad")
    with pytest.raises(InputError, match=f"was left out: .*{words}.*; "):
        read_study(folder)
    (series,) = inspect(folder).studies[0].series
    assert (series.is_usable, series.is_chosen, series.why) == (False, False, None)
    assert re.search(f"{words}.*; ", series.reason)
    assert str(tmp_path) not in series.reason
    (mixed,) = inspect(save([bad, good], tmp_path / "mixed")).studies[0].series
    assert (mixed.is_usable, mixed.reason) == (True, None)
    assert "1 of 2 cannot be" in mixed.why


def test_ct_that_states_no_photometric_interpretation_is_grey(make_slices, stored, hu):
    image = read_study(make_slices(stored, PhotometricInterpretation=None)).images[0]
    np.testing.assert_array_equal(image.hu, hu)


def test_copies_of_one_film_are_one_image(make_slices):
    dataset = radiograph(make_slices, STORED, **BITS)
    copy = radiograph(make_slices, STORED, **BITS, SeriesInstanceUID="1.2.9")
    study = read_study([dataset, dataset, copy])
    assert len(study.radiographs) == 1
    assert "Left out: 2 second files of one radiograph." in [issue.message for issue in study.issues]
    # Some anonymisers give every film the same UID.
    other = radiograph(make_slices, STORED[::-1].copy(), **BITS)
    assert len(read_study([dataset, other]).radiographs) == 2


def test_a_film_of_a_whole_leg_is_read(make_slices):
    stored = np.tile(np.uint16([7, 9, 12, 900]), (9776, 1))
    image = read(radiograph(make_slices, stored))
    np.testing.assert_array_equal(image.values, stored)


@pytest.mark.parametrize("attributes", [{"Columns": 30000}, {"BitsAllocated": 32}])
def test_instead_of_pixels_that_no_film_has_a_radiograph_is_asked_for(attributes, make_slices):
    with pytest.raises(InputError, match=r"; give a plain radiograph$"):
        read_study([radiograph(make_slices, STORED, **attributes)])


def code(value):
    item = Dataset()
    item.CodeValue = value
    return [item]


@pytest.mark.parametrize(
    ("attributes", "view", "body_part"),
    [
        ({"ViewCodeSequence": code("272479007"), "AnatomicRegionSequence": code("85562004")}, "PA", "HAND"),
        ({"ViewCodeSequence": code("R-40888"), "AnatomicRegionSequence": code("T-D8700")}, "PA", "HAND"),
        (
            {"ViewCodeSequence": code("399067008"), "AnatomicRegionSequence": code("T-D6000")},
            "LATERAL",
            "PELVIS",
        ),
        ({"ViewCodeSequence": code("399348003"), "ViewPosition": "PA"}, "PA", None),
        ({"AnatomicRegionSequence": code("85562004"), "BodyPartExamined": "KNEE"}, None, "KNEE"),
        ({"ViewCodeSequence": code("1"), "AnatomicRegionSequence": []}, None, None),
    ],
)
def test_view_and_body_part_are_words_or_codes(attributes, view, body_part, make_slices):
    dataset = radiograph(make_slices, STORED, **attributes)
    if "BodyPartExamined" not in attributes:
        dataset.BodyPartExamined = None
    header = read(dataset).header
    assert (header.view, header.body_part) == (view, body_part)


def test_collimator_and_shutter_both_bound_the_field(make_slices):
    edges = {
        "CollimatorUpperHorizontalEdge": 2,
        "CollimatorLowerHorizontalEdge": 18,
        "ShutterShape": "RECTANGULAR",
    }
    edges |= {"ShutterUpperHorizontalEdge": 5, "ShutterLeftVerticalEdge": 3, "ShutterRightVerticalEdge": 26}
    image = read(radiograph(make_slices, np.zeros((20, 30), np.uint16), **edges))
    assert image.field_yx == ((5, 17), (3, 25))


def test_a_scanned_film_has_the_spacing_of_its_scanner(make_slices):
    scanned = {"PixelSpacing": None, "NominalScannedPixelSpacing": [0.2, 0.2]}
    image = read(radiograph(make_slices, STORED, **scanned))
    assert (image.spacing_mm_yx, image.spacing_basis) == ((0.2, 0.2), "detector")


def test_doubts_and_acquisition_are_told_as_of_ct(make_slices):
    image = read(radiograph(make_slices, STORED, LossyImageCompression="01", AcquisitionNumber=4))
    assert [issue.code for issue in image.issues] == ["lossy_compression"]
    assert image.header.acquisition == "4"
    unnamed = radiograph(make_slices, STORED, SeriesInstanceUID=None)
    assert [issue.code for issue in read(unnamed).issues] == ["series_uid_missing"]


def test_radiographs_that_were_not_asked_for_are_named(make_slices):
    air = np.zeros((4, 30, 30), dtype=np.uint16)
    ct = make_slices(air)
    other = radiograph(make_slices, STORED, SeriesInstanceUID="1.2.3.9")
    study = read_study([*ct, other], series_uids=[str(ct[0].SeriesInstanceUID)])
    (issue,) = (one for one in study.issues if one.code == "series_not_chosen")
    assert "1.2.3.9 (not asked for)" in issue.message
