"""Components and distances against their peers: ``python -m benchmarks.kernels [--slices N] [names]``.

Without names everything is run, and the tables of the README and of the aims are printed at the end.

Every figure of a volume comes from one run: the jobs take turns, and the quickest run of each is compared,
which a busy machine disturbs least. "floors" are read passes over the volume (``np.max``). Memory is the peak
above the start in a process of its own, with all results still held. Peers that are not installed are named
and left out; a folder ``ct_chest_shoulders`` with DICOM slices below the folder that CALCISEG_REAL_DATA names
adds a real chest.
"""

import argparse
import ctypes
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.kernel_aims import HEAD, Seen, judge, print_growth, row
from benchmarks.kernel_jobs import component_jobs, distance_jobs, hole_jobs, morphology_jobs
from benchmarks.kernel_volumes import noise, real_chest, synthetic_ct, xray
from calciseg.kernels import connected_components, warmup


def time_jobs(jobs, rounds, budget_s=20.0):
    """Return the quickest run of each job in milliseconds; the jobs take turns, at least twice."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    begun = time.perf_counter()
    for i in range(1 + rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append((time.perf_counter() - start) * 1e3)
        if i > 0 and time.perf_counter() - begun > budget_s:
            break
    return {name: min(values) for name, values in times.items()}


def peak_bytes(job):
    """Return how far a job lifts the memory of a process of its own, or None where that cannot be known."""
    if not Path("/proc/self/clear_refs").exists():
        return None
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_measure_peak, args=(job, queue))
    child.start()
    child.join()
    return queue.get()


def _measure_peak(job, queue):
    # What earlier jobs freed would be taken again unseen.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    # ru_maxrss is inherited; the high-water mark can be cleared.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_kib("VmRSS")
    held = job()
    queue.put((_status_kib("VmHWM") - before) * 1024)
    del held


def _status_kib(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def report(title, image, jobs, rounds, unit):
    """Print a table of times and memory, and return them."""
    peaks = {name: peak_bytes(job) for name, job in jobs.items()}
    best = time_jobs(jobs, rounds)
    print(f"### {title}\n\n| job | ms | floors | × {unit} | extra B/voxel |\n|---|---|---|---|---|")
    for name, ms in best.items():
        peak = "–" if peaks[name] is None else f"{peaks[name] / image.size:.2f}"
        print(f"| {name} | {ms:.1f} | {ms / best['read floor']:.1f} | {ms / best[unit]:.2f} | {peak} |")
    print(flush=True)
    return best, peaks


def time_starts():
    """Print how long the kernels take to compile, and a first call once they are compiled."""
    call = (
        "import time; t = time.perf_counter(); import numpy as np; from calciseg.kernels import *; "
        "connected_components(np.zeros((2, 3, 70), np.int16), 1).table['n_voxels']; "
        "print(f'{time.perf_counter() - t:.2f}')"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}

        def run(code):
            return subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
            ).stdout.strip()

        first = run(call)
        start = time.perf_counter()
        run("from calciseg.kernels import warmup; warmup()")
        all_kernels = time.perf_counter() - start
        later = min((run(call) for _ in range(3)), key=float)
    print(
        f"first call with an empty cache {first} s, the rest of `calciseg warmup` {all_kernels:.1f} s, "
        f"first call of a later process {later} s\n"
    )


def cases(slices) -> Iterator[tuple[str, Callable[[], np.ndarray | None], float, tuple[int, ...]]]:
    """Yield name, image, threshold and connectivities."""
    yield "ct", lambda: synthetic_ct(slices), 130, (26, 6)
    yield "chest", real_chest, 130, (26, 6)
    yield "dense", lambda: noise(slices // 4, 0.5), 1, (26, 6)
    yield "thirty", lambda: noise(slices // 4, 0.3), 1, (26, 6)
    yield "sparse", lambda: noise(slices // 4, 0.15), 1, (26, 6)
    yield "xray", xray, 1150, (8,)


def size_of_table(image, threshold, connectivity):
    """Return the number of components, and the bytes of the columns that are handed out."""
    found = connected_components(image, threshold, connectivity=connectivity)
    return found.n_components, sum(found.table[name].nbytes for name in found.table)


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    others = "growth distance morphology starts"
    parser.add_argument(
        "names", nargs="*", help=f"ct chest dense thirty sparse xray {others}; all by default"
    )
    parser.add_argument("--all-peers", action="store_true", help="scipy and SimpleITK, too: minutes more")
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    warmup()
    all_seen = []
    for name, make, threshold, connectivities in cases(asked.slices):
        image = make() if not asked.names or name in asked.names else None
        for connectivity in connectivities if image is not None else ():
            jobs = component_jobs(image, threshold, connectivity, asked.threads, asked.all_peers)
            n, table_bytes = size_of_table(image, threshold, connectivity)
            share = 100 * float((image >= threshold).mean())
            title = (
                f"{name} {image.shape}, {connectivity}-connected: {share:.1f} % foreground, {n} components"
            )
            best, peaks = report(title, image, jobs, asked.rounds, "calciseg runs + table")
            all_seen.append(
                Seen(
                    name=name, connectivity=connectivity, n_components=n, n_voxels=image.size,
                    table_bytes=table_bytes, best=best, peaks=peaks,
                )
            )  # fmt: skip
    for name in others.split():
        if not asked.names or name in asked.names:
            time_others(name, asked)
    if all_seen:
        print(HEAD, *(row(seen) for seen in all_seen), sep="\n")
        print("\n| what | volume | aim | seen | met |\n|---|---|--:|--:|---|", *judge(all_seen), sep="\n")


def time_others(name, asked):
    """Time what is no labelling."""
    if name == "starts":
        time_starts()
        return
    if name == "growth":
        print_growth(
            synthetic_ct(3 * 512 if asked.slices >= 400 else 3 * asked.slices),
            130,
            asked.threads,
            asked.rounds,
        )
        return
    image = synthetic_ct(asked.slices // 2)
    if name == "morphology":
        jobs = morphology_jobs(image, 130)
        report(
            f"dilation, every other column and row of ct {image.shape}", image[:, ::2, ::2], jobs,
            asked.rounds, "calciseg dilation, 2 mm",
        )  # fmt: skip
        return
    report(
        f"distance, ct {image.shape}", image, distance_jobs(image, 130, asked.threads),
        asked.rounds, "calciseg distance",
    )  # fmt: skip
    jobs = hole_jobs(image, 130, asked.threads)
    report(f"holes of slices, ct {image.shape}", image, jobs, asked.rounds, "calciseg holes")


if __name__ == "__main__":
    main()
