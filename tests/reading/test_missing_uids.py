"""Studies and series without UIDs get stable ones, made from what they hold."""

import re

import numpy as np
import pytest

from calciseg.reading import inspect, read_study

EMPTY = {"StudyInstanceUID": "", "SeriesInstanceUID": ""}


def test_made_uids_are_stable_and_told(make_slices, save, stored, hu, tmp_path):
    first = save(make_slices(stored, **EMPTY), tmp_path / "first")
    second = save(make_slices(stored, **EMPTY), tmp_path / "second", ["e", "d", "c", "b", "a"])
    study, again = read_study(first), read_study(second)
    np.testing.assert_array_equal(study.images[0].hu, hu)
    uids = [study.study_instance_uid, study.images[0].header.series_instance_uid]
    assert [again.study_instance_uid, again.images[0].header.series_instance_uid] == uids
    for uid in uids:
        assert re.fullmatch(r"2\.25\.[1-9]\d{0,38}", uid)
    assert uids[0] != uids[1]
    assert [issue.code for issue in study.issues] == ["study_uid_missing"]
    assert [issue.code for issue in study.images[0].issues] == ["series_uid_missing"]


def test_made_uids_can_be_asked_for(make_slices, save, stored, tmp_path):
    save(make_slices(stored, **EMPTY), tmp_path / "a")
    save(make_slices(stored, StudyInstanceUID="1.2.3"), tmp_path / "b")
    made = next(study.study_instance_uid for study in inspect(tmp_path).studies if study.is_uid_made)
    assert read_study(tmp_path, made).study_instance_uid == made


def test_without_any_uid_the_pixels_decide(make_slices, save, stored, tmp_path):
    def write(values, name):
        slices = make_slices(values, **EMPTY)
        for dataset in slices:
            del dataset.SOPInstanceUID
            dataset.file_meta.MediaStorageSOPInstanceUID = ""
            (tmp_path / name).mkdir(exist_ok=True)
            dataset.save_as(tmp_path / name / f"{dataset.InstanceNumber}", enforce_file_format=False)
        return read_study(tmp_path / name).study_instance_uid

    assert write(stored, "a") == write(stored, "b")
    assert write(stored + 1, "c") != write(stored, "a")


def test_studies_without_uids_are_told_apart_by_their_folders(make_slices, save, stored, tmp_path):
    save(make_slices(stored, **EMPTY), tmp_path / "a")
    slices = make_slices(stored, **EMPTY)
    for n, dataset in enumerate(slices):
        dataset.SOPInstanceUID = f"1.9.{n}"
    save(slices, tmp_path / "b")
    assert len(inspect(tmp_path).studies) == 2


@pytest.mark.parametrize(
    "changed", [{"SeriesNumber": 9}, {"ConvolutionKernel": "B70f"}, {"SliceThickness": 7}]
)
def test_series_without_uids_are_told_apart(changed, make_slices, save, stored, tmp_path):
    save(make_slices(stored, **EMPTY), tmp_path, [f"a{n}" for n in range(5)])
    others = make_slices(stored, **EMPTY, **changed)
    for n, dataset in enumerate(others):
        dataset.SOPInstanceUID = f"1.9.{n}"
    save(others, tmp_path, [f"b{n}" for n in range(5)])
    studies = inspect(tmp_path).studies
    assert [len(study.series) for study in studies] == [2]
