import json

from answers import Command

import calciseg
from calciseg.outputs.result_schema import result_json_schema


def test_people_see_version_settings_and_cache(command: Command) -> None:
    code, out, err = command("info")
    assert (code, err) == (0, "")
    for text in (calciseg.__version__, "Kernel cache", "JPEG-LS", "[candidates]", "grow_hu", "130", "HU"):
        assert text in out


def test_json(command: Command) -> None:
    document = json.loads(command("info", "--json").out)
    assert document["calciseg_version"] == calciseg.__version__
    assert document["settings"]["candidates"]["grow_hu"]["value"] == 130
    assert set(document["settings"]["candidates"]["grow_hu"]) == {"value", "unit", "reason", "source"}
    assert all(document["decoders"].values())
    assert "numpy" in document["versions"]
    assert "kernel_cache_folder" in document


def test_schema(command: Command) -> None:
    assert json.loads(command("info", "--schema", "result").out) == result_json_schema()
