"""The whole analysis against SimpleITK reading, and reading and labelling, the same series.

    CALCISEG_REAL_DATA=<folder> python -m benchmarks.analysis [--kinds thigh,pelvis] [--rounds N]

From a folder of slices to a result, files cached and kernels warm: ``calciseg.analyze`` against SimpleITK's
series reader alone, and against that reader, a threshold, ConnectedComponent and
LabelIntensityStatistics. All take turns in one process and the quickest run of each counts. The peak of
memory is that of one analysis in a fresh process, above what it held after its imports and the kernels'
warm-up. The study is a phantom's slices, back and forth to 400 slices of 512 x 512 with 0.8 mm pixels and
1 mm steps; the folder ``ct_chest_shoulders`` below the one that CALCISEG_REAL_DATA names adds a real chest.
"""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK

import calciseg
from calciseg.phantom import PhantomRecipe, make_phantom
from calciseg.phantom.dicom import image_datasets
from calciseg.settings import Settings

_N_MADE, _WIDTH = 80, 512
_PEAK = """
import sys
import calciseg.kernels, calciseg.pipeline, numpy, pydicom.pixels.decoders
def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))
calciseg.kernels.warmup()
before = kib("VmRSS")
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")
result = calciseg.pipeline.analyze(sys.argv[1])
print((kib("VmHWM") - before) * 1024 / result.images[0].image.hu.size)
"""


def made_study(kind: str, n_slices: int, folder: Path) -> Path:
    """Write a phantom's slices, back and forth to the wanted number, in the middle of 512 x 512."""
    recipe = PhantomRecipe(kind=kind, seed=1, spacing_mm_zyx=(1.0, 0.8, 0.8), n_slices=_N_MADE)
    slices = image_datasets(make_phantom(recipe))
    for n in range(n_slices):
        n_turns, along = divmod(n, _N_MADE)
        one = slices[along if n_turns % 2 == 0 else _N_MADE - 1 - along]
        stored = np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)
        pads = [((_WIDTH - side) // 2, _WIDTH - side - (_WIDTH - side) // 2) for side in stored.shape]
        written = copy.deepcopy(one)
        written.Rows = written.Columns = _WIDTH
        written.PixelData = np.pad(stored, pads, mode="edge").tobytes()
        written.SOPInstanceUID = written.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{n}"
        written.ImagePositionPatient = [*slices[0].ImagePositionPatient[:2], float(n)]
        written.InstanceNumber = n + 1
        written.save_as(folder / f"{n:04d}.dcm", enforce_file_format=True)
    return folder


def read(folder: Path) -> SimpleITK.Image:
    """Read the one series of a folder."""
    reader = SimpleITK.ImageSeriesReader()
    (uid,) = reader.GetGDCMSeriesIDs(str(folder))
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), uid))
    return reader.Execute()


def read_and_label(folder: Path) -> SimpleITK.LabelIntensityStatisticsImageFilter:
    """Read a series, label what is as dense as calcium, and measure each component."""
    image = read(folder)
    dense = image >= Settings().candidates.grow_hu
    statistics = SimpleITK.LabelIntensityStatisticsImageFilter()
    statistics.Execute(SimpleITK.ConnectedComponent(dense, True), image)
    return statistics


def quickest(jobs: dict[str, Callable[[], object]], n_rounds: int) -> dict[str, float]:
    """Run jobs in turns and give the seconds of the quickest run of each; a first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(n_rounds + 1):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            seconds[name].append(time.perf_counter() - start)
    return {name: min(runs[1:]) for name, runs in seconds.items()}


def peak_bytes(folder: Path) -> float:
    """Peak of memory of one analysis in a fresh process, in bytes a voxel."""
    command = [sys.executable, "-c", _PEAK, str(folder)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def compare(name: str, folder: Path, n_rounds: int) -> None:
    """Print a row."""
    jobs = {
        "read": lambda: read(folder),
        "label": lambda: read_and_label(folder),
        "calciseg": lambda: calciseg.analyze(folder),
    }
    took = quickest(jobs, n_rounds)
    print(
        f"| {name} | {took['read']:.2f} | {took['label']:.2f} | {took['calciseg']:.2f} "
        f"| {took['calciseg'] / took['read']:.2f} | {took['calciseg'] / took['label']:.2f} "
        f"| {peak_bytes(folder):.1f} |",
        flush=True,
    )


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", default="thigh,pelvis", help="of phantoms")
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(
        "| study | SimpleITK reads, s | reads and labels, s | calciseg, s | against reading "
        "| against reading and labelling | peak, B/voxel |\n|---|---|---|---|---|---|---|"
    )
    for kind in options.kinds.split(","):
        with tempfile.TemporaryDirectory() as folder:
            name = f"{kind}, {options.slices} slices"
            compare(name, made_study(kind, options.slices, Path(folder)), options.rounds)
    chest = Path(os.environ.get("CALCISEG_REAL_DATA", "")) / "ct_chest_shoulders"
    if os.environ.get("CALCISEG_REAL_DATA") and chest.is_dir():
        compare("ct_chest_shoulders", chest, options.rounds)
    print("| aim | | | | 3 | 1 | 12 |")


if __name__ == "__main__":
    main()
