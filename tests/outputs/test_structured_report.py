"""DICOM SR: what it says, as others read it."""

import copy
import dataclasses
import subprocess
from pathlib import Path
from shutil import which

import highdicom
import pytest
from made_films import film, film_result, hand_result
from made_sources import anonymised, enhanced, result_of, stored_slices
from pydicom import dcmread
from pydicom.sr.codedict import codes

from calciseg.clinical import classify
from calciseg.model import Issue, IssueCode, SourceHeaders, TissuePlane
from calciseg.outputs import write
from calciseg.settings import OutputSettings, Settings

CASE = {"clinical": {"conditions": ["dermatomyositis <b>since</b> 2019"], "age_years": 12, "sex": "F"}}


def classified(slices):
    return dataclasses.replace(result_of(slices), classification=classify(CASE))


def written(result, folder: Path, types=("seg", "sr")) -> Path:
    path = write(result, folder, types=types)[-1]
    assert path.name == "sr-1.dcm"
    return path


def texts(content, found=None):
    """Every word of a report, in order."""
    found = [] if found is None else found
    for item in content:
        if item.ValueType == "TEXT":
            found.append(str(item.TextValue))
        elif item.ValueType == "CODE":
            found.append(str(item.ConceptCodeSequence[0].CodeMeaning))
        texts(item.get("ContentSequence", []), found)
    return found


def test_a_group_for_each_lesion_with_its_segment(tmp_path):
    result = classified(stored_slices())
    report = highdicom.sr.srread(written(result, tmp_path))
    segmentation = dcmread(tmp_path / "seg-1.dcm")
    planes = {int(item.SegmentNumber): item.SegmentLabel for item in segmentation.SegmentSequence}
    groups = report.content.get_volumetric_roi_measurement_groups()
    lesions = result.images[0].lesions
    assert len(groups) == len(lesions)
    for group, lesion in zip(groups, lesions, strict=True):
        assert group.tracking_identifier == f"Lesion {lesion.label}"
        assert group.finding_type == codes.SCT.PathologicCalcification
        segment = group.referenced_segment
        assert segment.referenced_sop_instance_uid == segmentation.SOPInstanceUID
        (number,) = segment.referenced_segment_numbers
        assert planes[number] == f"Calcification, {lesion.tissue_plane}"
        values = [(one.name.value, one.value) for one in group.get_measurements()]
        assert ("118565006", pytest.approx(lesion.volume_mm3, rel=1e-5)) in values
        assert ("112058", pytest.approx(lesion.agatston, abs=0.005)) in values
        names = {one.name.meaning for one in group.get_measurements()}
        # What was not measured is left out, never 0.
        assert "Surface Area of Mesh" not in names
        assert ("Distance to deep fascia, negative inside" in names) is (lesion.label != 1)


def test_totals_and_differential(tmp_path):
    result = classified(stored_slices())
    report = highdicom.sr.srread(written(result, tmp_path))
    groups = {one.tracking_identifier: one for one in report.content.get_image_measurement_groups()}
    assert set(groups) == {"Total", *(f"Total, {plane}" for plane in TissuePlane), "Differential"}
    total = {one.name.value: one.value for one in groups["Total"].get_measurements()}
    assert total["246206008"] == 4
    said = texts(dcmread(tmp_path / "sr-1.dcm").ContentSequence)
    assert "research only not a diagnosis" in said
    (reason,) = [text for text in said if text.startswith("dystrophic, ")]
    assert "dermatomyositis <b>since</b> 2019" in reason
    assert result.classification.ranking[0].evidence[0].source in reason


def doubted(result):
    """Return the result with a doubt about its image and one about its study."""
    image = dataclasses.replace(
        result.images[0], issues=(Issue(code=IssueCode.KVP_MISSING, message="no tube voltage is stated"),)
    )
    kept = Issue(code=IssueCode.CLASSIFICATION_KEPT, message="the ranking was made before")
    return dataclasses.replace(result, images=(image,), issues=(kept,))


