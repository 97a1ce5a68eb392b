"""The README and the sample study do what they say."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_POINT_HU = 28
"""1500 HU asked at 27 points in each of two planes of a slice."""
_VOXELS_OF_A_POINT = 9
_PLANES = {"cutaneous", "subcutaneous", "fascial", "intramuscular"}


@pytest.fixture(scope="module")
def blocks(repository: Path) -> dict[str, list[str]]:
    """The README's fenced blocks by language, in order."""
    found: dict[str, list[str]] = {}
    for language, text in _FENCE.findall((repository / "README.md").read_text(encoding="utf-8")):
        found.setdefault(language, []).append(text)
    return found


@pytest.fixture(scope="module")
def newcomer(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the repository to who follows the README; what they write stays in it."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "sample_data").symlink_to(repository / "sample_data")
    return folder


def followed(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_lines_set_everything_up(blocks: dict[str, list[str]], repository: Path) -> None:
    use, test, *others = blocks["sh"]
    for line in (use, test):
        assert line.count("\n") == 1
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert "calciseg analyze sample_data/thigh_ct" in use
    ran_before_every_change = (repository / ".ci" / "run").read_text(encoding="utf-8")
    assert f"\nstep {test.split('/bin/')[-1]}" in ran_before_every_change
    assert not any("pip" in other for other in others)


@pytest.mark.slow
def test_command_line(blocks: dict[str, list[str]], newcomer: Path) -> None:
    commands = "".join(blocks["sh"][2:])
    printed = followed(["bash", "-euc", commands], newcomer)
    for plane in _PLANES:
        assert plane in printed
    result = json.loads((newcomer / "calciseg-out" / "result.json").read_text(encoding="utf-8"))
    (image,) = result["images"]
    assert {lesion["tissue_plane"] for lesion in image["lesions"]} >= _PLANES
    assert (newcomer / "calciseg-out" / "report.html").is_file()
    assert "1 study: 1 done" in printed
    assert (newcomer / "calciseg-cohort" / "cohort.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 1])
def test_snippets(blocks: dict[str, list[str]], newcomer: Path, n: int) -> None:
    assert len(blocks["python"]) == 2
    printed = followed([sys.executable, "-W", "error", "-c", blocks["python"][n]], newcomer)
    assert "mm³" in printed


def test_every_link_leads_somewhere(repository: Path) -> None:
    for path in (repository / "README.md", repository / "sample_data" / "README.md"):
        links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []
    assert (repository / "docs" / "report.png").stat().st_size < 300_000


def test_the_sample_is_what_its_readme_says(repository: Path) -> None:
    sample = repository / "sample_data"
    assert sum(path.stat().st_size for path in sample.rglob("*") if path.is_file()) < 8_000_000
    lesions = json.loads((sample / "thigh_ct" / "truth.json").read_text(encoding="utf-8"))["lesions"]
    counts = Counter(lesion["tissue_plane"] for lesion in lesions)
    stated = f"{len(lesions)} lesions: " + ", ".join(
        f"{counts[plane]} {plane}" for plane in ("cutaneous", "subcutaneous", "fascial", "intramuscular")
    )
    assert set(counts) == _PLANES
    assert stated in (sample / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_sample_is_made_by_the_command_of_its_readme(repository: Path, tmp_path: Path) -> None:
    sample = repository / "sample_data"
    ((_, command),) = _FENCE.findall((sample / "README.md").read_text(encoding="utf-8"))
    assert "sample_data/thigh_ct" in command
    program, *arguments = shlex.split(command)
    followed([str(Path(sys.executable).with_name(Path(program).name)), *arguments], tmp_path)
    made, kept = tmp_path / "sample_data" / "thigh_ct", sample / "thigh_ct"
    names = [sorted(path.relative_to(folder) for path in folder.rglob("*")) for folder in (made, kept)]
    assert names[0] == names[1]
    for path in sorted((kept / "dicom").iterdir()):
        _assert_same_slice(made / "dicom" / path.name, path)
    truths = [json.loads((folder / "truth.json").read_text(encoding="utf-8")) for folder in (made, kept)]
    for leaf, expected in zip(_leaves(truths[0]), _leaves(truths[1]), strict=True):
        is_measure = isinstance(expected, float)
        assert leaf == (pytest.approx(expected, rel=1e-3, abs=0.01) if is_measure else expected)
    maps = [sitk.GetArrayFromImage(sitk.ReadImage(folder / "truth.nii.gz")) for folder in (made, kept)]
    assert np.count_nonzero(maps[0] != maps[1]) <= 5


def _assert_same_slice(made: Path, kept: Path) -> None:
    """Headers alike to the letter, voxels but for a rounding that depends on the processor.

    It can also move a point that a voxel asks across the edge of a shape, and blur spreads that around.
    """
    datasets = [dcmread(made), dcmread(kept)]
    stored = [dataset.pixel_array.astype(np.int32) for dataset in datasets]
    for dataset in datasets:
        del dataset.PixelData
    assert datasets[0] == datasets[1]
    different = np.abs(stored[0] - stored[1])
    assert different.max() <= _POINT_HU
    assert np.count_nonzero(different > 1) <= _VOXELS_OF_A_POINT
    assert np.count_nonzero(different) <= different.size // 1000


def _leaves(document: Any) -> Iterator[Any]:
    if isinstance(document, dict):
        for key in sorted(document):
            yield key
            yield from _leaves(document[key])
    elif isinstance(document, list):
        for entry in document:
            yield from _leaves(entry)
    else:
        yield document
