import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from answers import Command

CALL = "import sys; from calciseg_cli.main import main; sys.exit(main())"


def test_says_how_long_it_took(command: Command) -> None:
    code, out, err = command("warmup")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"kernels are compiled \(\d+\.\d s\)\n", out)


@pytest.mark.slow
def test_fills_the_folder_that_info_names(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def ran(*arguments: str) -> str:
        program = [sys.executable, "-c", CALL, *arguments]
        return subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout

    def kept() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*.nb?")}

    assert ran("warmup").startswith("kernels are compiled (")
    assert json.loads(ran("info", "--json"))["kernel_cache_folder"] == str(tmp_path)
    first = kept()
    names = {path.name.partition(".")[0] for path in first}
    assert {"_sweep", "_merge", "_geometry", "_paint", "_distance", "_holes", "_tube"} <= names
    ran("warmup")
    assert kept() == first  # nothing was compiled again
