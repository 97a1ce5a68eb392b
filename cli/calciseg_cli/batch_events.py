"""``--events``: what happens in a batch, as JSON Lines, while it runs."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

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
        stream = _stream(target, stack)

        def tell(name: str, fields: dict[str, Any]) -> None:
            if stream is not None:
                event = {
                    "event": name,
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    **fields,
                }
                stream.write(json.dumps(event, ensure_ascii=False) + "\n")
                stream.flush()

        yield tell


def _stream(target: str | None, stack: ExitStack) -> TextIO | None:
    if target is None:
        return None
    if target == "-":
        return sys.stderr
    try:
        return stack.enter_context(Path(target).open("a", encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"{target}: cannot be written ({reason}); choose another file") from error
