"""``queue.sqlite``: what became of each received study. The objects themselves say what there is to do."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from calciseg.errors import OutputError, UsageError

__all__ = ["Queue", "QueueRow", "QueueState"]

QueueState = Literal["running", "sending", "done", "failed"]

_SCHEMA_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS study (
    folder TEXT PRIMARY KEY,      -- of its objects and of its results
    study_instance_uid TEXT NOT NULL,
    state TEXT NOT NULL,          -- running, sending, done or failed
    code TEXT,                    -- why it failed, for programs
    reason TEXT,                  -- why it failed, for people; no path in it
    attempts INTEGER NOT NULL DEFAULT 0,
    made_from TEXT,               -- hash of the objects it was analysed from
    objects TEXT NOT NULL DEFAULT '[]',  -- their names, JSON
    sendings INTEGER NOT NULL DEFAULT 0, -- failed ones, in a row
    send_after REAL NOT NULL DEFAULT 0,
    changed REAL NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A study as the queue knows it."""

    folder: str
    study_instance_uid: str
    state: QueueState
    code: str | None
    reason: str | None
    attempts: int
    made_from: str | None
    objects: str
    sendings: int
    send_after: float
    changed: float

    @property
    def names(self) -> frozenset[str]:
        """The objects it was analysed from, or is."""
        return frozenset(json.loads(self.objects))


_COLUMNS = ", ".join(QueueRow.__slots__)


class Queue:
    """The queue, open for writing; one process at a time. Every change is whole, and there after a power cut.

    A change that the disk does not take raises :class:`~calciseg.errors.OutputError`, and is not made.

    Raises
    ------
    UsageError
        If another listener has it open, or it is of another version.
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("BEGIN EXCLUSIVE")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            self._db.execute("COMMIT")
            if version not in (0, _SCHEMA_VERSION):
                raise sqlite3.DatabaseError(f"its version is {version}, not {_SCHEMA_VERSION}")
            self._db.executescript(_TABLE)
            self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise UsageError(f"{path}: another listener uses this spool; stop it first") from error
            raise OutputError(f"{path}: cannot be written ({error}); choose another folder") from error
        except sqlite3.DatabaseError as error:
            raise UsageError(
                f"{path}: is no queue of this version ({error}); choose another folder"
            ) from error

    def close(self) -> None:
        """Close it."""
        with suppress(sqlite3.Error):
            self._db.close()

    def row(self, folder: str) -> QueueRow | None:
        """Return a study, or None."""
        return next(iter(self._rows("WHERE folder = ?", (folder,))), None)

    def rows(self, state: QueueState) -> list[QueueRow]:
        """Return the studies in a state, the oldest change first."""
        return self._rows("WHERE state = ? ORDER BY changed, folder", (state,))

    def counts(self) -> dict[str, int]:
        """Count the studies by state."""
        with self._lock:
            return dict(self._db.execute("SELECT state, count(*) FROM study GROUP BY state"))

    def start(self, folder: str, study_instance_uid: str, made_from: str, names: Iterable[str]) -> None:
        """Note that a study is analysed from these objects; attempts at the same ones are counted."""
        with self._changing():
            self._db.execute(
                "INSERT INTO study (folder, study_instance_uid, state, attempts, made_from, objects, changed)"
                " VALUES (?, ?, 'running', 1, ?, ?, ?) ON CONFLICT (folder) DO UPDATE SET state = 'running',"
                " attempts = CASE WHEN made_from = excluded.made_from THEN attempts + 1 ELSE 1 END,"
                " made_from = excluded.made_from, objects = excluded.objects, changed = excluded.changed,"
                " code = NULL, reason = NULL, sendings = 0, send_after = 0",
                (folder, study_instance_uid, made_from, json.dumps(sorted(names)), time.time()),
            )

    def change(self, folder: str, only_if: QueueState, **fields: Any) -> None:
        """Note what is new of a study, unless something else has become of it meanwhile."""
        fields["changed"] = time.time()
        names = ", ".join(f"{name} = ?" for name in fields)
        with self._changing():
            self._db.execute(
                f"UPDATE study SET {names} WHERE folder = ? AND state = ?",
                (*fields.values(), folder, only_if),
            )

    def forget(self, folder: str) -> None:
        """Forget a study."""
        with self._changing():
            self._db.execute("DELETE FROM study WHERE folder = ?", (folder,))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise OutputError(f"the queue cannot be written ({error}); free some space") from error

    def _rows(self, where: str, values: tuple[Any, ...]) -> list[QueueRow]:
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM study {where}", values).fetchall()
        return [QueueRow(**dict(zip(QueueRow.__slots__, row, strict=True))) for row in rows]
