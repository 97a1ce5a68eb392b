"""A large tree is indexed file by file: progress is told, and memory grows by a small record a slice."""

import subprocess
import sys

import pytest

N_FILES = 10_000
MOST_KIB_A_FILE = 4.0

_INDEX = """
import sys
from calciseg.reading import inspect

def kib(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

before, told = kib("VmRSS"), []
listing = inspect(sys.argv[1], progress=lambda *state: told.append(state[0] / state[1]))
n_files = sum(series.n_files for study in listing.studies for series in study.series)
assert told == sorted(told) and told[-1] == 1 and len(told) == n_files
print(n_files, len(listing.studies), (kib("VmHWM") - before) / n_files)
"""


def make_tree(slices, folder, n_files):
    """Write n files of few bytes in studies of 100 slices, by changing the digits of UIDs and positions."""
    (pattern,) = slices
    pattern.StudyInstanceUID, pattern.SeriesInstanceUID = "1.2.77777777", "1.2.88888888"
    pattern.SOPInstanceUID = "1.2.99999999"
    pattern.ImagePositionPatient = [0, 0, 666666.5]
    folder.mkdir()
    path = folder / "pattern"
    pattern.save_as(path, enforce_file_format=True)
    content = path.read_bytes()
    path.unlink()
    for n in range(n_files):
        study, z = divmod(n, 100)
        if z == 0:
            (folder / str(study)).mkdir()
        changed = content.replace(b"77777777", b"1%07d" % study).replace(b"88888888", b"1%07d" % study)
        changed = changed.replace(b"99999999", b"1%07d" % n).replace(b"666666.5", b"%08.1f" % (2 * z))
        (folder / str(study) / str(z)).write_bytes(changed)


@pytest.mark.slow
def test_memory_and_progress(make_slices, stored, tmp_path):
    make_tree(make_slices(stored[:1]), tmp_path / "tree", N_FILES)
    done = subprocess.run(
        [sys.executable, "-c", _INDEX, str(tmp_path / "tree")], capture_output=True, text=True, check=True
    )
    n_files, n_studies, kib_a_file = done.stdout.split()
    assert (int(n_files), int(n_studies)) == (N_FILES, N_FILES // 100)
    assert float(kib_a_file) < MOST_KIB_A_FILE
