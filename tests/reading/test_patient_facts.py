"""Age, sex and contrast, and nothing else of the patient."""

import pytest

from calciseg.reading import read_study


@pytest.mark.parametrize(
    ("attributes", "age_years"),
    [
        ({"PatientAge": "062Y"}, 62.0),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "000Y"}, None),
        ({"PatientAge": "130Y"}, 130.0),
        ({"PatientAge": "131Y"}, None),
        ({"PatientAge": "999Y"}, None),
        ({"PatientAge": "999M"}, 83.25),
        ({"PatientAge": "999Y", "PatientBirthDate": "19580615", "StudyDate": "20200615"}, 62.0),
        ({}, None),
        ({"PatientBirthDate": "19580615", "StudyDate": "20200614"}, 61.0),
        ({"PatientBirthDate": "19580615", "StudyDate": "20200615"}, 62.0),
        ({"PatientBirthDate": "19000101", "StudyDate": "20310101"}, None),
        ({"PatientBirthDate": "", "StudyDate": "20310101"}, None),
    ],
)
def test_age(attributes, age_years, make_slices, stored):
    assert read_study(make_slices(stored, **attributes)).patient.age_years == age_years


@pytest.mark.parametrize(("stated", "sex"), [("F", "F"), ("M", "M"), ("O", None), ("", None)])
def test_sex(stated, sex, make_slices, stored):
    assert read_study(make_slices(stored, PatientSex=stated)).patient.sex == sex


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("APPLIED", True), ("", None), ("OMNIPAQUE 350", True), ("NOVALUE 300", True),
        ("NON-IONIC", True), ("NONIONIC", True), ("NONI", True), ("W/O AND WITH", True), ("W/O & W", True),
        ("NONE", False), ("NON CONTRAST", False), ("Non-Contrast", False), ("WITHOUT CONTRAST", False),
        ("W/O CONTRAST", False), ("NONE GIVEN", False), ("NO", False), ("N/A", False), ("-", False),
        ("OHNE KM", False), ("ORAL", False), ("PO ONLY", False), ("ORAL AND IV OMNIPAQUE", True),
        ("ORALTAG 9 G", True),
    ],
)  # fmt: skip
def test_contrast(agent, expected, make_slices, stored):
    image = read_study(make_slices(stored, ContrastBolusAgent=agent)).images[0]
    assert image.header.contrast_agent is expected


@pytest.mark.parametrize(
    ("route", "expected"), [("IV", True), ("ORAL", False), ("Oral & IV", True), ("RECTAL", False)]
)
def test_contrast_in_the_bowel_is_not_in_the_vessels(route, expected, make_slices, stored, save, tmp_path):
    slices = make_slices(stored, ContrastBolusAgent="OMNIPAQUE", ContrastBolusRoute=route)
    for source in (slices, save(slices, tmp_path)):
        assert read_study(source).images[0].header.contrast_agent is expected


@pytest.mark.parametrize(("stated", "expected"), [("L", "left"), ("R", "right"), ("", None)])
def test_laterality(stated, expected, make_slices, stored):
    assert read_study(make_slices(stored, Laterality=stated)).images[0].header.laterality == expected
