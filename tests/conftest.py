"""What all tests share."""

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from answers import Answer, Command

# The benchmarks are no part of the package. Behind what is installed: that is tested, also by processes that
# inherit the path, and not a second copy in the checkout that would compile all kernels once more.
sys.path.append(str(Path(__file__).parents[1]))

# In a fresh clone each of two processes would compile every kernel, and so would what they start: a minute in
# all. As halves, before any test begins, they are there for all when the tests are handed out.
_HALVES = {"gw0": "warm_components", "gw1": "warm_distances"}

# What is costly to make is made by one process and read by all: made_phantoms.py keeps it in this folder.
_MADE = "CALCISEG_MADE_FOR_TESTS"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# How long an example takes on a busy machine is no finding.
hypothesis.settings.register_profile("calciseg", parent=hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("calciseg")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Give a process tests that stand together: it makes what they share once. Idle ones take some over."""
    if config.getoption("numprocesses", None) and config.getoption("dist") == "no":
        config.option.dist = "worksteal"


def pytest_configure(config: pytest.Config) -> None:
    if not _is_worker(config):
        os.environ[_MADE] = tempfile.mkdtemp(prefix="calciseg-tests-")
        os.environ["PYTHONSAFEPATH"] = "1"  # nor do other processes look in the current folder first


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_worker(config):
        shutil.rmtree(os.environ.pop(_MADE), ignore_errors=True)


def pytest_sessionstart() -> None:
    """Compile half of the kernels in each of the first two processes, or load them."""
    half = _HALVES.get(os.environ.get("PYTEST_XDIST_WORKER", ""))
    if half is not None:
        getattr(importlib.import_module("calciseg.kernels.warm"), half)()


def _may_skip() -> bool:
    """On CI, where the real data is, every test runs: a skip there hides what nobody looked at."""
    return os.environ.get("CI") != "true" or not os.environ.get("CALCISEG_REAL_DATA")


def _failed_if_skipped(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and not _may_skip():
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and on CI nothing may skip: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _failed_if_skipped((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _failed_if_skipped((yield))


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process."""
    from calciseg_cli.main import app
    from calciseg_cli.outcome import run

    def ran(*arguments: object) -> Answer:
        code = run(app, [str(argument) for argument in arguments])
        return Answer(code, *capsys.readouterr())

    return ran


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]
