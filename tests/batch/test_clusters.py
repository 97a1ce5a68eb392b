"""The page about clusters, and its recipe on a SLURM that this machine plays."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from archive import contents, run_batch_command
from calciseg_cli.main import app

# What dask-jobqueue asks of SLURM: take a job script, answer with a number; end a job by it.
SBATCH = """#!/bin/sh
# dask-jobqueue removes the script once it is submitted.
cp "$1" "$SLURM_LOG/$$.sh"
setsid sh "$SLURM_LOG/$$.sh" > "$SLURM_LOG/$$.log" 2>&1 &
echo "$!" >> "$SLURM_LOG/jobs"
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
for job; do kill -- "-$job"; done
"""


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with SLURM."""
    if shutil.which("setsid") is None or not Path("/sys/class/net/lo").exists():
        pytest.skip("jobs are played by programs of Linux")
    programs, log = tmp_path / "bin", tmp_path / "slurm"
    for folder in (programs, log):
        folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "SLURM_LOG": str(log),
        "DASK_JOBQUEUE__SLURM__INTERFACE": "lo",
    }


@pytest.mark.slow
def test_slurm_recipe(repository: Path, root: Path, tmp_path: Path, slurm: dict[str, str]) -> None:
    types = ("--output-type", "json,csv")
    done = subprocess.run(
        [
            sys.executable, repository / "docs" / "recipes" / "slurm_batch.py", root, tmp_path / "out",
            "--n-jobs", "2", "--memory-of-job", "3GB", "--walltime", "01:00:00", "--partition", "short",
            "--json", "-q", *types,
        ],
        env=slurm, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_done"] == 3
    run_batch_command(root, "-o", tmp_path / "here", *types, "-q")
    assert contents(tmp_path / "out") == contents(tmp_path / "here")
    jobs = (tmp_path / "slurm" / "jobs").read_text().split()
    assert len(jobs) == 2
    script = next((tmp_path / "slurm").glob("*.sh")).read_text()
    for line in ("#SBATCH -p short", "#SBATCH --cpus-per-task=1", "#SBATCH --mem=3G", "#SBATCH -t 01:00:00"):
        assert line in script


def options_of(command: str) -> set[str]:
    return {name for one in typer.main.get_command(app).commands[command].params for name in one.opts}


def test_every_command_of_the_page_is_one(repository: Path) -> None:
    page = (repository / "docs" / "clusters.md").read_text(encoding="utf-8")
    lines = re.findall(r"^calciseg batch ([^\n]*)", page, re.MULTILINE)
    lines += [line.partition("--context")[1] for line in re.findall(r"slurm_batch\.py ([^\n]*)", page)]
    assert len(lines) >= 4
    for line in lines:
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)) <= options_of("batch"), line
