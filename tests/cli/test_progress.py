import io
import sys

import pytest
from calciseg_cli.progress import shown_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, **how: bool) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_progress(**{"is_quiet": False, "is_verbose": False, **how}) as report:
        if report is not None:
            report("reading", 1, 2)
            report("reading", 2, 2)
            report("measuring", 1, 1)
    return stream.getvalue()


def test_nothing_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO()) == ""


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "measuring" in shown(monkeypatch, Terminal())


def test_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, Terminal(), is_quiet=True) == ""


def test_verbose_logs_each_stage_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, Terminal(), is_verbose=True)
    assert text == "calciseg: reading\ncalciseg: measuring\n"
