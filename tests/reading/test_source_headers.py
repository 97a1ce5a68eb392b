"""DICOM writers reach the names in the source; nothing else does."""

import pickle
from dataclasses import asdict, replace

import numpy as np

import calciseg
from calciseg.model import SourceHeaders, Study
from calciseg.outputs import write
from calciseg.reading import read_study

NAME = "DOE^SECRET"


def test_writers_reach_the_headers_of_the_slices_in_their_order(make_slices, save, stored, tmp_path):
    slices = make_slices(stored[::-1], heights_mm=[8, 6, 4, 2, 0], PatientName=NAME, PatientID="7")
    for source in (slices, save(slices, tmp_path)):
        study = read_study(source)
        headers = list(study.source.datasets())
        assert [header.SOPInstanceUID for header in headers] == list(study.images[0].header.sop_instance_uids)
        assert {str(header.PatientName) for header in headers} == {NAME}
        assert {str(header.PatientID) for header in headers} == {"7"}
        assert not any("PixelData" in header for header in headers)
        assert len(list(study.source.datasets())) == 5
    assert all("PixelData" in dataset for dataset in slices)


def test_the_reference_is_opaque_and_never_serialised(make_slices, stored):
    study = read_study(make_slices(stored, PatientName=NAME))
    assert "SECRET" not in repr(study)
    for copy in (pickle.loads(pickle.dumps(study)), Study(**{**asdict(study), "images": ()})):
        assert copy.source.is_empty
        assert list(copy.source.datasets()) == []
    assert b"SECRET" not in pickle.dumps(study)
    assert not study.source.is_empty
    assert SourceHeaders().is_empty


def test_a_result_keeps_it_and_no_file_shows_it(make_slices, tmp_path):
    air = np.zeros((4, 30, 30), dtype=np.uint16)
    result = calciseg.analyze(make_slices(air, PatientName=NAME))
    assert {str(header.PatientName) for header in result.source.datasets()} == {NAME}
    assert "SECRET" not in repr(result)
    write(result, tmp_path, types=("json", "csv", "html"))
    for path in tmp_path.iterdir():
        assert b"SECRET" not in path.read_bytes()
    assert replace(result, source=SourceHeaders()).source.is_empty
