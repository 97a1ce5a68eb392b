"""Soft-tissue calcifications in CT: found, measured, and placed in their tissue plane.

Research use only; not a medical device. The face is lazy: importing it compiles nothing and opens nothing.
"""

from importlib import import_module
from typing import Any

from calciseg._version import __version__

_HOME = {
    "CalcisegError": "calciseg.errors",
    "Settings": "calciseg.settings",
    "StudyFailure": "calciseg.batch",
    "StudyResult": "calciseg.model",
    "analyze": "calciseg.pipeline",
    "analyze_folder": "calciseg.batch",
    "classify": "calciseg.clinical",
    "inspect": "calciseg.reading",
    "measure": "calciseg.recompute",
    "read_result": "calciseg.recompute",
    "read_study": "calciseg.reading",
    "write": "calciseg.outputs",
}

__all__ = [
    "CalcisegError",
    "Settings",
    "StudyFailure",
    "StudyResult",
    "__version__",
    "analyze",
    "analyze_folder",
    "classify",
    "inspect",
    "measure",
    "read_result",
    "read_study",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'calciseg' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
