"""The report as DICOM Encapsulated PDF: whose it is, that it is the same each time, and what it says."""

import dataclasses
import os
import re
import subprocess
import sys
import zlib
from base64 import a85decode
from pathlib import Path
from shutil import which

import pytest
from made_films import film, film_result, hand_result
from made_results import image_result, study_result
from made_sources import result_of, stored_slices
from pydicom import dcmread
from pydicom.uid import EncapsulatedPDFStorage
from reportlab.platypus import Paragraph, SimpleDocTemplate

import calciseg
from calciseg.clinical import classify
from calciseg.model import FlagCode, PlaneReason
from calciseg.outputs import write
from calciseg.outputs.pdf_report import pdf_report

CASE = {"clinical": {"conditions": ["dermatomyositis <b>since</b> 2019"], "age_years": 12, "sex": "F"}}


def report_of(result, folder: Path):
    (path,) = write(result, folder, types=("pdf",))
    assert path.name == "report.dcm"
    return dcmread(path)


def n_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def n_drawn(pdf: bytes) -> int:
    """Bytes of drawing on all pages."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode[^>]*>>\s*stream\s(.*?)endstream", pdf, re.DOTALL)
    return sum(len(zlib.decompress(a85decode(one.strip(), adobe=True))) for one in streams if b"~>" in one)


def test_it_is_of_the_study_and_refers_to_its_images(tmp_path):
    slices = stored_slices()
    result = dataclasses.replace(result_of(slices), classification=classify(CASE))
    report = report_of(result, tmp_path)
    assert report.SOPClassUID == EncapsulatedPDFStorage
    assert report.StudyInstanceUID == result.study_instance_uid
    assert report.PatientID == slices[0].PatientID
    assert report.SeriesDescription.startswith("calciseg (research)")
    assert {one.ReferencedSOPInstanceUID for one in report.SourceInstanceSequence} == {
        one.SOPInstanceUID for one in slices
    }
    pdf = report.EncapsulatedDocument[: report.EncapsulatedDocumentLength]
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert n_pages(pdf) >= 1
    assert n_drawn(pdf) > 2000
    assert str(slices[0].PatientName).encode() not in pdf
    # It is no image: calciseg passes over it when it reads the study again.
    assert calciseg.read_study([*slices, report]).study_instance_uid == result.study_instance_uid


def words_of(result, monkeypatch) -> str:
    """All that is set, before it is drawn: glyphs of a PDF are no text."""
    told = []

    def gather(parts):
        for part in parts:
            if isinstance(part, Paragraph):
                told.append(part.text)
            else:
                gather(getattr(part, "_content", ()))
                for row in getattr(part, "_cellvalues", ()):
                    gather(row)

    monkeypatch.setattr(SimpleDocTemplate, "build", lambda self, story: gather(story))
    pdf_report(result)
    return "\n".join(told)


def with_first(image, **changes):
    return dataclasses.replace(
        image, lesions=(dataclasses.replace(image.lesions[0], **changes), *image.lesions[1:])
    )


def test_it_says_side_flags_and_how_the_score_was_made(monkeypatch):
    image = with_first(
        image_result(1),
        site="thigh",
        laterality="left",
        flags=(FlagCode.CUT_BY_EDGE, FlagCode.MASS_UNCALIBRATED),
    )
    said = words_of(study_result(image), monkeypatch)
    assert "left thigh" in said
    assert "cut by edge" in said.splitlines()
    assert f"cut by edge: {FlagCode.CUT_BY_EDGE.meaning}" in said
    assert f"All lesions: {FlagCode.MASS_UNCALIBRATED.meaning}" in said
    assert "normalised to 3 mm and scaled by tube voltage" in said


def test_it_says_what_decided_that_something_is_not_counted(monkeypatch):
    said = words_of(study_result(image_result(1)), monkeypatch)
    assert "inside a bone found by its rim; 20 % of it is marrow &amp; fat" in said
    assert "less evidence than is asked of its size" in words_of(film_result(film()), monkeypatch)


def test_a_letter_given_as_one_condition_fits_on_a_page(monkeypatch):
    letter = "dermatomyositis " + "treated for years and followed in the clinic " * 400
    verdict = classify({"clinical": {"conditions": [letter], "age_years": 12, "sex": "F"}})
    result = dataclasses.replace(study_result(image_result(1)), classification=verdict)
    assert n_pages(pdf_report(result)) < 5
    said = words_of(result, monkeypatch)
    assert "dermatomyositis treated for years" in said
    assert letter.strip() not in said


def test_that_of_a_radiograph_says_side_and_flags_too(monkeypatch):
    result = film_result(film())
    (image,) = result.radiographs
    shadow = dataclasses.replace(
        image.lesions[0], label=2, site="hand", laterality="right", flags=(FlagCode.OVER_BONE,)
    )
    image = dataclasses.replace(image, maps=None, lesions=(*image.lesions, shadow))
    said = words_of(dataclasses.replace(result, radiographs=(image,)), monkeypatch)
    assert "right hand" in said
    assert f"over bone: {FlagCode.OVER_BONE.meaning}" in said


def test_that_of_a_radiograph_says_why_a_plane_is_open_and_how_much_lies_where(monkeypatch):
    result = hand_result(film())
    (image,) = result.radiographs
    lesion = dataclasses.replace(image.lesions[0], density_grade=0.61, depth_from_skin_mm=2.4)
    image = dataclasses.replace(image, maps=None, lesions=(lesion,))
    said = words_of(dataclasses.replace(result, radiographs=(image,)), monkeypatch)
    assert f"{PlaneReason.AT_SKIN.meaning}; possible: cutaneous, subcutaneous" in said
    assert "0.61" in said
    assert "2.4" in said
    assert "hand: 1 lesion, 1.44 mm²" in said
    assert "calciseg hand index 0.34 (no published score); calcified: 0.17 % of palm" in said


def test_a_radiograph_has_one_too(tmp_path):
    report = report_of(film_result(film()), tmp_path)
    assert report.Modality == "DOC"


@pytest.mark.slow
def test_the_same_result_makes_the_same_bytes_in_another_process(tmp_path):
    script = (
        "import sys; from made_sources import result_of, stored_slices; import calciseg;"
        "calciseg.write(result_of(stored_slices()), sys.argv[1], types=('pdf',))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "there")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    (here,) = write(result_of(stored_slices()), tmp_path / "here", types=("pdf",))
    assert here.read_bytes() == (tmp_path / "there" / "report.dcm").read_bytes()


def test_dciodvfy_finds_no_error(tmp_path):
    program = which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    write(result_of(stored_slices()), tmp_path, types=("pdf",))
    done = subprocess.run([program, str(tmp_path / "report.dcm")], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == []
    assert "EncapsulatedPDF" in done.stderr + done.stdout
