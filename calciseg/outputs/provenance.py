"""What made a result: versions, and nothing that differs between two runs on one machine."""

import platform
from importlib.metadata import version

from calciseg._version import __version__

__all__ = ["LIBRARIES", "provenance"]

LIBRARIES = (
    "numpy",
    "numba",
    "scipy",
    "scikit-image",
    "SimpleITK",
    "pydicom",
    "pylibjpeg",
    "pylibjpeg-openjpeg",
    "pylibjpeg-rle",
    "pyjpegls",
    "imagecodecs",
)
"""The libraries that shape figures: arithmetic and the decoders of pixels."""


def provenance() -> dict[str, str]:
    """Return the versions of calciseg, Python and the libraries that shape figures."""
    versions = {name: version(name) for name in LIBRARIES}
    return {"calciseg": __version__, "python": platform.python_version(), **versions}
