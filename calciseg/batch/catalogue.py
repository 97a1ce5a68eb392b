"""``batch.sqlite``: what was found, what became of it, and why. Only the parent process writes it."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from calciseg.errors import OutputError, UsageError

__all__ = ["Catalogue", "CatalogueRow", "State", "opened"]

State = Literal["queued", "running", "done", "failed"]

_SCHEMA_VERSION = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS folder (
    path TEXT PRIMARY KEY,
    signature TEXT NOT NULL,   -- of the names, sizes and times of its files
    survey BLOB NOT NULL       -- what its headers said, compressed JSON
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS study (
    study_instance_uid TEXT PRIMARY KEY,
    folder TEXT NOT NULL,      -- of its results, below the batch's
    state TEXT NOT NULL,       -- queued, running, done or failed
    code TEXT,                 -- why it failed, for programs
    reason TEXT,               -- why it failed, for people; may name paths
    attempts INTEGER NOT NULL DEFAULT 0,
    found_by INTEGER NOT NULL, -- number of the run that last saw it
    files BLOB NOT NULL,       -- compressed JSON: its files and the identities of their objects
    n_voxels INTEGER NOT NULL,      -- of all its slices together
    n_film_pixels INTEGER NOT NULL, -- of its largest radiograph
    wanted TEXT NOT NULL,      -- hash of input, version, settings and context as they are now
    made_from TEXT,            -- the same hash when it was done or failed
    calciseg_version TEXT,
    versions TEXT,             -- JSON: of calciseg, Python and the libraries that shape figures
    settings TEXT,             -- hash of the settings it was done with
    started TEXT,              -- its last attempt
    finished TEXT,
    seconds REAL,              -- of the last attempt, in the worker
    peak_mib REAL,
    images TEXT,               -- JSON: its rows of studies.csv
    lesions BLOB               -- compressed JSON: its rows of lesions.csv
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS study_by_state ON study (state, found_by, study_instance_uid);
CREATE TABLE IF NOT EXISTS run (number INTEGER PRIMARY KEY, started TEXT NOT NULL);
"""
_OTHERS_SECONDS = 30.0
"""The longest wait for a catalogue that others read, too."""
_FULL = ("disk is full", "disk I/O error", "readonly database")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """A study as the catalogue knows it."""

    study_instance_uid: str
    folder: str
    state: State
    code: str | None
    reason: str | None
    attempts: int
    found_by: int
    n_voxels: int
    n_film_pixels: int
    wanted: str
    made_from: str | None

    @property
    def is_settled(self) -> bool:
        """Whether the same input, version and settings were done already, or failed for good."""
        is_over = self.state == "done" or (self.state == "failed" and self.code in ("input_error", "bug"))
        return is_over and self.made_from == self.wanted


_COLUMNS = ", ".join(CatalogueRow.__slots__)


@contextmanager
def opened(path: Path) -> Iterator["Catalogue"]:
    """Open a catalogue, or make one; nobody else can while it is open.

    Raises
    ------
    UsageError
        If another batch has it open, or the file is no catalogue of this version.
    OutputError
        If it cannot be written.
    """
    with _in_words(path):
        connection = sqlite3.connect(path, timeout=0.5, isolation_level=None)
        try:
            catalogue = Catalogue(connection, path)
            yield catalogue
        finally:
            connection.close()


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise UsageError(f"{path}: another batch is writing there; wait for it or stop it") from error
        remedy = "free some space" if any(part in str(error) for part in _FULL) else "choose another folder"
        raise OutputError(f"{path}: cannot be written ({error}); {remedy} and run again") from error
    except sqlite3.DatabaseError as error:
        raise UsageError(
            f"{path}: is not a catalogue of this version ({error}); move it away or choose another folder"
        ) from error


