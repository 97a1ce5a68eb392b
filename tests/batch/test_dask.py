"""A real Dask cluster of several processes, on this machine."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pydicom
import pytest
from archive import batch_process, contents, damage, put_study, run_batch_command

TYPES = ("--output-type", "json,csv,nifti", "-q")

pytestmark = pytest.mark.slow

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs of Dask; they end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begun(*arguments: object, before: str = "") -> "subprocess.Popen[bytes]":
        words = [
            Path(sys.executable).parent / "dask",
            *arguments,
            "--scheduler-file",
            tmp_path / "scheduler.json",
        ]
        command = list(map(str, words))
        if before:
            command = ["unshare", "-m", "sh", "-c", f'{before} && exec "$@"', "sh", *command]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
        )
        started.append(process)
        return process

    yield begun
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler(start: Start, tmp_path: Path) -> str:
    process = start("scheduler", "--port", 0, "--no-dashboard")
    file = tmp_path / "scheduler.json"
    while not file.exists() or not file.read_text():
        assert process.poll() is None
    address: str = json.loads(file.read_text())["address"]
    return address


def worker(start: Start, before: str = "") -> "subprocess.Popen[bytes]":
    return start("worker", "--nthreads", 1, "--no-nanny", "--no-dashboard", before=before)


def until_it_works(process: "subprocess.Popen[bytes]", batch: "subprocess.Popen[str]") -> None:
    """Wait until a worker of the cluster has a study."""
    while not psutil.Process(process.pid).children():
        assert batch.poll() is None


def batched(root: Path, out: Path, scheduler: str) -> "subprocess.Popen[str]":
    return batch_process(root, "-o", out, *TYPES, "--json", "--scheduler", scheduler)


def test_same_bytes_and_a_worker_killed_in_the_middle(
    root: Path, tmp_path: Path, slices: list[pydicom.Dataset], start: Start, scheduler: str
) -> None:
    for number in (4, 5, 6):
        put_study(slices, root / f"Doe{number}", number)
    damage(sorted((root / "Doe4").iterdir()), 0)
    victim, _ = worker(start), worker(start)
    batch = batched(root, tmp_path / "out", scheduler)
    until_it_works(victim, batch)
    victim.kill()
    printed, complaints = batch.communicate()
    document = json.loads(printed)
    assert (document["n_done"], document["n_failed"]) == (5, 1), complaints
    run_batch_command(root, "-o", tmp_path / "here", *TYPES)
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


def test_files_are_sent_to_a_worker_that_does_not_see_them(
    root: Path, tmp_path: Path, start: Start, scheduler: str
) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("hiding files from one process needs root")
    damage(sorted((root / "Doe_Jane2" / "ct").iterdir()), 0)
    worker(start, before=f"mount -t tmpfs tmpfs '{root}'")
    batch = batched(root, tmp_path / "out", scheduler)
    printed, complaints = batch.communicate()
    document = json.loads(printed)
    assert (document["n_done"], document["n_failed"]) == (2, 1), complaints
    assert "PATH is truncated" in document["failures"][0]["reason"]
    run_batch_command(root, "-o", tmp_path / "here", *TYPES)
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


def test_no_scheduler_and_no_worker(root: Path, tmp_path: Path, scheduler: str) -> None:
    for address, word in (("tcp://127.0.0.1:1", "no Dask scheduler answers"), (scheduler, "has no worker")):
        done = run_batch_command(root, "-o", tmp_path / "out", "--scheduler", address)
        assert done.returncode == 2
        assert word in done.stderr
        assert done.stderr.count("\n") == 1
