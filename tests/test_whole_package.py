"""What the package promises as a whole: quick to import, typed, cleanly built, nothing odd in the tree."""

import ast
import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import calciseg
from calciseg.settings import Settings

# Written so that these lines do not find themselves.
_MUST_NOT_STAND_HERE = re.compile(
    r"(^|[^A-Za-z0-9_.])/(wor[k]|far[m]|roo[t]|hom[e]|User[s])/"
    r"|pythonhoste[d]|registry\.npmj[s]|deb\.debia[n]|pypi\.or[g]",
    re.MULTILINE,
)
_MAX_BYTES = 2_000_000


@pytest.fixture(scope="module")
def shipped(repository: Path) -> list[Path]:
    """Every file of the project that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, check=True, capture_output=True, text=True
    )
    paths = [repository / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_import_is_lazy() -> None:
    code = "import sys, json, calciseg; dir(calciseg); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    heavy = {
        "numpy",
        "scipy",
        "skimage",
        "numba",
        "pydicom",
        "pydantic",
        "SimpleITK",
        "PIL",
        "jinja2",
        "rich",
    }
    assert "calciseg" in loaded
    assert not heavy & loaded


def test_the_face_is_typed_as_it_is() -> None:
    stub = ast.parse(Path(calciseg.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(typed) == set(calciseg.__all__) == set(dir(calciseg))
    for name, (module, attribute) in typed.items():
        assert module is not None
        assert getattr(calciseg, name) is getattr(importlib.import_module(module), attribute)


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        calciseg.nothing  # noqa: B018


def test_version() -> None:
    assert importlib.metadata.version("calciseg") == calciseg.__version__


def test_boundaries_hold(repository: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_says_what_it_is() -> None:
    rows = list(_fields(Settings))
    assert len(rows) > 20
    for name, field in rows:
        extra = field.json_schema_extra
        assert isinstance(extra, dict), name
        assert field.description, name
        assert extra.get("unit"), name
        assert extra.get("source"), name


def _fields(group: type[BaseModel]) -> Iterator[tuple[str, object]]:
    for name, field in group.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation)
        else:
            yield f"{group.__name__}.{name}", field


def test_no_path_of_a_machine_and_no_registry(shipped: list[Path]) -> None:
    found = [
        f"{path.name}: {match.group()}"
        for path in shipped
        if (match := _MUST_NOT_STAND_HERE.search(path.read_bytes().decode("utf-8", errors="replace")))
    ]
    assert found == []


def test_no_large_file(shipped: list[Path]) -> None:
    assert [path.name for path in shipped if path.stat().st_size > _MAX_BYTES] == []


def test_wheel_holds_the_two_packages_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"calciseg-{calciseg.__version__}.dist-info/METADATA").decode()
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"calciseg", "calciseg_cli", f"calciseg-{calciseg.__version__}.dist-info"}
    assert {"calciseg/py.typed", "calciseg/__init__.pyi"} <= set(names)
    assert any(name.endswith("NOTICE") for name in names)
    # A template or a table that git ships and the wheel forgets shows only after installing.
    kept = {
        path.relative_to(repository).as_posix()
        for kind in ("jinja", "toml", "js", "json", "txt")
        for path in (repository / "calciseg").rglob(f"*.{kind}")
    }
    assert len(kept) > 10
    assert kept <= set(names)
    assert "License-Expression: Apache-2.0" in metadata
