"""Components and distances against their peers: ``python benchmarks/kernels.py [--slices N] [names]``.

Every figure of a volume comes from one run: the jobs take turns, and the quickest run of each is compared,
which a busy machine disturbs least. "floors" are read passes over the volume (``np.max``). Memory is the peak
above the start in a process of its own, with all results still held. Peers that are not installed are named
and left out; a folder ``ct_chest_shoulders`` with DICOM slices below the folder that CALCISEG_REAL_DATA names
adds a real chest.
"""

import argparse
import importlib.util
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from calciseg.kernels import connected_components, distance_mm, fill_holes_in_slices, warmup

Job = Callable[[], object]


def synthetic_ct(slices):
    """Return soft tissue with 20 HU of noise, bone-like blobs and thousands of specks."""
    from scipy import ndimage

    rng = np.random.default_rng(1)
    coarse = ndimage.gaussian_filter(rng.random((slices // 4 + 1, 128, 128), np.float32), 2.0)
    blobs = coarse > np.quantile(coarse, 0.977)
    image = np.empty((slices, 512, 512), np.int16)
    for z in range(slices):
        plane = rng.standard_normal((512, 512), np.float32) * 20 + 40
        image[z] = plane + 300 * np.kron(blobs[z // 4], np.ones((4, 4), bool))
    specks = rng.integers(0, image.shape, (18 * slices, 3))
    image[tuple(specks.T)] = 500
    return image


def noise(slices, fraction):
    """Return a volume with independent foreground voxels."""
    rng = np.random.default_rng(2)
    return np.stack([rng.random((512, 512), np.float32) < fraction for _ in range(slices)]).astype(np.int16)


def xray():
    """Return a radiograph-like image: smooth, with small bright spots."""
    rng = np.random.default_rng(3)
    image = rng.normal(1000, 40, (2500, 2000)) + np.linspace(0, 100, 2000)
    return image.astype(np.uint16)


def real_chest():
    """Return the chest's HU in the order of its slices, or None."""
    root = os.environ.get("CALCISEG_REAL_DATA")
    folder = Path(root) / "ct_chest_shoulders" if root else None
    if folder is None or not folder.is_dir():
        print("CALCISEG_REAL_DATA names no folder with ct_chest_shoulders: no real volume\n")
        return None
    import pydicom

    slices = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
    hu = [s.pixel_array * float(s.RescaleSlope) + float(s.RescaleIntercept) for s in slices]
    return np.stack(hu).astype(np.int16)


def our_table(image, threshold, connectivity, threads):
    """Label, and read every column of the table."""
    found = connected_components(image, threshold, connectivity=connectivity, n_threads=threads)
    return found, [found.table[name] for name in found.table]


def our_labels(image, threshold, connectivity, threads, dtype=None):
    """Label, and paint dense labels."""
    found = connected_components(image, threshold, connectivity=connectivity, n_threads=threads)
    return found.labels(dtype, n_threads=threads)


def our_table_and_labels(image, threshold, connectivity, threads):
    """Label, read every column, and paint uint32 labels."""
    found, columns = our_table(image, threshold, connectivity, threads)
    return columns, found.labels(np.uint32, n_threads=threads)


def cc3d_labels(image, threshold, connectivity):
    """Label with cc3d."""
    import cc3d

    return cc3d.connected_components(image >= threshold, connectivity=connectivity, binary_image=True)


def cc3d_statistics(image, threshold, connectivity):
    """Label and measure the geometry with cc3d, its fastest way."""
    import cc3d

    labels = cc3d_labels(image, threshold, connectivity)
    return labels, cc3d.statistics(labels, no_slice_conversion=True)


def cc3d_and_numpy(image, threshold, connectivity):
    """Add sum, sum of squares and maximum of the values: the best composition known of cc3d and numpy."""
    labels, geometry = cc3d_statistics(image, threshold, connectivity)
    at = np.flatnonzero(labels)
    names, values = labels.ravel()[at], image.ravel()[at].astype(np.float64)
    highest = np.full(int(labels.max()) + 1, -np.inf)
    np.maximum.at(highest, names, values)
    return geometry, np.bincount(names, values), np.bincount(names, values * values), highest


def scipy_labels(image, threshold, connectivity):
    """Label with scipy."""
    from scipy import ndimage

    rank = {4: 1, 8: 2, 6: 1, 18: 2, 26: 3}[connectivity]
    return ndimage.label(image >= threshold, ndimage.generate_binary_structure(image.ndim, rank))


def sitk_labels(image, threshold, connectivity):
    """Label with SimpleITK."""
    import SimpleITK as sitk

    mask = sitk.GetImageFromArray((image >= threshold).astype(np.uint8))
    return sitk.ConnectedComponent(mask, connectivity in (8, 26))


def opencv_statistics(image, threshold, connectivity):
    """Label and measure an image of two dimensions with OpenCV."""
    import cv2

    return cv2.connectedComponentsWithStats((image >= threshold).astype(np.uint8), connectivity=connectivity)


def component_jobs(image, threshold, connectivity, threads) -> dict[str, Job]:
    """Return our jobs and those of the peers that are there."""
    asked = (image, threshold, connectivity)
    jobs: dict[str, Job] = {
        "read floor": lambda: image.max(),
        "calciseg runs + table": lambda: our_table(*asked, threads),
        "calciseg runs + table, 1 thread": lambda: our_table(*asked, 1),
        "calciseg table + uint32 labels": lambda: our_table_and_labels(*asked, threads),
        "calciseg labels": lambda: our_labels(*asked, threads),
    }
    if has("cc3d"):
        jobs["cc3d labels"] = lambda: cc3d_labels(*asked)
        jobs["cc3d + statistics"] = lambda: cc3d_statistics(*asked)
        jobs["cc3d + statistics + numpy"] = lambda: cc3d_and_numpy(*asked)
    if image.ndim == 2 and has("cv2"):
        jobs["OpenCV labels + statistics"] = lambda: opencv_statistics(*asked)
    jobs["scipy labels"] = lambda: scipy_labels(*asked)
    if has("SimpleITK"):
        jobs["SimpleITK labels"] = lambda: sitk_labels(*asked)
    return jobs


def distance_jobs(image, threshold, threads) -> dict[str, Job]:
    """Return distance jobs on the foreground of a volume."""
    mask, spacing = image >= threshold, (1.0, 0.78, 0.78)
    jobs: dict[str, Job] = {
        "read floor": lambda: image.max(),
        "calciseg distance": lambda: distance_mm(mask, spacing, n_threads=threads),
        "calciseg distance to 10 mm": lambda: distance_mm(
            mask, spacing, max_distance_mm=10, n_threads=threads
        ),
        "calciseg distance to 3 mm": lambda: distance_mm(mask, spacing, max_distance_mm=3, n_threads=threads),
    }
    if has("edt"):
        import edt

        jobs["edt"] = lambda: edt.edt(~mask, anisotropy=spacing, parallel=threads)
    return jobs


def hole_jobs(image, threshold, threads) -> dict[str, Job]:
    """Return jobs that fill the holes of every slice."""
    from scipy import ndimage

    mask = image >= threshold
    return {
        "read floor": lambda: image.max(),
        "calciseg holes": lambda: fill_holes_in_slices(mask, n_threads=threads),
        "scipy holes": lambda: np.stack([ndimage.binary_fill_holes(one_slice) for one_slice in mask]),
    }


def has(module):
    """Say whether a peer is installed, and say so once when it is not."""
    is_there = importlib.util.find_spec(module) is not None
    if not is_there and module not in MISSING:
        MISSING.add(module)
        print(f"{module} is not installed: left out\n")
    return is_there


MISSING: set[str] = set()


def time_jobs(jobs, rounds, budget_s=60.0):
    """Return the quickest run of each job in milliseconds; the jobs take turns."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for job in jobs.values():
        job()
    begun = time.perf_counter()
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            times[name].append((time.perf_counter() - start) * 1e3)
        if time.perf_counter() - begun > budget_s:
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
    """Print a table of times and memory."""
    peaks = {name: peak_bytes(job) for name, job in jobs.items()}
    best = time_jobs(jobs, rounds)
    print(f"### {title}\n\n| job | ms | floors | × {unit} | extra B/voxel |\n|---|---|---|---|---|")
    for name, ms in best.items():
        peak = "–" if peaks[name] is None else f"{peaks[name] / image.size:.2f}"
        print(f"| {name} | {ms:.1f} | {ms / best['read floor']:.1f} | {ms / best[unit]:.2f} | {peak} |")
    print(flush=True)


def cases(slices) -> Iterator[tuple[str, Callable[[], np.ndarray | None], float, tuple[int, ...]]]:
    """Yield name, image, threshold and connectivities."""
    yield "ct", lambda: synthetic_ct(slices), 130, (26, 6)
    yield "chest", real_chest, 130, (26, 6)
    yield "dense", lambda: noise(slices // 2, 0.5), 1, (26, 6)
    yield "sparse", lambda: noise(slices // 2, 0.15), 1, (26, 6)
    yield "xray", xray, 1150, (8,)


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="ct chest dense sparse xray distance; all by default")
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    warmup()
    for name, make, threshold, connectivities in cases(asked.slices):
        image = make() if not asked.names or name in asked.names else None
        for connectivity in connectivities if image is not None else ():
            jobs = component_jobs(image, threshold, connectivity, asked.threads)
            n = connected_components(image, threshold, connectivity=connectivity).n_components
            share = 100 * float((image >= threshold).mean())
            title = (
                f"{name} {image.shape}, {connectivity}-connected: {share:.1f} % foreground, {n} components"
            )
            report(title, image, jobs, asked.rounds, "calciseg runs + table")
    if not asked.names or "distance" in asked.names:
        image = synthetic_ct(asked.slices // 2)
        jobs = distance_jobs(image, 130, asked.threads)
        report(f"distance, ct {image.shape}", image, jobs, asked.rounds, "calciseg distance")
        jobs = hole_jobs(image, 130, asked.threads)
        report(f"holes of slices, ct {image.shape}", image, jobs, asked.rounds, "calciseg holes")


if __name__ == "__main__":
    main()
