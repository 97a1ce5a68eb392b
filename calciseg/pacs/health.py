"""Health for monitoring: ``GET /health`` on this machine, 200 or 503, with the numbers behind it."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from calciseg._version import __version__
from calciseg.pacs.plan import ListenPlan
from calciseg.pacs.queue import Queue
from calciseg.pacs.spool import Spool
from calciseg.pacs.store import StoreScp

__all__ = ["HealthServer"]

_UNSENT_SECONDS = 3600.0


class HealthServer:
    """Answers about a listener, to this machine only.

    Parameters
    ----------
    plan : ListenPlan
    scp : StoreScp
    spool : Spool
    queue : Queue
    n_waiting : callable
        Returns how many studies are received or wait.
    silence : callable
        Returns the seconds since an object came, or None.
    has_returning_died : callable
        Tells whether nothing looks any more after the results that are to be sent.
    """

    def __init__(
        self,
        plan: ListenPlan,
        scp: StoreScp,
        spool: Spool,
        queue: Queue,
        n_waiting: Callable[[], int],
        silence: Callable[[], float | None],
        has_returning_died: Callable[[], bool],
    ) -> None:
        self._plan = plan
        self._scp = scp
        self._spool = spool
        self._queue = queue
        self._n_waiting = n_waiting
        self._silence = silence
        self._has_returning_died = has_returning_died
        self._begun = time.monotonic()
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listen, if a port was given.

        Raises
        ------
        OSError
            If nobody can listen there.
        """
        if self._plan.health_port is None:
            return
        health = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_GET(self) -> None:
                if self.path != "/health":
                    self.send_error(404)
                    return
                document = health.document()
                content = json.dumps(document, indent=1).encode() + b"\n"
                self.send_response(200 if document["status"] == "ok" else 503)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: Any) -> None:
                """Keep the log for what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._plan.health_port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def document(self) -> dict[str, Any]:
        """Return the state of things and what is wrong with it."""
        now = time.time()
        unsent = self._queue.rows("sending")
        is_unsent = any(row.sendings and row.changed < now - _UNSENT_SECONDS for row in unsent)
        signs = {
            "the spool is nearly full": self._spool.is_nearly_full(),
            "the disk is nearly full": self._spool.is_disk_low(),
            "results cannot be sent": is_unsent,
            "nothing sends results any more; start the listener again": self._has_returning_died(),
        }
        troubles = [text for text, is_so in signs.items() if is_so]
        silence = self._silence()
        return {
            "status": "degraded" if troubles else "ok",
            "troubles": troubles,
            "calciseg_version": __version__,
            "ae_title": self._plan.ae_title,
            "uptime_seconds": round(time.monotonic() - self._begun, 1),
            "n_associations": self._scp.n_associations,
            "seconds_since_last_object": None if silence is None else round(silence, 1),
            "n_waiting": self._n_waiting(),
            "studies": {"running": 0, "sending": 0, "done": 0, "failed": 0} | self._queue.counts(),
            "n_unsent_after_failures": sum(row.sendings > 0 for row in unsent),
            "spool_bytes": self._spool.n_bytes,
            "most_spool_bytes": self._spool.most_bytes,
        }
