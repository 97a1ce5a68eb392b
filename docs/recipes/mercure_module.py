"""A processing module of mercure: what its container runs.

mercure puts the files of a series or study into ``MERCURE_IN_DIR`` as ``<series UID>#<file UID>.dcm`` beside
a ``task.json``; it routes the DICOM files of ``MERCURE_OUT_DIR`` and archives ``result.json`` from there. The
module's settings may hold ``{"output_types": ["json", "seg", "sr"], "case": {...}}``.
"""

import json
import os
import sys
from pathlib import Path

import calciseg


def settings_of(task: Path) -> dict[str, object]:
    """Read the module's settings from ``task.json``."""
    process = json.loads(task.read_text(encoding="utf-8")).get("process") or {}
    module = process[0] if isinstance(process, list) else process
    return module.get("settings") or {}


def main() -> int:
    """Analyse what mercure has put into its folder; the exit code tells it whether that went well."""
    inbox, outbox = Path(os.environ["MERCURE_IN_DIR"]), Path(os.environ["MERCURE_OUT_DIR"])
    task = inbox / "task.json"
    settings = settings_of(task) if task.exists() else {}
    types = tuple(settings.get("output_types") or ("json", "seg", "sr"))
    try:
        result = calciseg.analyze(sorted(inbox.glob("*.dcm")), context=settings.get("case"))
        calciseg.write(result, outbox, types)
    except calciseg.CalcisegError as error:
        print(error, file=sys.stderr)
        return 2
    path = outbox / "result.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    counts = [image["totals"]["n_lesions"] for image in document["images"] if image["totals"]]
    text = (
        f"calciseg, research use only: calcifications found: {', '.join(map(str, counts)) or 'not measured'}"
    )
    document["__mercure_notification"] = {"text": text, "requested": any(counts)}
    path.write_text(json.dumps(document), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
