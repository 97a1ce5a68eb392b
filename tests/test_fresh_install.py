"""The README's two set-up lines, each in a fresh clone, from nothing but Python."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_SET_UP = re.compile(r"^python3 -m venv .*$", re.MULTILINE)
_MAX_TEST_SECONDS = 300


def set_up(repository: Path, clone: Path, n: int) -> subprocess.CompletedProcess[str]:
    """Run a set-up line in a clone of what is committed."""
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
    line = _SET_UP.findall((clone / "README.md").read_text(encoding="utf-8"))[n]
    # A newcomer has no virtual environment yet, nor settings of this test run.
    own = ("VIRTUAL_ENV", "PYTHONPATH", "PYTEST_", "NUMBA_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done


def test_first_line_analyzes_the_sample(repository: Path, tmp_path: Path) -> None:
    done = set_up(repository, tmp_path / "clone", 0)
    for plane in ("cutaneous", "subcutaneous", "fascial", "intramuscular"):
        assert plane in done.stdout
    made = {path.name for path in (tmp_path / "clone" / "calciseg-out").iterdir()}
    assert {"result.json", "lesions.csv", "report.html", "labels-1.nii.gz"} <= made
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path / "clone", check=True, capture_output=True, text=True
    )
    assert status.stdout == ""


def test_second_line_passes_the_tests(repository: Path, tmp_path: Path) -> None:
    done = set_up(repository, tmp_path / "clone", 1)
    summary = done.stdout.splitlines()[-1]
    took = re.search(r"(\d+) passed.* in ([\d.]+)s", summary)
    assert took, summary
    assert int(took[1]) > 500
    assert float(took[2]) < _MAX_TEST_SECONDS
