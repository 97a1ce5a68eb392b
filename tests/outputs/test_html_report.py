import base64
import dataclasses
import hashlib
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from made_films import film, film_result
from made_results import image_that_reaches_into_fascia, study_result
from made_sources import result_of, stored_slices
from report_pages import MARKUP, Page, with_header

import calciseg
from benchmarks.outputs import made_result
from calciseg.model import (
    CtVolume,
    FlagCode,
    ImageHeader,
    Issue,
    IssueCode,
    StudyResult,
    TissuePlane,
    UnseenVolume,
)
from calciseg.outputs import write
from calciseg.outputs.html_report import page
from calciseg.outputs.html_report.page import report_page
from calciseg.outputs.html_report.viewer_bundle import viewer_bundle

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_CASE = {
    "clinical": {"conditions": [f"dermatomyositis {MARKUP}"], "symptoms": ["painful necrotic ulcers"]},
    "imaging": {"sites": [MARKUP]},
}


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_is_whole_and_says_what_it_is(result: StudyResult, tmp_path: Path) -> None:
    (path,) = write(result, tmp_path, types=("html",))
    seen = Page(path.read_text(encoding="utf-8"))
    assert seen.open_tags == []
    assert "Research use only — not a diagnosis" in seen.text
    assert "4 soft-tissue calcifications" in seen.text
    assert result.study_instance_uid in seen.text
    assert "slice positions deviate by up to 0.02 mm" in seen.text
    assert "candidates.grow_hu" in seen.text
    assert "Agatston 1990" in seen.text
    assert "numpy" in seen.text


def test_the_verdict_and_its_limits_come_first(result: StudyResult) -> None:
    case = {"clinical": {"conditions": ["dermatomyositis"], "symptoms": ["painful necrotic ulcers"]}}
    text = Page(report_page(dataclasses.replace(result, classification=calciseg.classify(case)))).words
    parts = (
        "Research use only", "Alert.", "4 soft-tissue calcifications, 0.41 ml", "Limits",
        "shares of points are no probabilities", "Image 1 of 1", "Overview", "By tissue plane", "Viewer",
        "Largest first;", "Dense, but not counted", "Clinical classifier", "What would help",
        "What the words mean", "candidates.grow_hu", "Made with",
    )  # fmt: skip
    assert re.search(".*".join(map(re.escape, parts)), text)


def test_the_ledger_says_what_decided_it(result: StudyResult) -> None:
    text = report_page(result)
    assert '<td class="text">inside a bone found by its rim; 20 % of it is marrow &amp; fat</td>' in text
    assert '<td class="text">peaks below 160 HU</td>' in text
    assert "less evidence than is asked of its size" in report_page(film_result(film()))


def test_a_plane_without_a_lesion_of_its_own_has_no_score() -> None:
    text = report_page(study_result(image_that_reaches_into_fascia()))
    meaning = TissuePlane.FASCIAL.meaning
    assert f'<td class="number">–</td><td class="soft text">{meaning}</td>' in text
    assert text.count('<td class="number">–</td><td class="soft text">') == 1
    assert "scores by the lesion&#39;s plane" in text


def test_nothing_is_loaded_from_anywhere(result: StudyResult) -> None:
    seen = Page(report_page(result))
    assert not {"link", "iframe", "object", "embed", "base", "form"}.intersection(seen.tags)
    assert all(link.startswith(("data:image/jpeg;base64,", "#")) for link in seen.links)
    assert {link.removeprefix("#") for link in seen.links if link.startswith("#")} <= set(seen.ids)


