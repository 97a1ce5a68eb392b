import inspect
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import reference

import calciseg.kernels
from calciseg.kernels import _cache, cache_folder, connected_components, warmup

NOT_KERNELS = {"both", "cache_folder", "give_back", "meanwhile", "n_threads_allowed", "side_by_side"}
NOT_KERNELS |= {"sparse_zeros", "threads_at_most", "warmup"}


def test_every_public_kernel_has_a_slow_twin():
    public = {n for n in calciseg.kernels.__all__ if inspect.isfunction(getattr(calciseg.kernels, n))}
    twins = {name for name, _ in inspect.getmembers(reference, inspect.isfunction)}
    assert public - NOT_KERNELS
    assert public - NOT_KERNELS <= twins


def run(code, environment=None):
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_import_is_light():
    code = "import sys, calciseg.kernels as k; k.cache_folder(); print({'numba', 'numpy'} & set(sys.modules))"
    assert run(code) == "set()"


def test_warmup_compiles_into_the_folder_that_is_reported():
    warmup()
    from calciseg.kernels._sweep import sweep_slab

    folder = cache_folder()
    assert folder is not None
    assert Path(sweep_slab._cache.cache_path).is_relative_to(folder)
    known = list(sweep_slab.signatures)
    assert known
    connected_components(np.zeros((3, 4, 5), np.uint16), 1)
    assert sweep_slab.signatures == known


def test_without_any_folder_kernels_still_run(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(_cache, "_PACKAGE_CACHE", blocked / "package")
    monkeypatch.setattr(_cache, "user_cache_folder", lambda: blocked / "user")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert cache_folder() is None


def test_user_folder_is_second(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(_cache, "_PACKAGE_CACHE", blocked / "package")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    if sys.platform == "linux":
        assert cache_folder() == tmp_path / "cache" / "numba"


def test_users_folder_is_taken_and_logged_once_where_the_package_cannot_be_written(tmp_path):
    package = Path(calciseg.kernels.__file__).parents[1]
    for part in ("__init__.py", "errors.py", "_version.py"):
        (tmp_path / "site/calciseg").mkdir(parents=True, exist_ok=True)
        shutil.copy(package / part, tmp_path / "site/calciseg")
    leave_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package / "kernels", tmp_path / "site/calciseg/kernels", ignore=leave_out)
    (tmp_path / "site/calciseg/kernels/__pycache__").touch()  # a file: root may write into any folder
    code = (
        "import logging, sys\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')\n"
        "import numpy as np\n"
        "from calciseg.kernels import _holes, _union, _merge\n"
        "_merge.name_labels(np.zeros(2, np.uint32), 0, np.zeros(2, np.uint32))\n"
    )
    environment = {name: text for name, text in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(tmp_path / "site"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    said = run(code, environment)
    if sys.platform == "linux":
        assert said.splitlines() == [f"compiled kernels are kept in {tmp_path / 'cache/numba'}"]
        assert len(list((tmp_path / "cache/numba").rglob("_merge.name_labels*.nbi"))) == 1


def test_memory_only_is_logged_once_and_works():
    code = (
        "import logging, sys\n"
        "logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')\n"
        "from calciseg.kernels import _cache\n"
        "_cache._is_writable = lambda folder: False\n"
        "from calciseg.kernels._jit import kernel\n"
        "from calciseg.kernels import _union\n"
        "print(kernel(lambda x: x + 1)(1))"
    )
    assert run(code).splitlines() == [
        "compiled kernels are kept in memory only: no cache folder can be written",
        "2",
    ]


def test_names():
    assert dir(calciseg.kernels) == sorted(calciseg.kernels.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        calciseg.kernels.nothing  # noqa: B018
    assert logging.getLogger("calciseg.kernels._jit").handlers == []
