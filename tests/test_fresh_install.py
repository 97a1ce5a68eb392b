"""The README's first set-up line in a fresh clone, from Python alone; the second is what .ci/run does."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_SET_UP = re.compile(r"^python3 -m venv .*$", re.MULTILINE)


def set_up(repository: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    """Run the first set-up line in a clone of what is committed."""
    subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
    line = _SET_UP.findall((clone / "README.md").read_text(encoding="utf-8"))[0]
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
    done = set_up(repository, tmp_path / "clone")
    for plane in ("cutaneous", "subcutaneous", "fascial", "intramuscular"):
        assert plane in done.stdout
    made = {path.name for path in (tmp_path / "clone" / "calciseg-out").iterdir()}
    assert {"result.json", "lesions.csv", "report.html", "labels-1.nii.gz"} <= made
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path / "clone", check=True, capture_output=True, text=True
    )
    assert status.stdout == ""
