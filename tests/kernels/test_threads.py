import threading

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

    pools: list[int] = []
    real = _distance_request.ThreadPoolExecutor
    monkeypatch.setattr(_distance_request, "ThreadPoolExecutor", lambda n: (pools.append(n), real(n))[1])
    mask = np.zeros((40, 200, 200), np.bool_)
    mask[20, 100, 100] = True
    with threads_at_most(3):
        many = distance_mm(mask, (1.0, 1.0, 1.0))
    assert set(pools) == {3}
    pools.clear()
    with threads_at_most(1):
        one = distance_mm(mask, (1.0, 1.0, 1.0))
    assert pools == []
    assert np.array_equal(many, one)


def test_less_than_one_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"), threads_at_most(0):
        pass