def test_doubts_stand_beside_what_they_are_about(tmp_path):
    result = doubted(classified(stored_slices()))
    groups = dcmread(written(result, tmp_path, types=("sr",))).ContentSequence[-1].ContentSequence
    of_total, of_ranking = (
        next(said for said in map(texts, ([group] for group in groups)) if words in said)
        for words in ("Total", "Differential")
    )
    assert "no tube voltage is stated" in of_total
    assert "the ranking was made before" in of_ranking
    assert "the ranking was made before" not in of_total
    unranked = dataclasses.replace(result, classification=None)
    assert "the ranking was made before" in texts(
        dcmread(written(unranked, tmp_path / "unranked", types=("sr",))).ContentSequence
    )


@pytest.mark.parametrize(
    ("clinical", "named"),
    [
        ({"conditions": ["dermatomyositis"], "symptoms": ["proximal weakness"]}, {"Probable mechanism": 1}),
        ({"conditions": ["dermatomyositis"]}, {"Not told apart": 2}),
        ({}, {}),
    ],
    ids=["probable", "indeterminate", "insufficient"],
)
def test_one_mechanism_is_not_called_not_told_apart(tmp_path, clinical, named):
    verdict = classify({"clinical": clinical})
    result = dataclasses.replace(result_of(stored_slices()), classification=verdict)
    report = highdicom.sr.srread(written(result, tmp_path))
    groups = {one.tracking_identifier: one for one in report.content.get_image_measurement_groups()}
    meanings = [one.name.meaning for one in groups["Differential"].get_qualitative_evaluations()]
    found = {meaning: meanings.count(meaning) for meaning in ("Probable mechanism", "Not told apart")}
    assert {meaning: n for meaning, n in found.items() if n} == named


def test_a_group_refers_to_its_segment_of_a_label_map(tmp_path):
    labelmap = Settings(outputs=OutputSettings(seg_type="labelmap"))
    result = dataclasses.replace(result_of(stored_slices()), settings=labelmap)
    report = highdicom.sr.srread(written(result, tmp_path))
    numbers = {
        item.TrackingID: int(item.SegmentNumber)
        for item in dcmread(tmp_path / "seg-1.dcm").SegmentSequence
        if "TrackingID" in item
    }
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == len(result.images[0].lesions)
    for group in groups:
        (number,) = group.referenced_segment.referenced_segment_numbers
        assert number == numbers[group.tracking_identifier]


def test_a_radiograph_has_areas_and_no_volume(tmp_path):
    result = film_result(film())
    report = highdicom.sr.srread(written(result, tmp_path))
    (group,) = report.content.get_volumetric_roi_measurement_groups()
    figures = {one.name.meaning: one.value for one in group.get_measurements()}
    assert figures["Area"] == pytest.approx(36 * 0.04)
    assert not {"Volume", "Attenuation Coefficient", "Calcium score"} & set(figures)
    bare = highdicom.sr.srread(written(film_result(film(None)), tmp_path / "bare"))
    (group,) = bare.content.get_volumetric_roi_measurement_groups()
    assert "Area" not in {one.name.meaning for one in group.get_measurements()}


def test_a_radiograph_says_why_a_plane_is_open_and_how_much_lies_where(tmp_path):
    report = highdicom.sr.srread(written(hand_result(film()), tmp_path))
    (group,) = report.content.get_volumetric_roi_measurement_groups()
    said = [(one.name.meaning, one.value.meaning) for one in group.get_qualitative_evaluations()]
    assert ("Why the plane is given or not", "at skin") in said
    assert [word for name, word in said if name == "Possible tissue plane"] == ["cutaneous", "subcutaneous"]
    figures = {
        group.tracking_identifier: {one.name.meaning: one.value for one in group.get_measurements()}
        for group in report.content.get_image_measurement_groups()
    }
    assert figures["Total"]["calciseg hand index, no published score"] == 0.34
    assert figures["Total"]["Calcified share of palm"] == 0.17
    assert figures["Total, hand"]["Area"] == 1.44


def tracking_uids(dataset):
    """Every tracking UID of a segmentation or a report, in order."""
    own = [str(item.TrackingUID) for item in dataset.get("SegmentSequence", []) if "TrackingUID" in item]
    own += [str(dataset.UID)] if dataset.get("ValueType") == "UIDREF" and is_tracking(dataset) else []
    return own + [uid for item in dataset.get("ContentSequence", []) for uid in tracking_uids(item)]


