"""A line for each connection: who came, what it brought, how it ended. No word of any patient."""

import json
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pynetdicom.association import Association

from calciseg.outputs import output_error

__all__ = ["AssociationEnd", "Audit", "Visit"]

log = logging.getLogger("calciseg.pacs.audit")


class AssociationEnd(StrEnum):
    """How a connection ended."""

    RELEASED = "released"
    ABORTED = "aborted"
    REJECTED = "rejected"
    NO_ASSOCIATION = "no_association"
    TLS_FAILED = "tls_failed"
    NO_ROOM = "no_room"


@dataclass(slots=True, kw_only=True)
class Visit:
    """A connection; filled while it lasts."""

    host: str
    port: int
    end: AssociationEnd = AssociationEnd.NO_ASSOCIATION
    calling: str | None = None
    called: str | None = None
    certificate: str | None = None
    """Subject of the peer's certificate."""
    n_stored: int = 0
    n_refused: int = 0
    n_bytes: int = 0
    reasons: set[str] = field(default_factory=set)
    """Why something was refused."""
    folders: set[str] = field(default_factory=set)
    """Of the studies that objects were stored of."""
    begun: float = field(default_factory=time.monotonic)

    def ended(self, association: Association) -> None:
        """Note how the association ended."""
        request = association.requestor.primitive
        if request is not None:
            self.calling = str(request.calling_ae_title)
            self.called = str(request.called_ae_title)
            self.end = AssociationEnd.ABORTED
        if association.is_rejected:
            self.end = AssociationEnd.REJECTED
        elif association.is_released:
            self.end = AssociationEnd.RELEASED


class Audit:
    """Writes JSON Lines to a file, and to the log.

    Parameters
    ----------
    path : Path or None

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        try:
            self._file = None if path is None else path.open("a", encoding="utf-8")
        except OSError as error:
            assert path is not None
            raise output_error(path, error) from error

    def note(self, visit: Visit) -> None:
        """Write the line of a connection."""
        line = json.dumps(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "peer": f"{visit.host}:{visit.port}",
                "calling": visit.calling,
                "called": visit.called,
                "certificate": visit.certificate,
                "end": visit.end,
                "n_stored": visit.n_stored,
                "n_refused": visit.n_refused,
                "reasons": sorted(visit.reasons),
                "n_bytes": visit.n_bytes,
                "seconds": round(time.monotonic() - visit.begun, 3),
            }
        )
        log.info("%s", line)
        if self._file is None:
            return
        try:
            with self._lock:
                self._file.write(line + "\n")
                self._file.flush()
        except OSError as error:  # The service goes on; the line stands in the log.
            log.error("the audit cannot be written (%s)", error.strerror)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
