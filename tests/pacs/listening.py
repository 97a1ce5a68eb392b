"""``calciseg listen`` in a process of its own, watched through its health, its audit and its folders."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import found_first
from peers import free_port, wait_for_port, wait_until

# Runs in every Python process that finds it: a worker that takes its time.
SLOW = """
import os, sys
if "calciseg.workers.worker" in " ".join(sys.orig_argv):
    import time
    import calciseg.workers.work as work
    analyze = work.analyze
    def slow(*arguments, **options):
        time.sleep(float(os.environ["CALCISEG_SLOW"]))
        return analyze(*arguments, **options)
    work.analyze = slow
"""


@dataclass
class Listening:
    """A listener that runs, or ran."""

    folder: Path
    port: int
    health_port: int
    process: "subprocess.Popen[str]"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def objects(self) -> list[Path]:
        """Objects in the spool; while they are cleared away, those that are left."""
        found: list[Path] = []
        for folder in (self.folder / "spool" / "studies").iterdir():
            with suppress(FileNotFoundError):
                found += folder.glob("*.dcm")
        return sorted(found)

    @property
    def audit(self) -> list[dict[str, Any]]:
        path = self.folder / "audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def health(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.health_port}/health"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return {"http": answer.status, **json.load(answer)}
        except urllib.error.HTTPError as error:
            with error:
                return {"http": error.code, **json.load(error)}

    def wait_for(self, **counts: int) -> dict[str, Any]:
        """Wait until so many studies are in these states and none is being received."""

        def is_there() -> dict[str, Any] | None:
            health = self.health()
            assert health["studies"]["failed"] <= counts.get("failed", 0), self.log
            is_so = all(health["studies"][state] == n for state, n in counts.items())
            return health if is_so and not health["n_waiting"] else None

        return wait_until(is_there, 90)

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        """State, code and reason of every study; only after its end."""
        with closing(sqlite3.connect(self.folder / "spool" / "queue.sqlite")) as queue:
            return queue.execute("SELECT state, code, reason FROM study ORDER BY folder").fetchall()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=60)


def start_listener(folder: Path, *options: object, slow_seconds: float = 0.0) -> Listening:
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(SLOW)
    port, health_port = free_port(), free_port()
    command = [
        Path(sys.executable).parent / "calciseg", "listen", "-o", folder / "out", "--spool", folder / "spool",
        "--port", port, "--health-port", health_port, "--audit", folder / "audit.jsonl",
        "--quiet-seconds", 0.5, "--calling", "STORESCU", "--output-type", "json,seg,sr",
        "--free-gib", 0, *options,
    ]  # fmt: skip
    environment = {"PYTHONPATH": found_first(folder), "CALCISEG_SLOW": str(slow_seconds)}
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            list(map(str, command)), env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, text=True,
        )  # fmt: skip
    wait_for_port(health_port, process)
    return Listening(folder=folder, port=port, health_port=health_port, process=process)


@contextmanager
def listening(folder: Path, *options: object, slow_seconds: float = 0.0) -> Iterator[Listening]:
    listener = start_listener(folder, *options, slow_seconds=slow_seconds)
    try:
        yield listener
    finally:
        try:
            if listener.process.poll() is None:
                listener.stop()
        finally:
            listener.kill()
