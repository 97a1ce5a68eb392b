"""``--events``: what happens in a batch, as JSON Lines, while it runs."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from typing import Any

from calciseg.errors import OutputError

__all__ = ["telling"]


@contextmanager
def telling(target: str | None) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Open where events go: a file, ``-`` for stderr, or None for nowhere.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with ExitStack() as stack:
        write = _writer(target, stack)

        def tell(name: str, fields: dict[str, Any]) -> None:
            if write is not None:
                event = {
                    "event": name,
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    **fields,
                }
                try:
                    write(json.dumps(event, ensure_ascii=False) + "\n")
                except OSError as error:
                    raise _output_error(str(target), error) from error

        yield tell


def _writer(target: str | None, stack: ExitStack) -> Callable[[str], object] | None:
    if target is None:
        return None
    if target == "-":
        return partial(print, end="", file=sys.stderr, flush=True)
    try:
        # Without a buffer: what a full disk does not take must not be tried again at the end.
        file = stack.enter_context(FileIO(target, "ab"))
        return lambda text: file.write(text.encode())
    except OSError as error:
        raise _output_error(target, error) from error


def _output_error(target: str, error: OSError) -> OutputError:
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(
        f"events cannot be written to {target} ({reason}); choose another file and run again to go on"
    )
