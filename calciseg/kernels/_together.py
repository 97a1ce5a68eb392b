"""Work shared among threads, the caller's own among them."""

import _thread
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")


def work_together(task: Callable[[Item], object], items: Iterable[Item], n_threads: int) -> None:
    """Call `task` with every item, in this thread and ``n_threads - 1`` others; each takes the next item.

    The caller does not wait for a pool to start: it works while the others wake up, which on a volume of CT
    is a twentieth of the time.

    Parameters
    ----------
    task : callable
        Lets go of the GIL, or nothing is won.
    items : iterable
        What to call it with.
    n_threads : int
        With 1 the items are taken in their order.
    """
    waiting = deque(items)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while waiting and not failures:
                try:
                    item = waiting.popleft()
                except IndexError:  # another thread was quicker
                    return
                task(item)
        except BaseException as error:
            failures.append(error)

    def help_out(done: Any) -> None:
        work()
        done.release()

    # threading.Thread would wait here until the other thread has started.
    pending = [_thread.allocate_lock() for _ in range(min(n_threads, len(waiting)) - 1)]
    for done in pending:
        done.acquire()
        _thread.start_new_thread(help_out, (done,))
    work()
    for done in pending:
        done.acquire()
    if failures:
        raise failures[0]
