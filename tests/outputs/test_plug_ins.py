"""Formats of other packages: a real small package, installed to a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from calciseg.errors import UsageError
from calciseg.outputs import check, write

MODULE = """
from pathlib import Path

NAME = "count"
FILES = r"count\\.txt"


def is_available():
    return True


def write(result, folder):
    path = folder / "count.txt"
    path.write_text(str(sum(len(image.lesions) for image in result.all_images)))
    return (path,)
"""
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "calciseg-count"
version = "1.0"

[project.entry-points."calciseg.outputs"]
count = "calciseg_count"
csv = "calciseg_count"

[tool.hatch.build.targets.wheel]
include = ["calciseg_count.py"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with the installed package."""
    source, site = tmp_path_factory.mktemp("count"), tmp_path_factory.mktemp("site")
    (source / "calciseg_count.py").write_text(MODULE)
    (source / "pyproject.toml").write_text(PROJECT)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "--no-compile", "--target", site, source],
        check=True,
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
    )  # fmt: skip
    return site


@pytest.fixture
def plugged(site, monkeypatch) -> Path:
    monkeypatch.syspath_prepend(str(site))
    # Modules of the same size written in the same second would look alike to the cache.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "calciseg_count", raising=False)
    return site


def broken(site: Path, text: str, monkeypatch) -> None:
    (site / "calciseg_count.py").write_text(text)
    monkeypatch.delitem(sys.modules, "calciseg_count", raising=False)


def test_a_plug_in_writes_beside_the_others(plugged, result, tmp_path):
    (tmp_path / "count.txt").write_text("of an earlier run")
    paths = write(result, tmp_path, types=("json", "count", "csv"))
    assert {path.name for path in paths} == {"count.txt", "lesions.csv", "result.json"}
    assert (tmp_path / "count.txt").read_text() == "4"
    assert (tmp_path / "lesions.csv").read_text().startswith("study_instance_uid")


def test_it_is_named_among_the_known(plugged):
    with pytest.raises(UsageError, match=r"'xml' is not known; choose from .*, fhir, count$"):
        check(("xml",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", r"'count' of package calciseg-count does not work \(ZeroDivisionError: division by zero\)"),
        ("import not_there_at_all", "does not work .ModuleNotFoundError"),
        (MODULE.replace("FILES", "FILE"), "does not work .AttributeError"),
        (MODULE.replace('"count"', '"other"'), "does not offer NAME, FILES, is_available and write"),
        (MODULE.replace("return True", "return False"), "needs a package that is not installed"),
    ],
)
def test_a_broken_one_is_named_in_one_sentence(plugged, monkeypatch, text, words, result, tmp_path):
    broken(plugged, text, monkeypatch)
    with pytest.raises(UsageError, match=words):
        write(result, tmp_path / "out", types=("csv", "count"))
    assert not (tmp_path / "out").exists()
    write(result, tmp_path / "out", types=("csv",))
    broken(plugged, MODULE, monkeypatch)
