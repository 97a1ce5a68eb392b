"""From rich's tables to text that fits where it is shown."""

import io
import shutil
import sys

from rich.console import Console, RenderableType

__all__ = ["is_wide", "rendered"]

_WIDE = 118
"""Columns from which a table can write its words out."""
_WIDEST = 140
"""Lines longer than this are hard to follow by eye."""


def width() -> int:
    """Return the columns to use: those of the terminal, ``COLUMNS``, or 80."""
    return min(shutil.get_terminal_size(fallback=(80, 24)).columns, _WIDEST)


def is_wide() -> bool:
    """Whether there is room to write words out."""
    return width() >= _WIDE


def rendered(content: RenderableType) -> str:
    """Render for stdout: coloured on a terminal unless ``NO_COLOR`` is set, plain elsewhere."""
    # Rendered aside and printed in one place, so that a closed pipe is handled there once for all commands.
    page = io.StringIO()
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console(
        file=page, width=width(), force_terminal=True if is_terminal else None, highlight=False, emoji=False
    )
    console.print(content)
    text = page.getvalue()
    if is_terminal:
        return text
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
