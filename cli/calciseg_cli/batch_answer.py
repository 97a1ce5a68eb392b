"""What ``calciseg batch`` says at its end: what was done, and the failures by their reasons."""

import json
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from calciseg.arguments import one_of
from calciseg.batch import Existing
from calciseg.errors import UsageError
from calciseg.outputs.figures import counted
from calciseg_cli.outcome import ExitCode
from calciseg_cli.terminal import rendered

__all__ = ["Account", "existing_of", "shard_of"]

_SHOWN = 12
"""Reasons that are named; the table has them all."""
_VARYING = re.compile(r"(\d+(?:\.\d+)+|(?<![\w.])\d+(?![\w.]))")
"""UIDs and numbers."""


def existing_of(text: str) -> Existing:
    """Check the word for what to do about studies that are done."""
    one_of(text, get_args(Existing), "--existing")
    return cast(Existing, text)


def shard_of(text: str) -> tuple[int, int]:
    """Read ``I/N``."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    part, n_parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= n_parts:
        raise UsageError(f"--shard {text}: give it as 1/8, the first part of eight")
    return part, n_parts


@dataclass(slots=True)
class Account:
    """Counts what happens."""

    n_done: int = 0
    n_kept: int = 0
    n_tried_again: int = 0
    n_worked: int = 0
    """Studies that a worker has brought to an end: those refused at sight say nothing about the pace."""
    failures: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Code and reason by study."""
    running: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Folder of the results and time of the start, by study."""
    found: set[str] = field(default_factory=set)
    n_lesions: int = 0
    """Of all studies; of the images of one, which may show the same anatomy, one counts."""
    is_all_found: bool = False

    @property
    def n_found(self) -> int:
        """Studies found up to now, those that were done before included."""
        return len(self.found)

    @property
    def n_ended(self) -> int:
        """Studies that need no more work."""
        return self.n_done + self.n_kept + len(self.failures)

    def note(self, name: str, fields: dict[str, Any]) -> None:
        """Take an event into account."""
        uid = fields.get("study_instance_uid")
        if isinstance(uid, str):
            self.found.add(uid)
        if name == "started":
            self.running[str(uid)] = str(fields["folder"]), time.monotonic()
        elif name in ("done", "failed", "tried_again"):
            was_running = self.running.pop(str(uid), None) is not None
            self.n_worked += was_running and name != "tried_again"
        if name == "done":
            self.n_done += 1
            self.n_lesions += int(fields["n_lesions"])
        elif name == "kept_done":
            self.n_kept += 1
        elif name == "tried_again":
            self.n_tried_again += 1
        elif name in ("failed", "kept_failed"):
            self.failures[str(uid)] = (str(fields["code"]), str(fields["reason"]))
        elif name == "all_found":
            self.is_all_found = True

    def answer(self, *, is_json: bool) -> tuple[str, ExitCode]:
        """Return the text for stdout and the exit code."""
        code = ExitCode.SOME_FAILED if self.failures else ExitCode.DONE
        text = json.dumps(self._document(), ensure_ascii=False, indent=2) + "\n" if is_json else None
        return text or rendered(self._summary()), code

    def _document(self) -> dict[str, Any]:
        return {
            "n_studies": self.n_found,
            "n_done": self.n_done,
            "n_done_before": self.n_kept,
            "n_failed": len(self.failures),
            "n_lesions": self.n_lesions,
            "failures": [
                {"code": code, "reason": _common(reasons), "n": len(uids), "study_instance_uids": uids}
                for code, reasons, uids in self._grouped()
            ],
        }

    def _summary(self) -> RenderableType:
        counts = Text(f"{counted(self.n_found, 'study', 'studies')}: ", style="bold")
        counts.append(f"{self.n_done} done", style="not bold")
        if self.n_kept:
            counts.append(f", {self.n_kept} done before", style="not bold")
        if self.failures:
            counts.append(f", {len(self.failures)} failed", style="bold red")
        parts: list[RenderableType] = [counts]
        if self.failures:
            parts += [Text(), self._failure_table()]
        parts += [Text(), Text("Research use only — not a diagnosis.", style="dim")]
        return Group(*parts)

    def _failure_table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("Failed", justify="right")
        table.add_column("Why", ratio=1)
        groups = self._grouped()
        for _, reasons, uids in groups[:_SHOWN]:
            table.add_row(str(len(uids)), _common(reasons))
        if len(groups) > _SHOWN:
            table.add_row("", f"and {len(groups) - _SHOWN} more reasons; see studies.csv")
        return table

    def _grouped(self) -> list[tuple[str, list[str], list[str]]]:
        """Group failures whose reasons differ in UIDs and numbers only; the largest group first."""
        groups: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for uid, (code, reason) in sorted(self.failures.items()):
            groups[code, _general(reason)].append((reason, uid))
        ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
        return [(code, [one for one, _ in pairs], [uid for _, uid in pairs]) for (code, _), pairs in ordered]


def _common(reasons: list[str]) -> str:
    """Return what reasons of one group say, with dots for each UID or number in which they differ."""
    parts = zip(*map(_VARYING.split, reasons), strict=True)
    return "".join(same[0] if len(set(same)) == 1 else "…" for same in parts)


def _general(reason: str) -> str:
    """Leave out of a reason what differs from study to study."""
    return _VARYING.sub("…", reason)
