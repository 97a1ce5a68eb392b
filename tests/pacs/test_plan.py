"""Numbers of a listener that can be none are refused before it opens a port."""

import math
from pathlib import Path
from typing import Any

import pytest

from calciseg import Settings
from calciseg.errors import UsageError
from calciseg.pacs.association import Limits
from calciseg.pacs.plan import ListenPlan
from calciseg.workers import Job


def plan(**numbers: Any) -> ListenPlan:
    job = Job(settings=Settings(), types=("json",))
    fields = {"memory_bytes": 1 << 30, **numbers}
    return ListenPlan(out=Path("out"), spool=Path("spool"), job=job, is_anybody_allowed=True, **fields)


@pytest.mark.parametrize("number", [-1, math.nan, math.inf, "1", None])
@pytest.mark.parametrize(
    "name",
    [
        "quiet_seconds", "most_spool_bytes", "most_object_bytes", "memory_bytes", "study_seconds",
        "least_free_bytes", "keep_hours", "grace_seconds", "n_workers",
    ],
)  # fmt: skip
def test_a_number_that_cannot_be(name: str, number: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name} must be"):
        plan(**{name: number})


def test_zero_where_it_means_something() -> None:
    plan(least_free_bytes=0, keep_hours=0, grace_seconds=0.0)
    for name in ("memory_bytes", "study_seconds", "quiet_seconds"):
        with pytest.raises(UsageError, match=f"^{name} must be more than zero"):
            plan(**{name: 0})
    with pytest.raises(UsageError, match=r"^n_associations must be at least 1"):
        plan(limits=Limits(n_associations=0))
