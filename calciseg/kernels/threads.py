"""How many threads the kernels may use where a call does not say it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from calciseg.arguments import threads_of

__all__ = ["n_threads_allowed", "shares_of_threads", "threads_at_most"]

_most: ContextVar[int | None] = ContextVar("most_threads", default=None)


@contextmanager
def threads_at_most(n_threads: int | None) -> Iterator[None]:
    """Limit the threads of all kernels called in the body, by this thread of the caller.

    A limit changes no byte of any result, so it need not travel through every function as an argument.

    Parameters
    ----------
    n_threads : int or None
        None: no limit.

    Raises
    ------
    UsageError
        If it is no whole number from 1.
    """
    before = _most.set(threads_of(n_threads))
    try:
        yield
    finally:
        _most.reset(before)


def n_threads_allowed() -> int:
    """Return the limit, or how many processors this process may use."""
    limit = _most.get()
    if limit is not None:
        return limit
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def shares_of_threads() -> tuple[int | None, int | None]:
    """Share out the limit between two that work at the same time; None, as much as there is, without one."""
    limit = _most.get()
    return (None, None) if limit is None else (limit - limit // 2, max(1, limit // 2))
