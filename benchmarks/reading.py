"""Reading a CT series against SimpleITK: ``python -m benchmarks.reading [--repeats N]``.

From a folder to HU in the order of the slices: calciseg's ``read_study`` against SimpleITK's series
reader, which is given the folder, finds the series, sorts it and reads it. Every run is a process of its
own after its imports; the two take turns, and medians are compared. Memory is the peak above what the
process held before reading, with the volume still held. The folder ``ct_chest_shoulders`` below the one
that CALCISEG_REAL_DATA names adds a real chest.
"""

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

_READERS = {
    "calciseg": "from calciseg.reading import read_study\ndef read(p): return read_study(p).images[0].hu",
    "SimpleITK": """import SimpleITK as sitk
def read(p):
    reader = sitk.ImageSeriesReader()
    (uid,) = reader.GetGDCMSeriesIDs(p)
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(p, uid))
    return sitk.GetArrayViewFromImage(keep(reader.Execute()))
held = []
def keep(image):
    held.append(image)
    return image""",
}
_RUN = """
import json, sys, time
import numpy as np, pydicom.pixels.decoders
{reader}
def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))
before = kib("VmRSS")
with open("/proc/self/clear_refs", "w") as clear:
    clear.write("5")
start = time.perf_counter()
hu = read(sys.argv[1])
seconds = time.perf_counter() - start
peak = kib("VmHWM") - before
print(json.dumps([seconds, peak / 1024, hu.nbytes / 2**20, int(hu.astype("i8").sum())]))
"""


def run(reader, folder):
    """Read once in a fresh process: seconds, peak MiB, MiB of the volume, the sum of its HU."""
    code = _RUN.format(reader=_READERS[reader])
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def made_series(folder, n_slices):
    """Write a phantom's slices, repeated to the wanted number, each 512 x 512."""
    from calciseg.phantom import PhantomRecipe, make_phantom
    from calciseg.phantom.dicom import image_datasets

    recipe = PhantomRecipe(kind="thigh", seed=1, spacing_mm_zyx=(3.0, 0.8, 0.8), n_slices=8)
    slices = image_datasets(make_phantom(recipe))
    for n in range(n_slices):
        one = slices[n % len(slices)]
        stored = np.frombuffer(one.PixelData, "<u2").reshape(one.Rows, one.Columns)
        wide = np.pad(stored, [(0, max(0, 512 - side)) for side in stored.shape], mode="edge")[:512, :512]
        written = copy.deepcopy(one)
        written.Rows, written.Columns = wide.shape
        written.PixelData = wide.tobytes()
        written.SOPInstanceUID = written.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{n}"
        written.ImagePositionPatient = [*slices[0].ImagePositionPatient[:2], float(n)]
        written.InstanceNumber = n + 1
        written.save_as(folder / f"{n * 7919 % n_slices:04d}.dcm", enforce_file_format=True)
    return folder


def compare(name, folder, repeats):
    """Print one row a reader."""
    for reader in _READERS:
        run(reader, folder)  # the disk's cache is warm for both
    runs = {reader: [] for reader in _READERS}
    for _ in range(repeats):
        for reader, found in runs.items():
            found.append(run(reader, folder))
    seconds, peaks = (
        {reader: statistics.median(one[k] for one in found) for reader, found in runs.items()} for k in (0, 1)
    )
    volume_mib = runs["calciseg"][0][2]
    is_same = len({one[3] for found in runs.values() for one in found}) == 1
    for reader in _READERS:
        print(
            f"| {name} | {reader} | {seconds[reader]:.2f} | {seconds[reader] / seconds['SimpleITK']:.2f}"
            f" | {peaks[reader]:.0f} | {peaks[reader] / volume_mib:.2f} |"
        )
    if not is_same:
        print(f"(the sums of HU of {name} differ: calciseg raises what is below -1024 HU)")


def main():
    """Compare the readers on a made series and, where it is there, on a real one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--slices", type=int, default=400)
    options = parser.parse_args()
    print("| series | reader | seconds | against SimpleITK | peak MiB | peak / volume |")
    print("|---|---|---|---|---|---|")
    root = os.environ.get("CALCISEG_REAL_DATA")
    if root and (Path(root) / "ct_chest_shoulders").is_dir():
        compare("ct_chest_shoulders", Path(root) / "ct_chest_shoulders", options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        compare(
            f"phantom, {options.slices} slices", made_series(Path(folder), options.slices), options.repeats
        )


if __name__ == "__main__":
    main()
