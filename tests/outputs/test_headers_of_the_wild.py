"""Headers as archives hold them: every DICOM object is written, others read it, and it says whose it is."""

import io

import highdicom
import numpy as np
import pytest
from made_films import film, film_result
from made_sources import enhanced, result_of, stored_slices
from pydicom import dcmread
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from test_segmentation import expected, places

from calciseg.errors import OutputError
from calciseg.outputs import write
from calciseg.outputs.dicom_objects import source_images, structured_report
from calciseg.outputs.dicom_objects.valid_headers import valid_header

TYPES = ("seg", "sr", "pdf")
JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"


def as_files(slices):
    """Return slices as archives send them: bytes, read anew."""
    files = []
    for one in slices:
        files.append(io.BytesIO())
        one.save_as(files[-1], enforce_file_format=True)
        files[-1].seek(0)
    return files


def as_read(header: Dataset) -> Dataset:
    stream = io.BytesIO()
    header.save_as(stream, implicit_vr=False, little_endian=True)
    stream.seek(0)
    return dcmread(stream, force=True)


def with_bytes(values: dict[str, bytes]):
    """Return slices with values that pydicom itself would not take."""
    slices = stored_slices()
    for one in slices:
        for keyword, value in values.items():
            tag = Tag(keyword)
            one[tag] = RawDataElement(tag, dictionary_VR(tag), len(value), value, 0, False, True)
    return as_files(slices)


def objects(slices, folder) -> list[Dataset]:
    """Write every kind of object, let others read the segmentation, and return the headers."""
    result = result_of(slices)
    paths = write(result, folder, types=TYPES)
    assert [path.name for path in paths] == ["seg-1.dcm", "sr-1.dcm", "report.dcm"]
    assert set(places(paths[0])) == set(expected(result, lambda _: ""))
    highdicom.sr.srread(paths[1])
    return [dcmread(path) for path in paths]


