"""Lesions and other pieces of work that do not need each other, on all processors at once."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

from calciseg.kernels.threads import n_threads_allowed, shares_of_threads, threads_at_most

__all__ = ["both", "meanwhile", "side_by_side"]

Item = TypeVar("Item")
First = TypeVar("First")
Second = TypeVar("Second")
Result = TypeVar("Result")


def side_by_side(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    weigh: Callable[[Item], float] | None = None,
    told: Callable[[int], None] = lambda _n_done: None,
) -> list[Result]:
    """Call a task with every item, on as many threads as the caller may use, each item on one of them.

    Parameters
    ----------
    task : callable
        Lets go of the interpreter for most of its time, or little is won.
    items : sequence
    weigh : callable, optional
        How much work an item is: the largest are begun first, so that no thread is left with one at the end.
    told : callable
        Called in the caller's thread with how many results there are, before each is waited for. What it
        raises drops the items that were not begun.

    Returns
    -------
    list
        Results in the order of the items, whichever thread was quicker.
    """

    def alone(item: Item) -> Result:
        with threads_at_most(1):
            return task(item)

    order = list(range(len(items)))
    if weigh is not None:
        weights = [weigh(item) for item in items]
        order.sort(key=lambda n: -weights[n])
    pool = ThreadPoolExecutor(n_threads_allowed())
    try:
        pending = {n: pool.submit(alone, items[n]) for n in order}
        results = []
        for n in range(len(items)):
            told(n)
            results.append(pending[n].result())
        return results
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def meanwhile(task: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Do a task beside what the caller does in the body, each with a share of the threads allowed.

    Parameters
    ----------
    task : callable
        Needs nothing of what the body does.

    Yields
    ------
    callable
        Waits for the task and returns its result; with one thread the task is done only then.
    """
    if n_threads_allowed() == 1:
        yield cache(task)
        return
    own, other = shares_of_threads()

    def aside() -> Result:
        with threads_at_most(other):
            return task()

    with ThreadPoolExecutor(1) as pool, threads_at_most(own):
        yield pool.submit(aside).result


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Call two functions that do not need each other, the second in another thread if there may be one.

    Parameters
    ----------
    first, second : callable
        Each with a share of the threads allowed.

    Returns
    -------
    tuple
        What both returned.
    """
    with meanwhile(second) as other:
        return first(), other()
