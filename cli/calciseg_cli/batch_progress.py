"""Progress of a batch on stderr: a line that changes on a terminal, else a quiet line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from calciseg.batch import StudyFailure
from calciseg_cli.batch_answer import Account

__all__ = ["Show", "ShowFailure", "shown_batch"]

Show = Callable[[str, dict[str, Any], Account], None]
"""Takes the name of an event, its fields, and the account up to it."""

ShowFailure = Callable[[StudyFailure], None]
"""Takes a study that failed; stderr may name its path."""

_SECONDS_BETWEEN_LINES = 30.0
_RUNNING_SHOWN = 4


@contextmanager
def shown_batch(*, is_quiet: bool, is_verbose: bool) -> Iterator[tuple[Show, ShowFailure]]:
    """Show progress while the body runs."""
    if is_quiet:
        yield lambda _name, _fields, _account: None, lambda _failure: None
    elif sys.stderr.isatty() and not is_verbose:
        with _bar() as shows:
            yield shows
    else:
        yield _lines(is_verbose=is_verbose), lambda failure: _say(_failed(failure))


def _lines(*, is_verbose: bool) -> Show:
    clock = _Clock()

    def show(name: str, fields: dict[str, Any], account: Account) -> None:
        if name == "tried_again" or (is_verbose and name in ("started", "done")):
            _say(f"{name.replace('_', ' ')} {fields['study_instance_uid']} {fields.get('reason') or ''}")
        if name == "finished" or clock.is_due():
            _say(_state(account, clock))

    return show


@contextmanager
def _bar() -> Iterator[tuple[Show, ShowFailure]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task
    from rich.text import Text

    clock = _Clock()

    class State(ProgressColumn):
        """Drawn anew several times a second, also while nothing happens: the time goes on."""

        def render(self, task: Task) -> Text:
            account = task.fields["account"]
            return Text("looking for studies" if account is None else _state(account, clock))

    columns = (BarColumn(bar_width=24), State())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=None, account=None)

        def show(_name: str, _fields: dict[str, Any], account: Account) -> None:
            total = account.n_found if account.is_all_found else None
            bar.update(task, account=account, completed=account.n_ended, total=total)

        yield show, lambda failure: bar.console.print(_failed(failure), markup=False, highlight=False)


def _failed(failure: StudyFailure) -> str:
    return f"failed {failure.study_instance_uid}: {failure.reason_with_paths}"


class _Clock:
    def __init__(self) -> None:
        self._begun = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def is_due(self) -> bool:
        if time.monotonic() - self._last < _SECONDS_BETWEEN_LINES:
            return False
        self._last = time.monotonic()
        return True


def _state(account: Account, clock: _Clock) -> str:
    """Say in one line how far the batch is: done, failed, left, rate, time to go, what runs."""
    n_left = account.n_found - account.n_ended
    n_worked = account.n_worked
    per_hour = 3600 * n_worked / clock.seconds if clock.seconds else 0.0
    more = "" if account.is_all_found else " and looking for more"
    parts = [
        f"{account.n_done + account.n_kept} done",
        f"{len(account.failures)} failed",
        f"{n_left} left{more}",
    ]
    if n_worked:
        parts.append(f"{per_hour:.0f} an hour")
    if n_worked and n_left and account.is_all_found:
        parts.append(f"{_span(n_left * clock.seconds / n_worked)} to go")
    # At once, for the batch goes on while this is drawn.
    running = sorted(account.running.values(), key=itemgetter(1))
    if running:
        now = time.monotonic()
        studies = [f"{folder[:8]} {_span(now - begun)}" for folder, begun in running[:_RUNNING_SHOWN]]
        more = f" and {len(running) - _RUNNING_SHOWN} more" if len(running) > _RUNNING_SHOWN else ""
        parts.append(f"now {', '.join(studies)}{more}")
    return ", ".join(parts)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _say(text: str) -> None:
    print(f"calciseg: {text.rstrip()}", file=sys.stderr)  # noqa: T201
