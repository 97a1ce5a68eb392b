"""DICOM objects of real studies: their judge finds no error that the source did not bring along."""

import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

import calciseg
from calciseg.outputs import write

_OF_SOURCE = re.compile(r"Element=<(\w+)>")


def errors(path: Path) -> list[str]:
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True).stderr
    return [line for line in said.splitlines() if line.startswith("Error")]


def elements(lines: list[str]) -> set[str]:
    return {name for line in lines for name in _OF_SOURCE.findall(line)}


@pytest.fixture
def judged(tmp_path):
    if which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")

    def judge(source: Path) -> dict[str, list[str]]:
        write(calciseg.analyze(source), tmp_path, types=("seg", "sr"))
        return {path.name: errors(path) for path in sorted(tmp_path.glob("*.dcm"))}

    return judge


@pytest.mark.slow
def test_the_sample_study(judged, repository):
    assert judged(repository / "sample_data" / "thigh_ct") == {"seg-1.dcm": [], "sr-1.dcm": []}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_upper_arms", "ct_tilted_head", "cr_leg"])
def test_real_studies(judged, name):
    root = os.environ.get("CALCISEG_REAL_DATA")
    if root is None:
        pytest.skip("CALCISEG_REAL_DATA is not set: no real studies to analyse")
    found = judged(Path(root) / name)
    assert "sr-1.dcm" in found
    source = errors(sorted((Path(root) / name).iterdir())[0])
    for lines in found.values():
        # What the patient module of the source lacks, its objects lack too, and nothing else.
        assert all("Module=<Patient>" in line for line in lines)
        assert {one.removesuffix("CodeSequence") for one in elements(lines)} <= elements(source)
