"""How much memory there is to use, and how much a study is expected to need."""

from pathlib import Path

import psutil

from calciseg.workers.task import Task

__all__ = ["expected_bytes", "memory_allowed", "memory_there_is"]

_SHARE_OF_MEMORY = 0.8
_OF_ALL = 400 << 20
"""Imports, kernels and what an allocator keeps."""
_OF_A_VOXEL = 30
"""At the peak of a CT chain; 12 to 40 were seen, the more the smaller the study."""
_OF_A_FILM_PIXEL = 600
"""At the peak of a radiograph's chain; 360 to 600 were seen."""
_CGROUPS = Path("/proc/self/cgroup")
_CONTROLLERS = Path("/sys/fs/cgroup")


def memory_allowed() -> int:
    """Return the bytes that all workers may use together unless told otherwise."""
    return int(_SHARE_OF_MEMORY * memory_there_is())


def memory_there_is(cgroups: Path = _CGROUPS, controllers: Path = _CONTROLLERS) -> int:
    """Return the bytes of the machine, or of what a container, a service or a job of a cluster may use.

    Parameters
    ----------
    cgroups : Path
        Says in which control groups this process is.
    controllers : Path
        Where their limits are.
    """
    try:
        lines = cgroups.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        lines = []
    limits = [psutil.virtual_memory().total]
    for line in lines:
        _, names, group = line.split(":", 2)
        if not names:
            limits += _limits(controllers, group, "memory.max")
        elif "memory" in names.split(","):
            limits += _limits(controllers / "memory", group, "memory.limit_in_bytes")
    return min(limits)


def _limits(controller: Path, group: str, name: str) -> list[int]:
    """Return the limits of a group and of all that it is in; inside a container only the last may show."""
    inner = controller / group.lstrip("/")
    found = []
    for folder in (inner, *inner.parents):
        try:
            text = (folder / name).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            text = "max"
        found += [int(text)] if text.isdigit() else []
        if folder == controller:
            break
    return found


def expected_bytes(task: Task) -> int:
    """Return the memory that a study is expected to need at its peak; its images are analysed in turn."""
    return _OF_ALL + max(_OF_A_VOXEL * task.n_voxels, _OF_A_FILM_PIXEL * task.n_film_pixels)
