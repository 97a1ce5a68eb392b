"""Somebody else's programs to talk to, started on loopback and ended by their own process id."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def program(name: str) -> str:
    """The path of a program; the test skips where it is not installed."""
    # pynetdicom puts programs of DCMTK's names beside Python's own.
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{name} is not installed (see .ci/debian-packages)")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[Any] | None" = None) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert process is None or process.poll() is None, "it ended before it listened"
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


def wait_until(is_so: Any, seconds: float = 60.0) -> Any:
    """Wait until something is true and return it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := is_so():
            return found
        time.sleep(0.05)
    raise TimeoutError("it did not become true")


@dataclass(frozen=True, kw_only=True)
class Orthanc:
    """A running Orthanc with its DICOMweb plug-in."""

    http_port: int
    dicom_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def web_url(self) -> str:
        return f"{self.url}/dicom-web"

    def ask(self, path: str, body: bytes | None = None, method: str | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def get(self, path: str) -> Any:
        return json.loads(self.ask(path))

    def upload(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*.dcm")):
            self.ask("/instances", path.read_bytes())

    def know(self, ae_title: str, port: int) -> None:
        """Enter another application, so that it can be the destination of a C-MOVE."""
        body = json.dumps([ae_title, "127.0.0.1", port]).encode()
        self.ask(f"/modalities/{ae_title}", body, "PUT")

    def empty(self) -> None:
        for study in self.get("/studies"):
            self.ask(f"/studies/{study}", method="DELETE")


@contextmanager
def running_orthanc(folder: Path) -> Iterator[Orthanc]:
    server = program("Orthanc")
    if not _PLUGIN.exists():
        pytest.skip("orthanc-dicomweb is not installed (see .ci/debian-packages)")
    peer = Orthanc(http_port=free_port(), dicom_port=free_port())
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": peer.http_port,
        "DicomPort": peer.dicom_port,
        "DicomAet": "ORTHANC",
        **{f"DicomAlwaysAllow{service}": True for service in ("Store", "Find", "Get", "Move")},
        "DicomCheckModalityHost": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "StableAge": 1,
        "Plugins": [str(_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "HttpsCACertificates": "",
    }
    (folder / "storage").mkdir(parents=True)
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, str(folder / "orthanc.json")], stdout=log, stderr=log, cwd=folder)
        try:
            wait_for_port(peer.http_port, process)
            wait_for_port(peer.dicom_port, process)
            yield peer
        finally:
            process.terminate()
            process.wait(timeout=30)


def dcmtk(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run one of DCMTK's tools."""
    return subprocess.run(
        [program(name), *map(str, arguments)],
        env={**os.environ, "TCP_NODELAY": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def n_stored(done: "subprocess.CompletedProcess[str]") -> int:
    """How many objects storescu -v says were acknowledged."""
    return len(re.findall(r"Received Store Response \(Success\)", done.stdout + done.stderr))
