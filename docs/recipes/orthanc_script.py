"""Analyse every study that Orthanc calls stable, and give the results back to it.

Run beside Orthanc, which needs no plug-in for it: ``python orthanc_script.py http://127.0.0.1:8042``.
``ORTHANC_USER`` and ``ORTHANC_PASSWORD`` are used if they are set.
"""

import base64
import io
import json
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import calciseg

RESULT = 4096  # the user-defined attachment of a study that keeps its result.json
IMAGES = ("CT", "CR", "DX")


def ask(url: str, body: bytes | None = None, method: str | None = None) -> bytes:
    """Ask Orthanc's REST interface."""
    request = urllib.request.Request(url, data=body, method=method)
    if "ORTHANC_USER" in os.environ:
        secret = f"{os.environ['ORTHANC_USER']}:{os.environ['ORTHANC_PASSWORD']}"
        request.add_header("Authorization", f"Basic {base64.b64encode(secret.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def analyze_study(orthanc: str, study: str) -> None:
    """Read a study into memory, analyse it, and send back what was made."""
    series = json.loads(ask(f"{orthanc}/studies/{study}/series"))
    instances = [
        one for s in series if s["MainDicomTags"].get("Modality") in IMAGES for one in s["Instances"]
    ]
    if not instances or str(RESULT) in json.loads(ask(f"{orthanc}/studies/{study}/attachments")):
        return
    files = [io.BytesIO(ask(f"{orthanc}/instances/{one}/file")) for one in instances]
    try:
        result = calciseg.analyze(files)
    except calciseg.CalcisegError as error:
        print(f"{study}: {error}", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in calciseg.write(result, folder, ("json", "seg", "sr")):
            if path.suffix == ".dcm":
                ask(f"{orthanc}/instances", path.read_bytes())
        document = (Path(folder) / "result.json").read_bytes()
    ask(f"{orthanc}/studies/{study}/attachments/{RESULT}", document, "PUT")


def analyze_changes(orthanc: str, since: int) -> int:
    """Analyse what became stable since a change, and return the number of the last change."""
    changes = json.loads(ask(f"{orthanc}/changes?since={since}&limit=100"))
    for change in changes["Changes"]:
        if change["ChangeType"] == "StableStudy":
            analyze_study(orthanc, change["ID"])
    return changes["Last"]


if __name__ == "__main__":
    last = 0
    while True:
        last = analyze_changes(sys.argv[1].rstrip("/"), last)
        time.sleep(2)
