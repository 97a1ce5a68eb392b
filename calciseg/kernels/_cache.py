"""Where compiled kernels are kept. Knows no numba, so that ``calciseg info`` answers without importing it."""

import os
import sys
import tempfile
from pathlib import Path

_PACKAGE_CACHE = Path(__file__).parent / "__pycache__"


def cache_folder() -> Path | None:
    """Return the folder that keeps compiled kernels, or None when they live only as long as the process.

    The same order as numba's own: ``NUMBA_CACHE_DIR`` when set, the package's ``__pycache__``, the user's
    cache folder. The first that can be written wins. A folder that is missing is made by the question, as
    numba would make it a moment later.

    Returns
    -------
    pathlib.Path or None
        An existing, writable folder. Below the user's cache numba adds a folder per package location.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    candidates = [Path(chosen)] if chosen else [_PACKAGE_CACHE, user_cache_folder()]
    return next((folder for folder in candidates if _is_writable(folder)), None)


def is_package_cache(folder: Path | None) -> bool:
    """Say whether ``folder`` is the package's own ``__pycache__``, the normal case."""
    return folder == _PACKAGE_CACHE


def user_cache_folder() -> Path:
    """Return numba's folder in the user's cache (``XDG_CACHE_HOME`` on Linux)."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", str(Path("~/AppData/Local").expanduser()))
        return Path(local) / "numba" / "Cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/numba").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "numba"


def _is_writable(folder: Path) -> bool:
    """Try it: permission bits say nothing about read-only mounts, and root may write everywhere."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):
        return False
