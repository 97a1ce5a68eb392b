"""Two things at once, where a film allows it: its filters let go of the interpreter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from calciseg.kernels import n_threads_allowed

__all__ = ["both"]

First = TypeVar("First")
Second = TypeVar("Second")


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Call two functions that do not need each other, the second in another thread if there may be one.

    Parameters
    ----------
    first, second : callable
        Under the limit of threads that the caller is under; it changes no byte.

    Returns
    -------
    tuple
        What both returned.
    """
    if n_threads_allowed() == 1:
        return first(), second()
    context = copy_context()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(context.run, second)
        return first(), other.result()