def test_only_its_own_scripts_and_style_may_run(result: StudyResult) -> None:
    text = report_page(result)
    (script,), (style,), policy = _SCRIPT.findall(text), _STYLE.findall(text), Page(text).policy
    bundle = viewer_bundle().script.decode()
    assert policy == (
        f"default-src 'none'; script-src {hashed(script)} {hashed(bundle)}; style-src {hashed(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert Page(text).handlers == []


def test_markup_in_dicom_text_stays_text(result: StudyResult) -> None:
    hostile = with_header(
        result, convolution_kernel=MARKUP, body_part=MARKUP, acquisition=MARKUP, series_instance_uid=MARKUP
    )
    hostile = dataclasses.replace(
        hostile,
        study_instance_uid=MARKUP,
        issues=(Issue(code=IssueCode.FILES_IGNORED, message=MARKUP),),
        created=MARKUP,
    )
    seen = Page(report_page(hostile))
    harmless = with_header(result, body_part="ARM", acquisition="1")
    harmless = dataclasses.replace(
        harmless, issues=(Issue(code=IssueCode.FILES_IGNORED, message="three files"),)
    )
    assert seen.tags == Page(report_page(harmless)).tags
    assert seen.open_tags == []
    assert seen.handlers == []
    assert seen.text.count(MARKUP) == 7


def test_names_stay_outside_and_descriptions_are_text() -> None:
    slices = stored_slices()
    script = "<script>alert('x')</script>"
    for one in slices:
        one.PatientName, one.PatientID = script, script
        one.SeriesDescription = one.StudyDescription = one.ProtocolName = script
        one.ConvolutionKernel = "<b>B30f</b>"
    seen, plain = Page(report_page(result_of(slices))), Page(report_page(result_of(stored_slices())))
    assert seen.tags == plain.tags
    assert seen.handlers == []
    assert "alert" not in seen.text
    assert "kernel <b>B30f</b>" in seen.text


def test_nothing_found_is_said(nothing_found: StudyResult) -> None:
    seen = Page(report_page(nothing_found))
    assert "No soft-tissue calcification found." in seen.text
    assert "skeleton" in seen.text
    # Two projections, bone, and the place for a still picture.
    assert seen.tags.count("img") == 4


def test_a_failed_image_is_said(failed: StudyResult) -> None:
    seen = Page(report_page(failed))
    assert "This image could not be measured." in seen.text
    assert "img" not in seen.tags
    assert "canvas" not in seen.tags


def test_an_image_without_its_pixels_has_tables_and_no_pictures(result: StudyResult) -> None:
    (image,) = result.images
    unseen = UnseenVolume(header=image.header, geometry=image.geometry)
    seen = Page(report_page(dataclasses.replace(result, images=(dataclasses.replace(image, image=unseen),))))
    assert "img" not in seen.tags
    assert "4 soft-tissue calcifications" in seen.text
    assert "Dense, but not counted" in seen.text
    assert "need the voxels, which were not at hand" in seen.text


def test_two_images_have_their_own_sections_and_anchors(two_images: StudyResult) -> None:
    seen = Page(report_page(two_images))
    assert "Image 2 of 2" in seen.text
    assert len(seen.ids) == len(set(seen.ids))
    assert {"image-1", "image-2", "layer-2-excluded"} <= set(seen.ids)
    assert seen.tags.count("canvas") == 2


def test_pictures_and_rows_are_capped_and_the_page_says_so(
    two_images: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PICTURES_AT_MOST", 3)
    monkeypatch.setattr(page, "ROWS_AT_MOST", 6)
    seen = Page(report_page(two_images))
    # A row leads to its lesion also without a picture.
    assert re.findall(r"Go to lesion (\d+)", seen.words) == ["2", "3", "4", "1", "2", "3"]
    assert seen.tags.count("img") == 3 + 2 * (2 + 1 + 1)
    assert "Only the 3 largest of 4 are pictured" in seen.words
    assert "Only the 2 largest of 4 have a row; lesions.csv holds all." in seen.words


def test_pictures_that_take_all_the_room_leave_some_for_the_viewer(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_PICTURES_AND_SHOWN_AT_MOST", 0)
    seen = Page(report_page(result))
    assert seen.tags.count("canvas") == 1


@pytest.mark.slow
def test_a_report_of_400_slices_of_noise_and_5000_lesions_stays_below_15_mb() -> None:
    made = made_result(400, 5000)
    (image,) = made.images
    noise = np.random.default_rng(0).integers(-300, 975, (20, 512, 512), np.int16)
    volume = CtVolume(header=image.header, geometry=image.geometry, hu=np.concatenate([noise] * 20))
    for each in (made, dataclasses.replace(made, images=(dataclasses.replace(image, image=volume),))):
        text = report_page(each)
        assert len(text.encode()) < 15_000_000
        assert "each voxel the mean of" in Page(text).text


def test_flags_of_all_lesions_are_said_once(result: StudyResult) -> None:
    text = Page(report_page(result)).words
    assert text.count(f"All lesions: {FlagCode.MASS_UNCALIBRATED.meaning}.") == 1
    # Once in the table of meanings.
    assert text.count("mass uncalibrated") == 1


def test_a_report_without_the_header_of_the_scanner(result: StudyResult) -> None:
    image = result.images[0]
    assert image.hu is not None
    bare = ImageHeader(series_instance_uid="1.2", sop_instance_uids=())
    volume = CtVolume(header=bare, geometry=image.geometry, hu=image.hu, is_resampled=True)
    text = Page(
        report_page(dataclasses.replace(result, images=(dataclasses.replace(image, image=volume),)))
    ).text
    assert "tube voltage not stated" in text
    assert "(resampled)" in text


def test_the_classifier_speaks_in_the_report_and_what_a_case_says_is_text(result: StudyResult) -> None:
    shown = Page(report_page(dataclasses.replace(result, classification=calciseg.classify(_CASE))))
    plain = Page(report_page(result))
    assert shown.tags.count("script") == plain.tags.count("script")
    assert shown.handlers == []
    assert "Possible calciphylaxis" in shown.text
    assert "known connective-tissue disease" in shown.text
    assert "What would help" in shown.text
    assert "Course and complications" in shown.text
    assert MARKUP in shown.text
    assert "Clinical classifier" not in plain.text


@pytest.mark.parametrize("spacing_mm", [0.2, None])
def test_a_film_has_the_same_sections(spacing_mm: float | None) -> None:
    seen = Page(report_page(film_result(film(spacing_mm))))
    assert seen.open_tags == []
    for part in ("1 soft-tissue calcification on the radiograph", "areas are areas on the film", "Overview"):
        assert part in seen.words
    for part in ("By tissue plane", "Viewer", "Lesions", "bright is dense, in 8 bits"):
        assert part in seen.words
    assert ("1.44 mm²" if spacing_mm else "36 pixels") in seen.words
    assert "layer-1-planes" in seen.ids


def test_the_viewer_is_what_its_file_and_the_lock_file_say(repository: Path) -> None:
    vendor = Path(page.__file__).parent / "vendor"
    facts = json.loads((vendor / "niivue.json").read_text(encoding="utf-8"))
    bundle = viewer_bundle()
    assert hashlib.sha256((vendor / "niivue.min.js").read_bytes()).hexdigest() == facts["sha256"]
    assert zlib.decompress(base64.b64decode(bundle.packed)) == (vendor / "niivue.min.js").read_bytes()
    lock = json.loads((repository / "third_party" / "niivue" / "package-lock.json").read_text("utf-8"))
    for name, stated in facts["contains"].items():
        locked = lock["packages"][f"node_modules/{name}"]
        assert stated == f"{locked['version']} ({locked['license']})"
        assert f"{name} {locked['version']}, {locked['license']}\n" in bundle.licences
    assert (bundle.name, bundle.licence) == ("@niivue/niivue", "BSD-2-Clause")
    assert f"{bundle.name} {bundle.version} ({bundle.licence})" in (repository / "NOTICE").read_text("utf-8")
