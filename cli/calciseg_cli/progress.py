"""Progress on stderr: a bar on a terminal, a line a stage with ``-v``, else nothing."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Report", "shown_log", "shown_progress"]

Report = Callable[[str, int, int], None]
"""Takes the name of a stage, how much of it is done, and its total."""


@contextmanager
def shown_progress(*, is_quiet: bool, is_verbose: bool) -> Iterator[Report | None]:
    """Show progress while the body runs.

    Parameters
    ----------
    is_quiet : bool
        Show nothing.
    is_verbose : bool
        Show log lines, one for each stage among them, in place of a bar.

    Yields
    ------
    callable or None
        To be called with stage, done and total.
    """
    level = logging.ERROR if is_quiet else logging.INFO if is_verbose else logging.WARNING
    with _own_log_lines(level):
        if is_verbose and not is_quiet:
            yield _logged()
        elif not is_quiet and sys.stderr.isatty():
            with _bar() as report:
                yield report
        else:
            yield None


@contextmanager
def shown_log(*, is_quiet: bool) -> Iterator[None]:
    """Show what a service logs, with its time, while the body runs."""
    level = logging.WARNING if is_quiet else logging.INFO
    with _own_log_lines(level, "%(asctime)s %(levelname)s %(message)s"):
        yield


@contextmanager
def _own_log_lines(level: int, line: str = "calciseg: %(message)s") -> Iterator[None]:
    """Send calciseg's log to stderr, and that of other libraries nowhere: their warnings quote headers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(line))
    handler.setLevel(level)
    handler.addFilter(logging.Filter("calciseg"))
    root, own = logging.getLogger(), logging.getLogger("calciseg")
    level_before = own.level
    root.addHandler(handler)
    own.setLevel(level)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        own.setLevel(level_before)
        root.removeHandler(handler)


def _logged() -> Report:
    seen: set[str] = set()
    log = logging.getLogger("calciseg.stages")

    def report(stage: str, _n_done: int, _n_total: int) -> None:
        if stage not in seen:
            seen.add(stage)
            log.info("%s", stage)

    return report


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(stage: str, n_done: int, n_total: int) -> None:
            bar.update(task, description=stage, completed=n_done, total=n_total)

        yield report