class Catalogue:
    """The catalogue, open for writing. Every change is on its own and whole."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path
        # An exclusive lock ends with the process, whatever ends it; WAL spares a sync for each change.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("BEGIN EXCLUSIVE")
        try:
            _checked_version(self._db)
        finally:
            self._db.execute("COMMIT")
        self._db.executescript(_TABLES)
        self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def begin_run(self, started: str) -> int:
        """Begin a run and return its number; what an earlier one left running waits again."""
        self._db.execute("UPDATE study SET state = 'queued' WHERE state = 'running'")
        cursor = self._db.execute("INSERT INTO run (started) VALUES (?)", (started,))
        return int(cursor.lastrowid or 0)

    def adopt(self, paths: Iterable[Path]) -> None:
        """Take over what ended in other catalogues of the same results: what ended last lies there.

        Raises
        ------
        UsageError
            If another batch has one of them open, or it is of another version.
        """
        for path in paths:
            with (
                _in_words(path),
                closing(sqlite3.connect(path, timeout=_OTHERS_SECONDS, isolation_level=None)) as other,
                self.together(),
            ):
                # Works where many machines share a disk, too; they take turns.
                other.execute("PRAGMA locking_mode = EXCLUSIVE")
                if not _checked_version(other):
                    continue  # Its batch was ended before it began.
                self._take(other.execute("SELECT * FROM study WHERE state IN ('done', 'failed')"))
                folders = other.execute("SELECT path, signature, survey FROM folder")
                self._db.executemany("INSERT OR IGNORE INTO folder VALUES (?, ?, ?)", folders)
                # The numbers of their runs mean nothing here.
                self._db.execute("UPDATE study SET found_by = 0")

    def _take(self, rows: sqlite3.Cursor) -> None:
        names = [column[0] for column in rows.description]
        news = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        self._db.executemany(
            f"INSERT INTO study ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT (study_instance_uid) DO UPDATE SET {news}"
            " WHERE study.finished IS NULL OR excluded.finished > study.finished",
            rows,
        )

    def survey_of(self, folder: str, signature: str) -> Any | None:
        """Return what the headers of a folder said, if its files are the same."""
        row = self._db.execute(
            "SELECT survey FROM folder WHERE path = ? AND signature = ?", (folder, signature)
        ).fetchone()
        return None if row is None else _unpacked(row[0])

    def keep_survey(self, folder: str, signature: str, survey: Any) -> None:
        """Remember what the headers of a folder said."""
        self._db.execute(
            "INSERT OR REPLACE INTO folder (path, signature, survey) VALUES (?, ?, ?)",
            (folder, signature, _packed(survey)),
        )

    def row(self, study_instance_uid: str) -> CatalogueRow | None:
        """Return a study, or None."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM study WHERE study_instance_uid = ?", (study_instance_uid,)
        ).fetchone()
        return None if row is None else _as_row(row)

    def files(self, study_instance_uid: str) -> Any:
        """Return the files of a study, as :meth:`enter` took them."""
        row = self._db.execute(
            "SELECT files FROM study WHERE study_instance_uid = ?", (study_instance_uid,)
        ).fetchone()
        return _unpacked(row[0])

    def enter(
        self, study_instance_uid: str, folder: str, files: Mapping[str, Any], wanted: str, run: int
    ) -> CatalogueRow:
        """Enter a study that was found, or what is new of it; its state stays as it is."""
        sizes = files["n_voxels"], files["n_film_pixels"]
        self._db.execute(
            "INSERT INTO study (study_instance_uid, folder, state, files, n_voxels, n_film_pixels, wanted,"
            " found_by) VALUES (?, ?, 'queued', ?, ?, ?, ?, ?) ON CONFLICT (study_instance_uid) DO UPDATE SET"
            " files = excluded.files, n_voxels = excluded.n_voxels, n_film_pixels = excluded.n_film_pixels,"
            " wanted = excluded.wanted, found_by = excluded.found_by",
            (study_instance_uid, folder, _packed(files), *sizes, wanted, run),
        )
        row = self.row(study_instance_uid)
        assert row is not None
        return row

    def queue(self, study_instance_uid: str) -> None:
        """Let a study wait for a worker, with all its attempts before it."""
        self._set(study_instance_uid, state="queued", attempts=0, code=None, reason=None)

    def start(self, study_instance_uid: str, started: str) -> None:
        """Note that a worker has it."""
        self._db.execute(
            "UPDATE study SET state = 'running', attempts = attempts + 1, started = ?"
            " WHERE study_instance_uid = ?",
            (started, study_instance_uid),
        )

    def wait_again(self, study_instance_uid: str) -> None:
        """Note that it was not done and waits again, its attempts counted."""
        self._set(study_instance_uid, state="queued")

    def finish(self, study_instance_uid: str, state: State, **fields: Any) -> None:
        """Note how a study ended; ``lesions`` are packed."""
        if "lesions" in fields:
            fields["lesions"] = _packed(fields["lesions"])
        self._set(study_instance_uid, state=state, **fields)

    def forget_places(self, run: int) -> None:
        """Forget places that held no study and could not be read, where this run has found them readable."""
        cursor = self._db.execute(
            "SELECT study_instance_uid FROM study WHERE state = 'failed' AND n_voxels = 0"
            " AND n_film_pixels = 0 AND found_by != ?",
            (run,),
        )
        gone = [(uid,) for (uid,) in cursor if not self.files(uid)["parts"]]
        self._db.executemany("DELETE FROM study WHERE study_instance_uid = ?", gone)

    def next_queued(self, run: int, n: int, leave_out: Iterable[str] = ()) -> list[CatalogueRow]:
        """Return up to n studies that wait: the first found by name."""
        left_out = set(leave_out)
        cursor = self._db.execute(
            f"SELECT {_COLUMNS} FROM study WHERE state = 'queued' AND found_by = ?"
            " ORDER BY study_instance_uid LIMIT ?",
            (run, n + len(left_out)),
        )
        rows = map(_as_row, cursor)
        return [row for row in rows if row.study_instance_uid not in left_out][:n]

    def counts(self, run: int) -> dict[str, int]:
        """Count the studies of a run by state."""
        cursor = self._db.execute(
            "SELECT state, count(*) FROM study WHERE found_by = ? GROUP BY state", (run,)
        )
        return dict(cursor)

    def ended(self, states: tuple[State, ...] = ("done", "failed")) -> Iterator[CatalogueRow]:
        """Go through the studies that ended, by UID."""
        marks = ", ".join("?" * len(states))
        cursor = self._db.execute(
            f"SELECT {_COLUMNS} FROM study WHERE state IN ({marks}) ORDER BY study_instance_uid", states
        )
        for row in cursor:
            yield _as_row(row)

    def tables_of(self, study_instance_uid: str) -> tuple[list[dict[str, Any]], list[list[Any]]]:
        """Return a study's rows of the two tables."""
        images, lesions = self._db.execute(
            "SELECT images, lesions FROM study WHERE study_instance_uid = ?", (study_instance_uid,)
        ).fetchone()
        return json.loads(images or "[]"), [] if lesions is None else _unpacked(lesions)

    def _set(self, study_instance_uid: str, **fields: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in fields)
        self._db.execute(
            f"UPDATE study SET {names} WHERE study_instance_uid = ?", (*fields.values(), study_instance_uid)
        )

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make several changes one."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _checked_version(connection: sqlite3.Connection) -> int:
    """Return the version of a catalogue that can be used; 0 for one in which there is nothing yet."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version not in (0, _SCHEMA_VERSION):
        raise sqlite3.DatabaseError(f"its version is {version}, not {_SCHEMA_VERSION}")
    return version


def _as_row(values: tuple[Any, ...]) -> CatalogueRow:
    return CatalogueRow(**dict(zip(CatalogueRow.__slots__, values, strict=True)))


def _packed(content: Any) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode(errors="surrogateescape"), 1)


def _unpacked(content: bytes) -> Any:
    return json.loads(zlib.decompress(content).decode(errors="surrogateescape"))
