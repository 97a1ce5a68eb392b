"""The collector rests while results are written, and runs again afterwards, whatever happens."""

import gc

import pytest

from calciseg.outputs.collector import paused_collector


def test_it_rests_inside_and_runs_again():
    with paused_collector():
        assert not gc.isenabled()
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_runs_again_after_an_error():
    with pytest.raises(OSError, match="full"), paused_collector():
        raise OSError("full")
    assert gc.isenabled()


def test_who_had_paused_it_already_finds_it_paused():
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
