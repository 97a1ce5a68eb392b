"""A real Dask cluster of several processes, on this machine."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pydicom
import pytest
from archive import FAULTS, batch_process, contents, damage, found_first, put_study, run_batch_command

TYPES = ("--output-type", "json,csv,nifti", "-q")

pytestmark = pytest.mark.slow

# Runs in every Python process that finds it: another version than there is.
OLDER = """
import importlib.metadata as metadata
version = metadata.version
metadata.version = lambda name: "0.1" if name == "numpy" else version(name)
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs of Dask; they end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begun(*arguments: object, before: str = "", **environment: str) -> "subprocess.Popen[bytes]":
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
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=tmp_path,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process

    yield begun
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def scheduler_process(start: Start) -> "subprocess.Popen[bytes]":
    return start("scheduler", "--port", 0, "--no-dashboard")


@pytest.fixture
def scheduler(scheduler_process: "subprocess.Popen[bytes]", tmp_path: Path) -> str:
    process = scheduler_process
    file = tmp_path / "scheduler.json"
    while not file.exists() or not file.read_text():
        assert process.poll() is None
    address: str = json.loads(file.read_text())["address"]
    return address


def worker(start: Start, before: str = "") -> "subprocess.Popen[bytes]":
    return start("worker", "--nthreads", 1, "--no-nanny", "--no-dashboard", before=before)


def until_it_works(process: "subprocess.Popen[bytes]", batch: "subprocess.Popen[str]") -> None:
    """Wait until a worker of the cluster has a study; its other children come and go before."""
    while not any("calciseg.workers.worker" in words for words in _commands_below(process)):
        assert batch.poll() is None


def _commands_below(process: "subprocess.Popen[bytes]") -> Iterator[list[str]]:
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.Error):
            yield child.cmdline()


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


def test_a_scheduler_that_dies_stops_the_batch_and_it_goes_on_without(
    root: Path,
    tmp_path: Path,
    slices: list[pydicom.Dataset],
    start: Start,
    scheduler: str,
    scheduler_process: "subprocess.Popen[bytes]",
) -> None:
    for number in range(4, 10):
        put_study(slices, root / f"Doe{number}", number)
    one = worker(start)
    batch = batched(root, tmp_path / "out", scheduler)
    until_it_works(one, batch)
    scheduler_process.kill()
    printed, complaints = batch.communicate(timeout=120)
    assert batch.returncode == 2, complaints
    assert complaints.count("\n") == 1
    assert "the scheduler is gone; start one and run the same command again" in complaints
    assert "error" in json.loads(printed)
    assert not (tmp_path / "out" / ".calciseg-batch").exists()
    again = run_batch_command(root, "-o", tmp_path / "out", *TYPES, "--json")
    document = json.loads(again.stdout)
    assert document["n_done"] + document["n_done_before"] == 9
    run_batch_command(root, "-o", tmp_path / "here", *TYPES)
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


def test_a_worker_with_other_versions_is_refused(
    root: Path, tmp_path: Path, start: Start, scheduler: str
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    (older / "sitecustomize.py").write_text(OLDER)
    start("worker", "--nthreads", 1, "--no-nanny", "--no-dashboard", PYTHONPATH=found_first(older))
    done = run_batch_command(root, "-o", tmp_path / "out", *TYPES, "--scheduler", scheduler)
    assert done.returncode == 2
    assert "a worker has numpy 0.1 where this machine has" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_worker_shares_out_its_memory(
    root: Path, tmp_path: Path, slices: list[pydicom.Dataset], start: Start, scheduler: str
) -> None:
    """Two threads and 2 GiB: a study that takes more than its half fails alone."""
    put_study(slices, root / "0", 2666)
    (tmp_path / "sitecustomize.py").write_text(FAULTS)
    memory = ("--memory-limit", "2GiB")
    start(
        "worker", "--nthreads", 2, *memory, "--no-nanny", "--no-dashboard", PYTHONPATH=found_first(tmp_path)
    )
    printed, complaints = batched(root, tmp_path / "out", scheduler).communicate()
    document = json.loads(printed)
    assert (document["n_done"], document["n_failed"]) == (3, 1), complaints
    assert document["failures"][0]["reason"] == (
        "the study used more than 819 MiB of memory; give the workers of the cluster more"
    )


def test_no_scheduler_and_no_worker(root: Path, tmp_path: Path, scheduler: str) -> None:
    for address, word in (("tcp://127.0.0.1:1", "no Dask scheduler answers"), (scheduler, "has no worker")):
        done = run_batch_command(root, "-o", tmp_path / "out", "--scheduler", address)
        assert done.returncode == 2
        assert word in done.stderr
        assert done.stderr.count("\n") == 1