CHARACTER_SETS = [
    ("", "Mueller^Joerg"), ("ISO_IR 6", "Mueller^Joerg"), ("ISO_IR 100", "Müller^Jörg"),
    ("ISO 2022 IR 100", "Müller^Jörg"), ("ISO_IR_100", "Müller^Jörg"), ("ISO-8859-1", "Müller^Jörg"),
    ("latin1", "Müller^Jörg"), ("ISO_IR 144", "Иванов^Иван"), ("UTF-8", JAPANESE), ("ISO_IR 192", JAPANESE),
    ("\\ISO 2022 IR 87", JAPANESE), ("ISO 2022 IR 6\\ISO 2022 IR 87", JAPANESE),
    ("ISO_IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("GB18030", "Wang^XiaoDong=王^小东"), ("GBK", "Wang^XiaoDong=王^小东"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize(("character_set", "name"), CHARACTER_SETS)
def test_names_of_every_script_come_through(character_set, name):
    header, item = Dataset(), Dataset()
    header.SpecificCharacterSet, header.PatientName = character_set.split("\\"), name
    # A text in an item of a sequence, too: the hospital's name of the examination.
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "1", "99X", name.partition("^")[0]
    header.ProcedureCodeSequence = [item]
    for one in (header, as_read(header)):
        before = one.to_json()
        valid = as_read(valid_header(one))
        assert (str(valid.PatientName), valid.SpecificCharacterSet) == (name, "ISO_IR 192")
        assert valid.ProcedureCodeSequence[0].CodeMeaning == name.partition("^")[0]
        assert one.to_json() == before


def test_a_name_in_chinese_as_the_standard_prints_it():
    # DICOM PS3.5, K.2; pydicom writes it otherwise.
    stored = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="
    header = Dataset()
    header.SpecificCharacterSet = ["", "ISO 2022 IR 58"]
    header[Tag("PatientName")] = RawDataElement(Tag("PatientName"), "PN", len(stored), stored, 0, False, True)
    assert str(as_read(valid_header(header)).PatientName) == "Zhang^XiaoDong=张^小东"


def test_a_name_comes_through_in_every_object(tmp_path):
    slices = stored_slices()
    for one in slices:
        one.SpecificCharacterSet, one.PatientName = ["", "ISO 2022 IR 87"], JAPANESE
    for one in objects(as_files(slices), tmp_path):
        assert (str(one.PatientName), one.SpecificCharacterSet) == (JAPANESE, "ISO_IR 192")


VALUES = [
    {
        "PatientSex": (b"f ", "F"), "PatientBirthDate": (b"1950", ""), "StudyDate": (b"202001", ""),
        "StudyTime": (b"12:30:00", "123000"), "PatientName": (b"Doe^J\\Jr ", "Doe^J Jr"),
    },
    {
        "PatientSex": (b"U ", ""), "PatientBirthDate": (b"00000000", ""), "StudyDate": (b"31/12/1999", ""),
        "StudyTime": (b"250000", ""), "PatientWeight": (b"70kg", ""), "PatientID": (b"", ""),
    },
    {
        "PatientSex": (b"MALE", ""), "PatientBirthDate": (b"1950.01.31", "19500131"),
        "StudyDate": (b"20200102-20200103 ", ""), "StudyTime": (b"1230", "1230"),
        "ReferringPhysicianName": (b"x\\y ", "x y"), "SeriesDate": (b"1999-12-31", "20260102"),
    },
    {"PatientBirthDate": (b"19500000", ""), "StudyTime": (b"noon", ""), "PatientSize": (b"1,80", "")},
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("values", VALUES)
def test_what_has_no_valid_form_is_blank(values, tmp_path):
    stored = {keyword: value for keyword, (value, _) in values.items()}
    for one in objects(with_bytes(stored), tmp_path):
        found = {keyword: str(one.get(keyword) or "") for keyword in values}
        assert found == {keyword: written for keyword, (_, written) in values.items()}


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize("value", [b"", b"-3", b"3mm ", b"1.0e400 "])
def test_a_slice_thickness_that_is_none_is_the_distance_of_slices(value, tmp_path):
    result = result_of(stored_slices())
    segmentation, *_ = objects(with_bytes({"SliceThickness": value}), tmp_path)
    measures = segmentation.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert measures.SliceThickness == pytest.approx(result.images[0].geometry.spacing_mm_zyx[0])


@pytest.mark.parametrize("is_enhanced", [False, True])
def test_a_wrong_distance_of_slices_is_not_passed_on(is_enhanced, tmp_path):
    slices = stored_slices()
    for one in slices:
        one.SpacingBetweenSlices = 77
        del one.SliceThickness
        one.add_new("SliceThickness", "DS", None)
    if is_enhanced:
        slices = enhanced(slices)
        shared = slices[0].SharedFunctionalGroupsSequence[0]
        # As some writers have it: what all frames share stands in every frame.
        for group in slices[0].PerFrameFunctionalGroupsSequence:
            group.PixelMeasuresSequence = shared.PixelMeasuresSequence
            group.PlaneOrientationSequence = shared.PlaneOrientationSequence
        del shared.PixelMeasuresSequence, shared.PlaneOrientationSequence
    segmentation, *_ = objects(slices, tmp_path)
    measures = segmentation.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert measures.SpacingBetweenSlices == measures.SliceThickness != 77


def test_orientations_that_differ_by_rounding(tmp_path):
    slices = stored_slices()
    slices[3].ImageOrientationPatient = [float(one) + 2e-6 for one in slices[3].ImageOrientationPatient]
    objects(slices, tmp_path)


def test_the_data_sets_of_the_caller_stay_as_they_are(tmp_path):
    slices = stored_slices()
    for one in slices:
        one.SpecificCharacterSet, one.PatientName = "ISO_IR 100", ["Doe", "Müller"]
        one.SliceThickness = 0
    before = [one.to_json() for one in slices]
    objects(slices, tmp_path)
    assert [one.to_json() for one in slices] == before


def test_slices_that_share_one_uid_keep_all_lesions(tmp_path):
    slices = stored_slices()
    for one in slices:
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    segmentation, _, report = objects(slices, tmp_path)
    (item,) = segmentation.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert item.ReferencedSOPInstanceUID == "1.2.3"
    assert len(report.SourceInstanceSequence) == 1


def test_a_film_with_a_spacing_of_its_own_is_read_by_others(tmp_path):
    dataset = film()
    dataset.PixelSpacing = [0.19, 0.19]
    result = film_result(dataset)
    path, _ = write(result, tmp_path, types=("seg", "sr"))
    seen = highdicom.seg.segread(path).pixel_array.reshape(result.radiographs[0].image.shape_yx)
    np.testing.assert_array_equal(seen, result.radiographs[0].maps.labels[0])


def test_a_format_that_cannot_be_made_takes_no_other_with_it(tmp_path, monkeypatch):
    (tmp_path / "seg-1.dcm").write_bytes(b"of another study")
    slices = stored_slices()
    halves = [enhanced(slices[:8])[0], enhanced(slices[8:])[0]]
    halves[1].SOPInstanceUID = halves[1].file_meta.MediaStorageSOPInstanceUID = "1.2.4"
    result = result_of(halves)
    with pytest.raises(OutputError, match=r"seg-1\.dcm cannot be made: .*; leave this output type out"):
        write(result, tmp_path, types=("json", "seg", "sr"))
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "sr-1.dcm"}

    def unfit(*_arguments):
        raise ValueError("DOE^SECRET")

    for module in (source_images, structured_report):
        monkeypatch.setattr(module, "date_like_source" if module is structured_report else "frames_of", unfit)
    with pytest.raises(OutputError, match=r"seg-1.*; sr-1") as caught:
        write(result, tmp_path, types=("json", "seg", "sr"))
    assert "SECRET" not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"result.json"}
