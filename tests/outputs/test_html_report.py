import base64
import dataclasses
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calciseg
from calciseg.model import (
    CtVolume,
    FlagCode,
    ImageHeader,
    Issue,
    IssueCode,
    StudyResult,
    TissuePlane,
    VolumeGeometry,
)
from calciseg.outputs import write
from calciseg.outputs.html_report import page
from calciseg.outputs.html_report.lesion_picture import lesion_picture
from calciseg.outputs.html_report.overview import overviews
from calciseg.outputs.html_report.page import report_page
from calciseg.outputs.html_report.patient_view import PatientView
from calciseg.outputs.palette import PLANE_COLOURS, rgb

MARKUP = """<script>alert("1")</script>'"><img src=x onerror=alert(2)>&lt;"""


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open_tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open_tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def decoded(data_uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_uri.partition(",")[2])))).astype(int)


def is_like(pixels: np.ndarray, plane: TissuePlane) -> np.ndarray:
    return np.abs(pixels - rgb(plane)).sum(axis=2) < 60


def with_header(result: StudyResult, **fields: str) -> StudyResult:
    image = result.images[0]
    header = dataclasses.replace(image.header, **fields)
    volume = CtVolume(header=header, geometry=image.geometry, hu=image.image.hu)
    return dataclasses.replace(result, images=(dataclasses.replace(image, image=volume),))


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


def test_nothing_is_loaded_from_anywhere(result: StudyResult) -> None:
    seen = Page(report_page(result))
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"}.intersection(seen.tags)
    assert all(link.startswith(("data:image/jpeg;base64,", "#")) for link in seen.links)
    assert {link.removeprefix("#") for link in seen.links if link.startswith("#")} <= set(seen.ids)


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
    assert "script" not in seen.tags
    assert seen.open_tags == []
    assert seen.text.count(MARKUP) == 7


def test_nothing_found_is_said(nothing_found: StudyResult) -> None:
    seen = Page(report_page(nothing_found))
    assert "No soft-tissue calcification found." in seen.text
    assert "skeleton" in seen.text
    assert seen.tags.count("img") == 2


def test_a_failed_image_is_said(failed: StudyResult) -> None:
    seen = Page(report_page(failed))
    assert "This image could not be measured." in seen.text
    assert "img" not in seen.tags


def test_two_images_have_their_own_sections_and_anchors(two_images: StudyResult) -> None:
    seen = Page(report_page(two_images))
    assert "Image 2 of 2" in seen.text
    assert len(seen.ids) == len(set(seen.ids)) == 8


def test_pictures_are_capped_and_the_page_says_so(
    two_images: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PICTURES_AT_MOST", 3)
    seen = Page(report_page(two_images))
    assert seen.tags.count("img") == 2 * 2 + 3
    assert seen.ids == ["lesion-1-2", "lesion-1-3", "lesion-1-4"]
    assert "Only the 3 largest of 4 are pictured" in " ".join(seen.text.split())


def test_flags_of_all_lesions_are_said_once(result: StudyResult) -> None:
    text = " ".join(Page(report_page(result)).text.split())
    assert text.count(f"All lesions: {FlagCode.MASS_UNCALIBRATED.meaning}.") == 1
    # Once in the table of meanings.
    assert text.count("mass uncalibrated") == 1


def test_a_lesion_is_outlined_in_its_colour(result: StudyResult) -> None:
    image = result.images[0]
    fascial = image.lesions[2]
    picture = lesion_picture(image, fascial)
    pixels = decoded(picture.data_uri)
    assert is_like(pixels, TissuePlane.FASCIAL).sum() > 100
    assert not is_like(pixels, TissuePlane.SUBCUTANEOUS).any()
    assert picture.field_mm == 60
    assert (picture.n_slice, picture.n_slices) == (10, 16)


def test_a_wide_lesion_widens_the_field(result: StudyResult) -> None:
    image = result.images[0]
    wide = dataclasses.replace(image.lesions[2], bbox_zyx=((8, 11), (0, 60), (0, 72)))
    assert lesion_picture(image, wide).field_mm == pytest.approx(72 * 0.8 * 1.6)


@pytest.mark.parametrize("name", ["from the front", "from the side"])
def test_the_overview_shows_every_plane(result: StudyResult, name: str) -> None:
    (overview,) = (overview for overview in overviews(result.images[0]) if overview.name == name)
    pixels = decoded(overview.data_uri)
    for plane in (TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS, TissuePlane.FASCIAL):
        assert (np.abs(pixels - rgb(plane)).sum(axis=2) < 120).sum() > 50


def test_the_view_points_to_feet_back_and_left() -> None:
    # Slices run from left to right, rows to the head, columns to the front.
    geometry = VolumeGeometry(
        shape_zyx=(2, 3, 4),
        spacing_mm_zyx=(5.0, 2.0, 1.0),
        direction=(0.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    )
    view = PatientView.of_geometry(geometry)
    assert view.shape == (3, 4, 2)
    assert view.spacing_mm == (2.0, 1.0, 5.0)
    array = np.arange(24).reshape(2, 3, 4)
    turned = view.of_array(array)
    indices = np.argwhere(array >= 0).astype(float)
    x_mm, y_mm, z_mm = geometry.lps_mm_from_zyx(indices).T
    place_of = dict(zip(array.ravel(), zip(-z_mm, y_mm, x_mm, strict=True), strict=True))
    first, last = place_of[turned[0, 0, 0]], place_of[turned[-1, -1, -1]]
    assert all(a < b for a, b in zip(first, last, strict=True))
    ranges = ((0, 1), (1, 3), (0, 2))
    part = array[tuple(slice(*ends) for ends in ranges)]
    seen = turned[tuple(slice(*ends) for ends in view.of_ranges(ranges))]
    assert sorted(part.ravel()) == sorted(seen.ravel())


def test_every_plane_has_its_own_colour() -> None:
    assert list(PLANE_COLOURS) == list(TissuePlane)
    assert len(set(PLANE_COLOURS.values())) == len(TissuePlane)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in PLANE_COLOURS.values())


def test_a_report_without_the_header_of_the_scanner(result: StudyResult) -> None:
    image = result.images[0]
    bare = ImageHeader(series_instance_uid="1.2", sop_instance_uids=())
    volume = CtVolume(header=bare, geometry=image.geometry, hu=image.image.hu, is_resampled=True)
    text = Page(
        report_page(dataclasses.replace(result, images=(dataclasses.replace(image, image=volume),)))
    ).text
    assert "tube voltage not stated" in text
    assert "(resampled)" in text


def test_the_classifier_speaks_in_the_report_and_what_a_case_says_is_text(result: StudyResult) -> None:
    case = {
        "clinical": {"conditions": [f"dermatomyositis {MARKUP}"], "symptoms": ["painful necrotic ulcers"]},
        "imaging": {"sites": [MARKUP]},
    }
    shown = Page(report_page(dataclasses.replace(result, classification=calciseg.classify(case))))
    assert "script" not in shown.tags
    assert "Possible calciphylaxis" in shown.text
    assert "known connective-tissue disease" in shown.text
    assert "What would help" in shown.text
    assert "Course and complications" in shown.text
    assert MARKUP in shown.text
    assert "Clinical classifier" not in Page(report_page(result)).text
