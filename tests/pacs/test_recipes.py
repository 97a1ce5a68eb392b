"""The recipes of the documentation are run, with the programs they are for."""

import json
import os
import subprocess
import sys
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from archive import ROOT_UID
from peers import Orthanc, dcmtk, free_port, n_stored, wait_until

import calciseg


@pytest.fixture
def recipes(repository: Path) -> Path:
    return repository / "docs" / "recipes"


def loaded(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_orthanc_script(recipes: Path, orthanc: Orthanc, study: Path) -> None:
    orthanc.upload(study)
    script = loaded(recipes / "orthanc_script.py")
    (entry,) = orthanc.get("/studies")
    url = f"/studies/{entry}/attachments/{script.RESULT}"
    since = 0

    def is_analysed() -> bool:
        nonlocal since
        since = script.analyze_changes(orthanc.url, since)
        return str(script.RESULT) in orthanc.get(f"/studies/{entry}/attachments")

    wait_until(is_analysed, 30)
    document = orthanc.get(f"{url}/data")
    assert document["study_instance_uid"] == f"{ROOT_UID}.1.1"
    assert document["images"][0]["lesions"]
    series = [orthanc.get(f"/series/{one}") for one in orthanc.get(f"/studies/{entry}")["Series"]]
    assert sorted(one["MainDicomTags"]["Modality"] for one in series) == ["CT", "SEG", "SR"]
    # What came back makes the study stable anew; it is not analysed again.
    made = document["created"]
    script.analyze_changes(orthanc.url, 0)
    assert orthanc.get(f"{url}/data")["created"] == made


@pytest.mark.slow
def test_store_handler(recipes: Path, study: Path) -> None:
    results: list[calciseg.StudyResult] = []
    ended = threading.Event()

    def take(result: calciseg.StudyResult) -> None:
        results.append(result)
        ended.set()

    port = free_port()
    server = loaded(recipes / "store_handler.py").start(port, take)
    try:
        sent = dcmtk("storescu", "-v", "-xe", "+sd", "-aec", "CALCISEG", "127.0.0.1", port, study)
        assert n_stored(sent) == len(list(study.iterdir())), sent.stderr
        assert ended.wait(60)
    finally:
        server.shutdown()
    (result,) = results
    assert repr(result.images[0].lesions) == repr(calciseg.analyze(study).images[0].lesions)


@pytest.mark.slow
def test_notebook(recipes: Path, repository: Path) -> None:
    notebook = json.loads((recipes / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(cells)],
        cwd=repository,
        capture_output=True,
        text=True,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "reading" not in done.stdout  # the study was read before
    assert "body → bone and exclusions → compartments → lesions" in done.stdout
    assert "pixels of the lesion" in done.stdout


@pytest.mark.slow
def test_mercure_module(recipes: Path, study: Path, tmp_path: Path) -> None:
    inbox, outbox = tmp_path / "in", tmp_path / "out"
    inbox.mkdir()
    outbox.mkdir()
    for n, path in enumerate(sorted(study.iterdir())):
        (inbox / f"{ROOT_UID}.2.1#{n}.dcm").write_bytes(path.read_bytes())
    case = {"clinical": {"age_years": 34, "sex": "F", "conditions": ["dermatomyositis"]}}
    process = {"module_name": "calciseg", "settings": {"case": case}}
    (inbox / "task.json").write_text(json.dumps({"id": "1", "process": [process]}))
    (tmp_path / "older.json").write_text(json.dumps({"id": "1", "process": process}))
    assert loaded(recipes / "mercure_module.py").settings_of(tmp_path / "older.json") == {"case": case}
    folders = {"MERCURE_IN_DIR": str(inbox), "MERCURE_OUT_DIR": str(outbox)}
    command = [sys.executable, recipes / "mercure_module.py"]
    done = subprocess.run(command, env={**os.environ, **folders}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    document = json.loads((outbox / "result.json").read_text())
    assert {path.name for path in outbox.iterdir()} == {"result.json", "seg-1.dcm", "sr-1.dcm"}
    n_lesions = document["images"][0]["totals"]["n_lesions"]
    assert n_lesions > 0
    assert document["classification"] is not None
    notification = document["__mercure_notification"]
    assert notification["requested"] is True
    assert str(n_lesions) in notification["text"]
    for path in inbox.glob("*.dcm"):
        path.unlink()
    failed = subprocess.run(command, env={**os.environ, **folders}, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
