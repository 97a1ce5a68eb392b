"""Small archives of CT studies, made from the sample study."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

ROOT_UID = "1.2.826.0.1.3680043.8.498"
STEP = 4

_TIME = re.compile(rb"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")

# Runs in every Python process that finds it: what happens to a study is written in its UID.
FAULTS = """
import os, signal, sys
if "calciseg.workers.worker" in " ".join(sys.orig_argv):
    import calciseg.pipeline as pipeline
    analyze = pipeline.analyze
    def faulty(*arguments, study_uid=None, **options):
        fault = study_uid.rpartition(".")[2]
        if fault == "1666":
            while True:
                pass
        if fault == "2666":
            hoard = []
            while True:
                hoard.append(bytearray(os.urandom(1 << 20) * 16))
        if fault == "3666":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "4666":
            raise RuntimeError("Doe^Jane")
        return analyze(*arguments, study_uid=study_uid, **options)
    pipeline.analyze = faulty
"""


def thinned_slices(sample: Path) -> list[pydicom.Dataset]:
    """The sample study with a 64th of its voxels, uncompressed."""
    datasets = sorted(
        (pydicom.dcmread(path) for path in (sample / "dicom").iterdir()),
        key=lambda one: float(one.ImagePositionPatient[2]),
    )
    thinned = []
    for dataset in datasets[::STEP]:
        pixels = dataset.pixel_array[::STEP, ::STEP]
        dataset.PixelSpacing = [float(step) * STEP for step in dataset.PixelSpacing]
        dataset.SliceThickness = float(dataset.SliceThickness) * STEP
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.PixelData = np.ascontiguousarray(pixels).tobytes()
        dataset["PixelData"].VR = "OW"
        dataset["PixelData"].is_undefined_length = False
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        thinned.append(dataset)
    return thinned


def put_study(slices: Sequence[pydicom.Dataset], folder: Path, number: int) -> list[Path]:
    """Write a study of that number; its patient has a name that must not leak."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for n, dataset in enumerate(slices, start=1):
        dataset.StudyInstanceUID = f"{ROOT_UID}.1.{number}"
        dataset.SeriesInstanceUID = f"{ROOT_UID}.2.{number}"
        dataset.FrameOfReferenceUID = f"{ROOT_UID}.3.{number}"
        dataset.SOPInstanceUID = f"{dataset.SeriesInstanceUID}.{n}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.PatientName = f"Doe^Jane{number}"
        path = folder / f"{n:03}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def damage(paths: list[Path], kind: int) -> str:
    """Damage a study in one of five ways and return a word of the right reason."""
    if kind == 0:
        paths[3].write_bytes(paths[3].read_bytes()[:-500])
        return "bytes of its pixel data are missing"
    if kind == 1:
        for path in paths:
            path.write_bytes(path.read_bytes()[:200])
        return "its DICOM header ends early"
    if kind == 2:
        for path in paths:
            _changed(path, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
        return "holds no CT and no radiograph, only MR"
    if kind == 3:
        for path in paths[1:]:
            path.unlink()
        return "only 1 usable slice"
    for path in paths:
        _changed(path, PixelSpacing=None)
    return "no valid pixel spacing"


def _changed(path: Path, **fields: object) -> None:
    dataset = pydicom.dcmread(path)
    for name, value in fields.items():
        setattr(dataset, name, value)
    dataset.save_as(path)


def found_first(folder: Path) -> str:
    """``PYTHONPATH`` with a folder before what stands there."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


def batch_process(*arguments: object, faults: Path | None = None) -> "subprocess.Popen[str]":
    """Start ``calciseg batch`` as people do."""
    environment = dict(os.environ)
    if faults is not None:
        (faults / "sitecustomize.py").write_text(FAULTS)
        environment["PYTHONPATH"] = found_first(faults)
    # A shell starts its background jobs deaf to Ctrl-C, and what they start inherits it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [Path(sys.executable).parent / "calciseg", "batch", *map(str, arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def run_batch_command(*arguments: object, faults: Path | None = None) -> "subprocess.CompletedProcess[str]":
    process = batch_process(*arguments, faults=faults)
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a batch's results but the catalogue, without the time of making."""
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file() and not path.name.startswith("batch.sqlite"):
            content = path.read_bytes()
            if path.name in ("result.json", "report.html"):
                content = _TIME.sub(b"", content)
            found[str(path.relative_to(out))] = content
    return found


def kill_tree_after(process: "subprocess.Popen[str]", seconds: float) -> None:
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
