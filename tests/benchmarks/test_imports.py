"""What the benchmarks read of the package and of the tests is there: nothing else imports most of them."""

import ast
import importlib
from pathlib import Path

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_OURS = ("calciseg", "calciseg_cli", "tests")


def read_of_ours(path):
    """Yield the module and the name of each ``from module import name`` of our own packages."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _OURS:
            yield from ((node.module, one.name) for one in node.names)


@pytest.mark.parametrize("path", sorted(_BENCHMARKS.rglob("*.py")), ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_ours_is_there(path):
    for module, name in read_of_ours(path):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}"), f"{module} has no {name}"
