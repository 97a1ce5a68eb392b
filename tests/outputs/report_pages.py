"""What the tests of the report share: a page as a parser sees it, and results to make pages of."""

import base64
import dataclasses
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from calciseg.model import CtVolume, StudyResult, TissuePlane
from calciseg.outputs.palette import rgb

MARKUP = """<script>alert("1")</script>'"><img src=x onerror=alert(2)>&lt;"""
_VOID = ("meta", "img", "br", "input", "rect", "line", "circle", "path")


class Page(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open_tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.policy = ""
        self.text = ""
        self._is_raw = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in _VOID:
            self.open_tags.append(tag)
        self._is_raw = tag in ("script", "style")
        named = dict(attrs)
        self.links.extend(named[name] or "" for name in ("src", "href") if name in named)
        self.handlers.extend(name for name in named if name.startswith("on") or name == "style")
        if "id" in named:
            self.ids.append(named["id"] or "")
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"] or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag
        self._is_raw = False

    def handle_data(self, data: str) -> None:
        if not self._is_raw:
            self.text += data

    @property
    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())


def decoded(data_uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_uri.partition(",")[2])))).astype(int)


def is_like(pixels: np.ndarray, plane: TissuePlane) -> np.ndarray:
    return np.abs(pixels - rgb(plane)).sum(axis=2) < 60


def with_header(result: StudyResult, **fields: str) -> StudyResult:
    image = result.images[0]
    assert image.hu is not None
    header = dataclasses.replace(image.header, **fields)
    volume = CtVolume(header=header, geometry=image.geometry, hu=image.hu)
    return dataclasses.replace(result, images=(dataclasses.replace(image, image=volume),))
