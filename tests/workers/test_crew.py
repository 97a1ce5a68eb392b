"""Processes that do studies, and what reaches them from outside."""

from pathlib import Path

import pytest
from archive import found_first

from calciseg.settings import Settings
from calciseg.workers import Job, LocalCrew, Task

CTRL_C_AT_ONCE = """
import os, signal, sys
if "calciseg.workers.worker" in sys.orig_argv:
    os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.slow
def test_ctrl_c_does_not_reach_a_worker_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(CTRL_C_AT_ONCE)
    monkeypatch.setenv("PYTHONPATH", found_first(tmp_path))
    job = Job(settings=Settings(), types=("json",))
    crew = LocalCrew(job, 1, budget_bytes=2 << 30, seconds=60)
    task = Task(
        study_instance_uid="1.2", paths=(str(tmp_path / "missing"),), stage=str(tmp_path / "stage"),
        folder="x", n_voxels=1, n_film_pixels=1, wanted="",
    )  # fmt: skip
    try:
        crew.start(task)
        (ended,) = crew.wait(60)
    finally:
        crew.close()
    assert ended.outcome.code == "input_error"  # it came so far as to look for its files
    assert capfd.readouterr().err == ""
