"""Work side by side comes back in order, on one thread an item, and stops with its caller."""

import threading

import pytest

from calciseg.kernels import both, meanwhile, n_threads_allowed, side_by_side, threads_at_most


@pytest.mark.parametrize("n_threads", [1, 3])
def test_results_are_in_the_order_of_the_items(n_threads):
    told = []
    with threads_at_most(n_threads):
        results = side_by_side(lambda n: (n, n_threads_allowed()), range(9), weigh=float, told=told.append)
    assert results == [(n, 1) for n in range(9)]
    assert told == list(range(9))


def test_no_more_threads_than_the_caller_may_use():
    with threads_at_most(2):
        names = side_by_side(lambda _: threading.get_ident(), range(50))
    assert len(set(names)) <= 2


def test_what_the_caller_raises_drops_what_was_not_begun():
    done = []

    def stop(n_done):
        if n_done == 1:
            raise KeyboardInterrupt

    with threads_at_most(1), pytest.raises(KeyboardInterrupt):
        side_by_side(lambda n: done.append(n) or threading.Event().wait(0.01), range(100), told=stop)
    assert len(done) < 100


def test_what_an_item_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda n: 1 // n, [1, 0, 2])


@pytest.mark.parametrize("n_threads", [1, 2, 5, None])
def test_a_task_is_done_once_beside_another(n_threads):
    done = []
    with threads_at_most(n_threads), meanwhile(lambda: done.append(n_threads_allowed()) or "told") as told:
        own = n_threads_allowed()
        assert told() == told() == "told"
    assert len(done) == 1
    assert n_threads is None or n_threads == 1 or own + done[0] == n_threads


def test_what_a_task_raises_comes_when_it_is_asked():
    with threads_at_most(2), pytest.raises(ZeroDivisionError), meanwhile(lambda: 1 // 0) as told:
        told()


@pytest.mark.parametrize(("n_threads", "shares"), [(1, (1, 1)), (2, (1, 1)), (5, (3, 2))])
def test_both_share_what_is_allowed(n_threads, shares):
    with threads_at_most(n_threads):
        assert both(n_threads_allowed, n_threads_allowed) == shares


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_either_raises_is_raised(n_threads):
    for pair in ((lambda: 1 // 0, int), (int, lambda: 1 // 0)):
        with threads_at_most(n_threads), pytest.raises(ZeroDivisionError):
            both(*pair)
