"""What a batch costs beside its studies: ``python -m benchmarks.batch [--studies N] [--rows N]``.

Throughput: copies of the sample study by one worker with one thread, by two, and by the default, one worker
with all threads; each run is warmed by a study of its own process. Scheduling: studies that nobody analyses
go through the loop, found again in folders whose headers are known. Catalogue: opened, what was interrupted
put back, and the first that waits fetched.
"""

import argparse
import os
import shutil
import sqlite3
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pydicom

from calciseg.batch import make_plan, run_batch
from calciseg.batch.catalogue import opened
from calciseg.batch.run import Batch
from calciseg.batch.tables import write_tables
from calciseg.batch.wanted import Wanted
from calciseg.workers import folder_of
from calciseg.workers.crew import Ended
from calciseg.workers.publish import swept_stage
from calciseg.workers.task import Outcome

_SAMPLE = Path(__file__).parents[1] / "sample_data" / "thigh_ct" / "dicom"
_UID = "1.2.826.0.1.3680043.8.498"
_FILES = {"broken": {}, "n_voxels": 1, "n_film_pixels": 0}


class _IdleCrew:
    """Ends every task at once, with the files of a study that found nothing."""

    def __init__(self):
        self._ended = []

    @property
    def running(self):
        return tuple(ended.task for ended in self._ended)

    def has_room_for(self, _task):
        return not self._ended

    def start(self, task):
        Path(task.stage).mkdir()
        outcome = Outcome(study_instance_uid=task.study_instance_uid, images=({"n": 1, "n_lesions": 0},))
        self._ended = [Ended(task=task, outcome=outcome)]

    def wait(self, _seconds):
        ended, self._ended = self._ended, []
        return ended


def archive(root, n_studies, n_files=None):
    """Copies of the sample study, each with UIDs of its own."""
    slices = [pydicom.dcmread(path) for path in sorted(_SAMPLE.iterdir())[:n_files]]
    for number in range(1, n_studies + 1):
        folder = root / f"{number:06}"
        folder.mkdir(parents=True)
        for n, one in enumerate(slices, start=1):
            one.StudyInstanceUID = f"{_UID}.1.{number}"
            one.SeriesInstanceUID = f"{_UID}.2.{number}"
            one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = f"{_UID}.2.{number}.{n}"
            one.save_as(folder / f"{n:04}.dcm")


def throughput(folder, n_studies):
    """Seconds by crew, in turns, the best of two."""
    archive(folder / "root", n_studies)
    crews = {"1 worker, 1 thread": (1, 1), "2 workers, 1 thread": (2, 1), "1 worker, all threads": (1, None)}
    best = {}
    for _ in range(2):
        for name, (n_workers, n_threads) in crews.items():
            plan = make_plan(folder / "root", folder / "out", n_workers=n_workers)
            plan = replace(plan, job=replace(plan.job, n_threads=n_threads or os.cpu_count()))
            begun = time.perf_counter()
            ended = list(run_batch(plan))
            seconds = time.perf_counter() - begun
            assert not ended
            shutil.rmtree(folder / "out")
            best[name] = min(seconds, best.get(name, seconds))
    return best


def scheduling_ms(folder, n_studies):
    """Milliseconds a study of the loop, and of the tables, and MiB that the process grew by."""
    archive(folder / "root", n_studies, n_files=1)
    plan = make_plan(folder / "root", folder / "out")
    plan.out.mkdir()
    times = []
    before = psutil.Process().memory_info().rss
    for existing in ("skip", "overwrite"):
        with opened(plan.out / "batch.sqlite") as catalogue:
            batch = Batch(
                root=plan.root,
                out=plan.out,
                stage=swept_stage(plan.out, "batch"),
                catalogue=catalogue,
                crew=_IdleCrew(),
                context=plan.context,
                wanted=Wanted(plan.job),
                is_overwriting=existing == "overwrite",
                tell=lambda _name, _fields: None,
            )
            begun = time.perf_counter()
            assert list(batch.run()) == []
            times.append((time.perf_counter() - begun) * 1e3 / n_studies)
            begun = time.perf_counter()
            write_tables(plan.out, plan.root, catalogue, plan.context)
            tables = (time.perf_counter() - begun) * 1e3 / n_studies
            assert catalogue.counts(batch.number) == {"done": n_studies}
    grown = (psutil.Process().memory_info().rss - before) / (1 << 20)
    return *times, tables, grown


def catalogue_seconds(folder, n_rows):
    """Seconds to open a catalogue of that many studies and go on, a tenth of them interrupted."""
    path = folder / "batch.sqlite"
    with opened(path) as catalogue:
        run = catalogue.begin_run("2026-01-01")
        with catalogue.together():
            for number in range(n_rows):
                uid = f"{_UID}.1.{number}"
                catalogue.enter(
                    uid, folder_of(uid), _FILES | {"parts": [["x", 1, 1, [uid], 1, 0]] * 20}, uid, run
                )
                if number % 10:
                    catalogue.finish(uid, "done", made_from=uid, images='[{"n": 1}]')
                else:
                    catalogue.start(uid, "2026-01-01")
    begun = time.perf_counter()
    with opened(path) as catalogue:
        catalogue.begin_run("2026-01-02")
        assert catalogue.counts(run)["queued"] == -(-n_rows // 10)
        assert catalogue.next_queued(run, 1)
        seconds = time.perf_counter() - begun
    return seconds, path.stat().st_size / n_rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=6, help="copies of the sample study")
    parser.add_argument("--idle", type=int, default=2000, help="studies that nobody analyses")
    parser.add_argument("--rows", type=int, default=100_000, help="studies in the catalogue")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = throughput(Path(folder), asked.studies)
    print(
        f"| {asked.studies} studies of the sample | s | against one worker with one thread |\n|---|--:|--:|"
    )
    alone = seconds["1 worker, 1 thread"]
    for name, taken in seconds.items():
        print(f"| {name} | {taken:.1f} | {alone / taken:.2f} |")
    with tempfile.TemporaryDirectory() as folder:
        first, again, tables, grown = scheduling_ms(Path(folder), asked.idle)
    print(f"\n{asked.idle} studies that nobody analyses: {first:.2f} ms a study with reading a header each,")
    print(
        f"{again:.2f} ms with headers known, {tables:.2f} ms for the tables; {grown:.0f} MiB more in memory"
    )
    with tempfile.TemporaryDirectory() as folder:
        seconds, n_bytes = catalogue_seconds(Path(folder), asked.rows)
    print(
        f"\ncatalogue of {asked.rows} studies ({sqlite3.sqlite_version}): {seconds:.2f} s to open and go on,"
    )
    print(f"{n_bytes:.0f} bytes a study")


if __name__ == "__main__":
    main()