def is_tracking(item):
    return item.ConceptNameCodeSequence[0].CodeMeaning == "Tracking Unique Identifier"


@pytest.mark.parametrize("seg_type", ["binary", "labelmap"])
def test_views_of_one_series_share_no_finding(tmp_path, seg_type):
    """Two views, and one that an anonymiser gave the UID of the second: each has a lesion 1 of its own."""
    datasets = [film() for _ in range(2)]
    datasets[1].SOPInstanceUID += ".2"
    results = [film_result(one) for one in (*datasets, datasets[1])]
    films = [dataclasses.replace(one.radiographs[0], n=n) for n, one in enumerate(results, start=1)]
    settings = Settings(outputs=OutputSettings(seg_type=seg_type))
    several = dataclasses.replace(
        results[0],
        radiographs=tuple(films),
        settings=settings,
        source=SourceHeaders(lambda: iter(copy.deepcopy(datasets))),
    )
    write(several, tmp_path, types=("seg", "sr"))
    of_images = [
        {uid for kind in ("seg", "sr") for uid in tracking_uids(dcmread(tmp_path / f"{kind}-{n}.dcm"))}
        for n in (1, 2, 3)
    ]
    assert not of_images[0] & of_images[1]
    assert not of_images[0] & of_images[2]
    assert not of_images[1] & of_images[2]
    # A lesion is the same finding in both objects, and whatever else was analysed with its image.
    of_second = tracking_uids(dcmread(tmp_path / "sr-2.dcm"))[0]
    alone = dataclasses.replace(several, radiographs=(dataclasses.replace(films[1], n=1),))
    assert tracking_uids(dcmread(written(alone, tmp_path / "alone")))[0] == of_second
    if seg_type == "labelmap":
        assert tracking_uids(dcmread(tmp_path / "seg-2.dcm")) == [of_second]


def test_header(tmp_path):
    report = dcmread(written(classified(stored_slices()), tmp_path))
    assert report.VerificationFlag == "UNVERIFIED"
    assert str(report.SeriesDescription).startswith("calciseg (research)")
    assert (report.ContentDate, report.StudyInstanceUID) == ("20260102", "1.2.826.0.1.3680043.10.1")


def test_without_a_segmentation_it_refers_to_none(tmp_path):
    report = highdicom.sr.srread(written(classified(stored_slices()), tmp_path, types=("sr",)))
    assert report.content.get_volumetric_roi_measurement_groups() == []
    assert len(report.content.get_image_measurement_groups()) == 4 + 6 + 1


def test_nothing_found_is_reported(tmp_path):
    result = result_of(stored_slices())
    empty = dataclasses.replace(result.images[0], lesions=())
    report = highdicom.sr.srread(written(dataclasses.replace(result, images=(empty,)), tmp_path))
    assert len(report.content.get_image_measurement_groups()) == 6


CHANGES = pytest.mark.parametrize(
    "change", [anonymised, enhanced, list], ids=["anonymised", "multi-frame", "plain"]
)


@pytest.mark.slow
@CHANGES
def test_the_same_result_makes_the_same_bytes(change, tmp_path):
    results = [classified(change(stored_slices())) for _ in range(2)]
    later = dataclasses.replace(results[1], created="2027-01-01T00:00:00Z")
    one, two = written(results[0], tmp_path / "1"), written(later, tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()
    other = dataclasses.replace(later, classification=None)
    assert dcmread(written(other, tmp_path / "3")).SOPInstanceUID != dcmread(one).SOPInstanceUID


@pytest.mark.slow
@CHANGES
def test_dsrdump_prints_it(change, tmp_path):
    program = which("dsrdump")
    if program is None:
        pytest.skip("dsrdump (Debian package dcmtk) is not installed")
    path = written(classified(change(stored_slices())), tmp_path)
    said = subprocess.run([program, str(path)], capture_output=True, text=True, check=True).stdout
    assert said.count("Tracking Unique Identifier") == 4 + 6 + 1
