"""Makes ``docs/report.png``, the picture of the README, from the report of the sample study.

Run it as ``python docs/report_picture.py REPORT.html``; it needs Chromium, and the tests' Playwright.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageColor
from playwright.sync_api import sync_playwright

from calciseg.outputs import PLANE_COLOURS
from calciseg.outputs.palette import EXCLUDED_COLOUR

_WIDTH = 1200
_OPTIONS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
_LESION = 6

# A picture shows the verdict, the viewer and the first lesions; the rest of the report is for who opens it.
_STYLE = """
body { padding: 1rem 1.25rem; }
header > :not(.notice), .verdict h2, .verdict h3, .verdict ul, .verdict a { display: none; }
header .notice { float: right; position: relative; z-index: 1; margin: 1rem 1.25rem -3rem 0; }
.verdict { margin-top: 0; }
section.image > :is(h2, p, .ledger), .viewer > p.soft, .viewer h3, section.image ~ section { display: none; }
section.image > h3, section.image > h3:has(+ .overviews) { display: none; }
section.image > .legend, caption, .charts figcaption, .overviews figcaption { display: none; }
.scroll:not(.tall) { margin: 1rem 0 0 40%; } .scroll:not(.tall) :is(th, td):last-child { display: none; }
.overviews { float: left; width: 38%; flex-direction: column; gap: .6rem; margin-top: 1rem; }
.charts { margin: 1rem 0 0 40%; } .charts figure { flex-basis: 16rem; }
.viewer { clear: both; padding-top: 1rem; }
.screen { height: 24rem; min-height: 0; }
.scroll.tall { max-height: none; border: 0; }
.lesions tbody tr:nth-child(n + 5), .ledger, .scroll:has(.ledger) { display: none; }
"""


def main(report: Path, picture: Path) -> None:
    """Photograph a report and save the picture with few colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_OPTIONS)
        # The page allows no style but its own.
        page = browser.new_context(viewport={"width": _WIDTH, "height": 1400}, bypass_csp=True).new_page()
        page.goto(report.resolve().as_uri())
        page.add_style_tag(content=_STYLE)
        page.click(f"tr[data-label='{_LESION}'] button.go")
        page.wait_for_selector(".viewer[data-state='open']", timeout=120_000)
        page.check("[data-layer='excluded']")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        photo = page.locator("body").screenshot()
        browser.close()
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(picture, optimize=True)


def _palette() -> Image.Image:
    """Greys, and the colours of planes, exclusions, notice and choice, blended with white, grey and black.

    A palette drawn from the picture itself would lose the planes among the greys, or tint the greys.
    """
    colours = [(grey, grey, grey) for grey in range(0, 256, 3)]
    blends = ((1.0, 0), (0.7, 255), (0.7, 128), (0.5, 255), (0.35, 255), (0.35, 128), (0.7, 0), (0.4, 0))
    for code in (*PLANE_COLOURS.values(), EXCLUDED_COLOUR, "#8a5a00", "#0b63ce"):
        colour = ImageColor.getrgb(code)
        for share, ground in blends:
            red, green, blue = (round(share * part + (1 - share) * ground) for part in colour)
            colours.append((red, green, blue))
    colours += [ImageColor.getrgb("#e8f1fd"), ImageColor.getrgb("#f4f6f8"), ImageColor.getrgb("#d8dde3")]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("report.png"))
