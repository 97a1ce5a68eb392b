"""What of the machine may be used: all of it, or what a container or a job was given."""

from dataclasses import replace
from pathlib import Path

import psutil

from calciseg.workers.memory import expected_bytes, memory_allowed, memory_there_is
from calciseg.workers.task import Task

TASK = Task(study_instance_uid="1.2", paths=(), stage="", folder="", n_voxels=0, n_film_pixels=0, wanted="")


def there_is(folder: Path, groups: str, **limits: str) -> int:
    (folder / "cgroup").write_text(groups)
    for place, text in limits.items():
        path = folder / "fs" / place.replace("__", "/").replace("_", ".", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return memory_there_is(folder / "cgroup", folder / "fs")


def test_the_smallest_limit_of_a_group_and_those_above_it(tmp_path: Path) -> None:
    limits = {"system__memory_max": "3000000\n", "system__calciseg__memory_max": "max\n"}
    assert there_is(tmp_path, "0::/system/calciseg\n", **limits) == 3_000_000


def test_older_groups_name_their_controllers(tmp_path: Path) -> None:
    folder = tmp_path / "fs" / "memory"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text("5000000\n")
    # In a container the group has a name that only the machine outside knows.
    assert there_is(tmp_path, "3:cpu,cpuacct:/\n4:memory:/docker/0123\n0::/\n") == 5_000_000


def test_no_limit_is_the_machine(tmp_path: Path) -> None:
    machine = psutil.virtual_memory().total
    assert memory_there_is(tmp_path / "none", tmp_path) == machine
    assert there_is(tmp_path, "0::/\n", memory_max="max\n") == machine
    assert memory_allowed() <= machine


def test_images_are_analysed_in_turn() -> None:
    both = replace(TASK, n_voxels=100_000_000, n_film_pixels=4_000_000)
    assert expected_bytes(both) == expected_bytes(replace(both, n_film_pixels=0))
    assert expected_bytes(replace(both, n_voxels=0)) > expected_bytes(TASK)
