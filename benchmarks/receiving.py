"""How fast ``calciseg listen`` takes slices, against a bare pynetdicom SCP and DCMTK's storescp.

    python -m benchmarks.receiving [--slices 400] [--rounds 3]

One association, slices of 512 x 512 x 16 bit (0.5 MB) sent by DCMTK's storescu, TCP_NODELAY on all sides,
each receiver in a process of its own. The bare SCP writes the bytes of each object to a file and does nothing
else: it syncs nothing and checks nothing. calciseg syncs every object to the disk before it answers.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

ROOT_UID = "1.2.826.0.1.3680043.8.498.77"
ROWS = 512

_BARE = """
import socket, sys
from pathlib import Path
from pynetdicom import AE, evt

folder, n = Path(sys.argv[2]), 0

def store(event):
    global n
    n += 1
    (folder / f"{n}.dcm").write_bytes(event.encoded_dataset())
    return 0

def hurry(event):
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

ae = AE("CALCISEG")
ae.maximum_pdu_size = int(sys.argv[3])
ae.add_supported_context("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1")
handlers = [(evt.EVT_C_STORE, store), (evt.EVT_CONN_OPEN, hurry)]
ae.start_server(("127.0.0.1", int(sys.argv[1])), evt_handlers=handlers)
"""


def make_slices(folder: Path, n_slices: int) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(-1000, 2000, (ROWS, ROWS), dtype=np.int16)
    for n in range(n_slices):
        dataset = Dataset()
        dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, f"{ROOT_UID}.3.{n}"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT_UID}.1", f"{ROOT_UID}.2"
        dataset.Modality, dataset.PatientID = "CT", "benchmark"
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
        dataset.PixelRepresentation, dataset.SamplesPerPixel = 1, 1
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.PixelData = np.roll(pixels, n).tobytes()
        dataset["PixelData"].VR = "OW"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(folder / f"{n:05}.dcm", enforce_file_format=True)


def receivers(port: int, folder: Path) -> dict[str, list[str]]:
    """The command of each receiver."""
    calciseg = str(Path(sys.executable).with_name("calciseg"))
    listen = [calciseg, "listen", "-o", str(folder / "out"), "--spool", str(folder / "spool"), "-q"]
    return {
        "calciseg listen": [*listen, "--any-calling", "--port", str(port), "--quiet-seconds", "3600"],
        "bare pynetdicom, PDU 16 KiB": [sys.executable, "-c", _BARE, str(port), str(folder), "16382"],
        "bare pynetdicom, PDU 256 KiB": [sys.executable, "-c", _BARE, str(port), str(folder), str(1 << 18)],
        "DCMTK storescp": [_dcmtk("storescp"), "-od", str(folder), "-aet", "CALCISEG", str(port)],
    }


def _dcmtk(name: str) -> str:
    # pynetdicom puts programs of the same names beside Python's own.
    path = shutil.which(name, path="/usr/bin:/usr/local/bin")
    if path is None:
        sys.exit(f"{name} is not installed; install DCMTK")
    return path


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, env={**os.environ, "TCP_NODELAY": "1"})
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended")
            time.sleep(0.1)
        time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_to_send(folder: Path, port: int) -> float:
    send = [_dcmtk("storescu"), "-aec", "CALCISEG", "-xe", "+sd", "127.0.0.1", str(port), str(folder)]
    begun = time.perf_counter()
    subprocess.run(send, env={**os.environ, "TCP_NODELAY": "1"}, check=True)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as root:
        source = Path(root) / "source"
        source.mkdir()
        make_slices(source, options.slices)
        for n in range(options.rounds):
            # By turns, so that what else the machine does falls on all of them.
            for name in receivers(0, source):
                folder = Path(root) / f"{n}-{name.replace(' ', '-')}"
                folder.mkdir()
                port = free_port()
                with running(receivers(port, folder)[name], port):
                    seconds = seconds_to_send(source, port)
                rates.setdefault(name, []).append(options.slices / seconds)
                shutil.rmtree(folder)
    ours = statistics.median(rates["calciseg listen"])
    print("| receiver | slices/s, median (least, most) | its time / that of calciseg |")
    print("|---|--:|--:|")
    for name, found in rates.items():
        median = statistics.median(found)
        print(f"| {name} | {median:.0f} ({min(found):.0f}, {max(found):.0f}) | {ours / median:.2f} |")


if __name__ == "__main__":
    main()
