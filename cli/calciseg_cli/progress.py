"""Progress on stderr: a bar on a terminal, a line a stage with ``-v``, else nothing."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Report", "shown_progress"]

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
    # Warnings of other libraries quote headers, and exit 2 is one line: they are shown to nobody.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").addHandler(logging.NullHandler())
    logging.getLogger("py.warnings").propagate = False
    level = logging.ERROR if is_quiet else logging.INFO if is_verbose else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="calciseg: %(message)s")
    if is_quiet:
        yield None
    elif is_verbose:
        yield _logged()
    elif sys.stderr.isatty():
        with _bar() as report:
            yield report
    else:
        yield None


def _logged() -> Report:
    seen: set[str] = set()
    log = logging.getLogger("calciseg_cli")

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
