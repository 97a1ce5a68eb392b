"""Makes ``docs/report.png``, the picture of the README, from the report of the sample study.

Run it as ``python docs/report_picture.py REPORT.html``; it needs Chromium, which the package does not.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageChops, ImageColor

from calciseg.outputs import PLANE_COLOURS

_WIDTH, _HEIGHT = 1070, 1400

# A picture shows the planes and the largest lesions; the rest of the report is for who opens it.
_STYLE = f"""<style>
:root {{ color-scheme: light; }}
body {{ width: {_WIDTH}px; padding: 1rem; }}
header > :not(.notice), h2, h3, section > p:not(.headline), .lesions, caption {{ display: none; }}
.classification, section:not(.classification) ~ section {{ display: none; }}
h2 ~ .overviews, .lesions + p, .cards ~ div {{ display: none; }}
.notice {{ float: right; margin: 0; }}
.cards {{ margin-top: 1.25rem; grid-template-columns: repeat(5, 1fr); }}
.cards figure:nth-child(n + 11) {{ display: none; }}
.cards .picture, .cards img {{ width: 12rem; height: 12rem; }}
.headline {{ font-size: 1rem; }} figcaption {{ font-size: .72rem; }}
</style></head>"""


def main(report: Path, picture: Path) -> None:
    """Photograph a report and save the picture with few colours."""
    with tempfile.TemporaryDirectory() as folder:
        page, photo = Path(folder) / "page.html", Path(folder) / "photo.png"
        page.write_text(report.read_text(encoding="utf-8").replace("</head>", _STYLE), encoding="utf-8")
        options = "--headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars"
        size = f"--window-size={_WIDTH},{_HEIGHT}"
        subprocess.run(
            ["chromium", *options.split(), size, f"--screenshot={photo}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        image = Image.open(photo).convert("RGB")
    below = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    image = image.crop((0, 0, image.width, below[3] + 12 if below else image.height))
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(picture, optimize=True)


def _palette() -> Image.Image:
    """Greys, and the colours of the planes and of the notice blended with white and black.

    A palette drawn from the picture itself would lose the planes among the greys, or tint the greys.
    """
    colours = [(grey, grey, grey) for grey in range(0, 256, 3)]
    for code in (*PLANE_COLOURS.values(), "#8a5a00"):
        colour = ImageColor.getrgb(code)
        for share, ground in ((1.0, 0), (0.75, 255), (0.5, 255), (0.25, 255), (0.7, 0), (0.4, 0)):
            red, green, blue = (round(share * part + (1 - share) * ground) for part in colour)
            colours.append((red, green, blue))
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in colours for part in colour])
    return palette


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("report.png"))
