import threading

import pytest

from calciseg.kernels._together import work_together


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_every_item_is_worked_on_once(n_threads):
    done = []
    work_together(done.append, range(50), n_threads)
    assert sorted(done) == list(range(50))
    if n_threads == 1:
        assert done == list(range(50))
    work_together(done.append, [], n_threads)
    assert len(done) == 50


def test_threads_work_side_by_side():
    both = threading.Barrier(2)
    work_together(lambda _: both.wait(timeout=60), range(2), 2)


def test_what_fails_elsewhere_is_raised_here():
    caller, both = threading.get_ident(), threading.Barrier(2)

    def fail_elsewhere(_):
        both.wait(timeout=60)
        if threading.get_ident() != caller:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work_together(fail_elsewhere, range(2), 2)
