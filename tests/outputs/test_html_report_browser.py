"""The report in a real browser, with WebGL drawn by the processor: what people click, press and read."""

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from made_films import film, film_result
from made_results import image_result, study_result
from playwright.sync_api import Browser, Page, sync_playwright
from report_pages import MARKUP, with_header

import calciseg
from calciseg.model import CtVolume, Issue, IssueCode, StudyResult, VolumeGeometry
from calciseg.outputs import write

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")

_OPTIONS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest)
}
"""
# A canvas is readable only right after it was drawn.
_PIXELS = """() => {
  const { niivue } = calcisegViewers[1], gl = niivue.gl
  const { drawingBufferWidth: width, drawingBufferHeight: height } = gl
  niivue.drawScene()
  const rgba = new Uint8Array(4 * width * height)
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rgba)
  let nColoured = 0, sum = 0
  for (let i = 0; i < rgba.length; i += 4) {
    const colours = [rgba[i], rgba[i + 1], rgba[i + 2]]
    if (Math.max(...colours) - Math.min(...colours) > 40) nColoured++
    sum += rgba[i]
  }
  return [nColoured, sum]
}"""
_CASE = {
    "clinical": {
        "conditions": [f"dermatomyositis {MARKUP}"],
        "symptoms": ["painful necrotic ulcers"],
        "dialysis": True,
    },
    "imaging": {"sites": [MARKUP]},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_OPTIONS)


class Tab:
    """A page that minds what it must not do: errors, warnings of its policy, requests."""

    def __init__(self, browser: Browser, path: Path, **context: object) -> None:
        script = context.pop("script", None)
        self.page: Page = browser.new_context(**context).new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        if script:
            self.page.add_init_script(script)
        self.url = path.as_uri()
        self.page.goto(self.url)

    def opened(self, n: int = 1) -> Page:
        """Wait for a viewer."""
        viewer = self.page.locator(f".viewer[data-image='{n}']")
        viewer.scroll_into_view_if_needed()
        self.page.wait_for_selector(f".viewer[data-image='{n}'][data-state]", timeout=120_000)
        return self.page

    def position_mm(self, n: int = 1) -> list[float]:
        """Return where the crosshair of a viewer is, as NiiVue says."""
        found: list[float] = self.page.evaluate(f"calcisegViewers[{n}].positionMm()")
        return found

    def close(self) -> None:
        self.page.context.close()


Opened = Callable[..., Tab]


@pytest.fixture
def open_report(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    tabs: list[Tab] = []

    def opened(result: StudyResult, **context: object) -> Tab:
        (path,) = write(result, tmp_path, types=("html",))
        tabs.append(Tab(browser, path, **context))
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.close()


def wanted_mm(page: Page, selector: str) -> list[float]:
    return [float(mm) for mm in (page.get_attribute(selector, "data-ras") or "").split(" ")]


def labels(page: Page) -> list[str]:
    rows = page.locator(".lesions tbody tr")
    return [rows.nth(i).get_attribute("data-label") or "" for i in range(rows.count())]


@pytest.fixture
def hostile() -> StudyResult:
    made = with_header(study_result(image_result(1)), body_part=MARKUP, convolution_kernel=MARKUP)
    issue = Issue(code=IssueCode.FILES_IGNORED, message=MARKUP)
    return dataclasses.replace(made, issues=(issue,), classification=calciseg.classify(_CASE))


@pytest.mark.slow
def test_a_row_leads_to_its_lesion_and_nothing_else_happens(
    hostile: StudyResult, open_report: Opened
) -> None:
    tab = open_report(hostile)
    page = tab.opened()
    assert page.get_attribute(".viewer", "data-state") == "open"
    for label in (4, 1, 3):
        page.click(f".lesions tr[data-label='{label}'] td.thumb")
        assert tab.position_mm() == pytest.approx(wanted_mm(page, f"tr[data-label='{label}']"), abs=0.01)
        assert f"lesion {label}," in page.inner_text(".readout")
        assert page.inner_text(".status").startswith(f"Lesion {label}: ")
        assert page.get_attribute("tr.chosen", "data-label") == str(label)
    page.click(".ledger button.go")
    assert tab.position_mm() == pytest.approx(wanted_mm(page, ".ledger tr.chosen"), abs=0.01)
    assert "not counted: bone" in page.inner_text(".readout")
    # Markup of DICOM and of the case is read as text, and nobody was asked for anything.
    assert page.inner_text("body").count(MARKUP) >= 4
    assert page.locator("img[src='x']").count() == 0
    assert tab.complaints == []
    assert tab.requests == [tab.url]


@pytest.mark.slow
def test_the_viewer_shows_overlays_views_and_windows(open_report: Opened) -> None:
    tab = open_report(study_result(image_result(1)))
    page = tab.opened()

    def seen() -> np.ndarray:
        return np.array(page.evaluate(_PIXELS))

    by_plane = seen()
    page.uncheck("[data-layer='planes']")
    bare = seen()
    assert bare[0] < by_plane[0]
    for layer in ("lesions", "excluded"):
        page.check(f"[data-layer='{layer}']")
        assert seen()[0] > bare[0]
        page.uncheck(f"[data-layer='{layer}']")
    assert seen()[0] == bare[0]
    for name, value in (
        ("window", "all"),
        ("view", "axial"),
        ("view", "render"),
        ("view", "all"),
        ("zoom", "4"),
    ):
        before = seen()
        page.select_option(f"select[name='{name}']", value)
        assert seen()[1] != before[1]
    assert tab.complaints == []


@pytest.mark.slow
def test_oblique_grids_and_films_lead_to_their_lesions(open_report: Opened) -> None:
    made = study_result(image_result(1))
    (image,) = made.images
    assert image.hu is not None
    cosine, sine = np.cos(0.4), np.sin(0.4)
    geometry = VolumeGeometry(
        shape_zyx=image.geometry.shape_zyx,
        spacing_mm_zyx=image.geometry.spacing_mm_zyx,
        origin_lps_mm=(55.0, -20.0, -310.0),
        direction=(cosine, -sine, 0.0, sine, cosine, 0.0, 0.0, 0.0, 1.0),
    )
    volume = CtVolume(header=image.header, geometry=geometry, hu=image.hu)
    turned = dataclasses.replace(made, images=(dataclasses.replace(image, image=volume),))
    for result in (turned, film_result(film())):
        tab = open_report(result)
        page = tab.opened()
        last = page.locator(".lesions tbody tr").last
        last.locator("button.go").click()
        label = last.get_attribute("data-label")
        assert tab.position_mm() == pytest.approx(wanted_mm(page, f"tr[data-label='{label}']"), abs=0.01)
        assert f"lesion {label}," in page.inner_text(".readout")
        assert tab.complaints == []


@pytest.mark.slow
def test_sorting_and_the_keyboard(open_report: Opened) -> None:
    tab = open_report(study_result(image_result(1)))
    page = tab.opened()
    assert labels(page) == ["2", "3", "4", "1"]
    number = page.locator(".lesions th", has=page.locator("button:text-is('#')"))
    number.locator("button").focus()
    page.keyboard.press("Enter")
    assert labels(page) == ["4", "3", "2", "1"]
    assert number.get_attribute("aria-sort") == "descending"
    page.keyboard.press("Enter")
    assert labels(page) == ["1", "2", "3", "4"]
    assert number.get_attribute("aria-sort") == "ascending"
    page.click(".lesions th button:has-text('to fascia')")
    # Not measured is last, whichever way.
    assert labels(page)[-1] == "1"
    page.click(".lesions th button:has-text('to fascia')")
    assert labels(page)[-1] == "1"
    assert page.locator(".lesions th[aria-sort]").count() == 1

    page.locator("tr[data-label='2'] button.go").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert page.get_attribute("tr.chosen", "data-label") == labels(page)[labels(page).index("2") + 1]
    assert page.locator("tr.chosen button.go").get_attribute("aria-current") == "true"
    page.focus("canvas")
    start = tab.position_mm()
    for key, axis, step_mm in (("ArrowLeft", 0, 0.8), ("ArrowUp", 1, 0.7), ("PageUp", 2, 2.5)):
        page.keyboard.press(key)
        start[axis] += step_mm
        assert tab.position_mm() == pytest.approx(start, abs=0.01)
    page.keyboard.press("v")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") != "CANVAS"
    assert tab.complaints == []


@pytest.mark.slow
def test_without_webgl_there_are_still_pictures(open_report: Opened) -> None:
    tab = open_report(study_result(image_result(1)), script=_NO_WEBGL)
    page = tab.opened()
    assert page.get_attribute(".viewer", "data-state") == "still"
    assert not page.locator("canvas").is_visible()
    page.click("tr[data-label='3'] button.go")
    still = page.locator(".still img")
    assert still.is_visible()
    assert still.get_attribute("src") == page.get_attribute("tr[data-label='3'] img", "src")
    assert page.inner_text(".still figcaption").startswith("Lesion 3: fascial")
    page.click("button[data-step='1']")
    assert page.inner_text(".still figcaption").startswith("Lesion 4: ")
    assert tab.complaints == []


def test_without_script_everything_is_there_to_read(open_report: Opened) -> None:
    tab = open_report(study_result(image_result(1)), java_script_enabled=False)
    page = tab.page
    assert not page.locator(".viewer").is_visible()
    assert page.locator(".lesions td.thumb img").first.is_visible()
    assert "need script" in page.inner_text("noscript")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1300, 390])
def test_axe_finds_no_fault(hostile: StudyResult, open_report: Opened, scheme: str, width: int) -> None:
    both = dataclasses.replace(hostile, radiographs=film_result(film()).radiographs)
    film_as_second = dataclasses.replace(both.radiographs[0], n=2)
    # The policy of the page would keep axe out.
    tab = open_report(
        dataclasses.replace(both, radiographs=(film_as_second,)),
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    page = tab.opened(1)
    tab.opened(2)
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found] == []
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_on_paper_every_row_and_no_viewer(open_report: Opened) -> None:
    tab = open_report(study_result(image_result(1)))
    page = tab.opened()
    page.emulate_media(media="print", color_scheme="light")
    assert not page.locator(".viewer").is_visible()
    rows = page.locator(".lesions tbody tr")
    box = page.locator(".scroll.tall").bounding_box()
    assert box is not None
    for i in range(rows.count()):
        row = rows.nth(i).bounding_box()
        assert row is not None
        assert box["y"] <= row["y"] < row["y"] + row["height"] <= box["y"] + box["height"] + 1
    assert len(page.pdf(format="A4")) > 50_000
    assert tab.complaints == []
