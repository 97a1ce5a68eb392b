"""A real Dask cluster of several processes, on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pydicom
import pytest
from archive import batch_process, contents, damage, put_study, run_batch_command
from distributed import LocalCluster

TYPES = ("--output-type", "json,csv,nifti", "-q")

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


def test_same_bytes_and_a_worker_killed_in_the_middle(
    root: Path, tmp_path: Path, slices: list[pydicom.Dataset], cluster: LocalCluster
) -> None:
    for number in (4, 5, 6):
        put_study(slices, root / f"Doe{number}", number)
    damage(sorted((root / "Doe4").iterdir()), 0)
    process = batch_process(
        root, "-o", tmp_path / "out", *TYPES, "--json", "--scheduler", cluster.scheduler_address
    )
    victim = psutil.Process(cluster.workers[0].pid)
    while not victim.children(recursive=True):
        assert process.poll() is None
    victim.kill()
    printed, complaints = process.communicate()
    document = json.loads(printed)
    assert (document["n_done"], document["n_failed"]) == (5, 1), complaints
    run_batch_command(root, "-o", tmp_path / "here", *TYPES)
    assert contents(tmp_path / "out") == contents(tmp_path / "here")


def test_files_are_sent_to_workers_that_do_not_see_them(
    root: Path, tmp_path: Path, cluster: LocalCluster
) -> None:
    from calciseg.batch import dask_crew
    from calciseg.batch.task import Job, Task
    from calciseg.settings import Settings

    damage(sorted((root / "Doe_Jane2" / "ct").iterdir()), 0)
    job = Job(settings=Settings(), types=("json",))
    crew = dask_crew.DaskCrew(cluster.scheduler_address, job, seconds=60.0)
    answers = []
    for number in (1, 2):
        paths = tuple(map(str, sorted((root / f"Doe_Jane{number}" / "ct").iterdir())))
        uid = f"1.2.826.0.1.3680043.8.498.1.{number}"
        task = Task(
            study_instance_uid=uid, paths=paths, stage=str(tmp_path / uid), folder=uid, n_pixels=1, wanted=""
        )
        sent = {path: Path(path).read_bytes() for path in paths}
        hidden = cluster.get_client().submit(dask_crew._do_there, task, job, 60.0, sent)
        answers.append(hidden.result())
    crew.close()
    done, failed = answers
    assert set(done.files) == {"result.json"}
    assert str(root / "Doe_Jane2" / "ct" / "004.dcm") in failed.ended.outcome.reason


def test_no_scheduler(root: Path, tmp_path: Path) -> None:
    done = run_batch_command(root, "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "no Dask scheduler answers there" in done.stderr
    assert done.stderr.count("\n") == 1
