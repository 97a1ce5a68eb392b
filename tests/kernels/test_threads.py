import threading
from typing import Any

import numpy as np
import pytest

from calciseg.errors import UsageError
from calciseg.kernels import distance_mm, n_threads_allowed, threads_at_most


def test_limit_holds_in_its_body_and_its_thread_only() -> None:
    before = n_threads_allowed()
    seen: list[int] = []
    with threads_at_most(before + 3):
        other = threading.Thread(target=lambda: seen.append(n_threads_allowed()))
        other.start()
        other.join()
        with threads_at_most(1):
            assert n_threads_allowed() == 1
        assert n_threads_allowed() == before + 3
    assert n_threads_allowed() == before
    assert seen == [before]


def test_limit_reaches_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    from calciseg.kernels import _distance_request

    crews: list[int] = []
    real = _distance_request.work_together

    def counted(task: Any, items: Any, n_threads: int) -> None:
        crews.append(n_threads)
        real(task, items, n_threads)

    monkeypatch.setattr(_distance_request, "work_together", counted)
    mask = np.zeros((40, 200, 200), np.bool_)
    mask[20, 100, 100] = True
    with threads_at_most(3):
        many = distance_mm(mask, (1.0, 1.0, 1.0))
    assert set(crews) == {3}
    crews.clear()
    with threads_at_most(1):
        one = distance_mm(mask, (1.0, 1.0, 1.0))
    assert crews == []
    assert np.array_equal(many, one)


def test_less_than_one_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"), threads_at_most(0):
        pass
