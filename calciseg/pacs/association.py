"""The port: connections are counted, hurried, turned away where there are too many, and written down."""

import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from calciseg.pacs.audit import AssociationEnd, Visit
from calciseg.pacs.guards import GuardedDimse, GuardedSocket, GuardedTimer
from calciseg.pacs.spool import Incoming

__all__ = ["GuardedServer", "Limits"]

log = logging.getLogger("calciseg.pacs")

_NEGOTIATING = 16
"""Connections, beyond the associations, that may be about to become one."""
_MOST_LEAVING = 128
_LEAVING_SECONDS = 1.0
_ABORTING_SECONDS = 5.0
_LOCAL_LIMIT_EXCEEDED = bytes((0x03, 0, 0, 0, 0, 4, 0, 0x02, 0x03, 0x02))
"""A-ASSOCIATE-RJ: rejected-transient, by the presentation provider, local limit exceeded (PS3.8, 9.3.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What peers may do.

    Attributes
    ----------
    n_associations : int
        At once.
    pdu_bytes : int
        The longest PDU that is received.
    idle_seconds : float
        The longest silence in an association.
    negotiating_seconds : float
        The longest time for a TLS handshake, and until an association is requested.
    """

    n_associations: int = 10
    pdu_bytes: int = 1 << 18
    idle_seconds: float = 60.0
    negotiating_seconds: float = 10.0


class _GuardedHandler(RequestHandler):
    """A connection, from its first byte to its line in the audit."""

    server: "GuardedServer"

    def handle(self) -> None:
        """Serve the connection until it ends; runs in a thread of its own."""
        visit = Visit(host=str(self.client_address[0]), port=int(self.client_address[1]))
        association: Association | None = None
        try:
            if not self._is_secured(visit):
                return
            association = self._create_association()
            self.server.enter(association, visit)
            evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
            association.start()
            association.join()
        finally:
            self.server.leave(association, visit)

    def _is_secured(self, visit: Visit) -> bool:
        limits = self.server.limits
        self.request.settimeout(limits.negotiating_seconds)
        if self.server.tls is not None:
            try:
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            except OSError:
                visit.end = AssociationEnd.TLS_FAILED
                return False
            subject = cast(dict[str, Any], self.request.getpeercert() or {}).get("subject", ())
            visit.certificate = ", ".join("=".join(pair) for part in subject for pair in part) or None
        self.request.settimeout(limits.idle_seconds)
        return True

    def _create_association(self) -> Association:
        association = super()._create_association()
        limits, dul = self.server.limits, association.dul
        # One that does not end must not keep the process.
        dul.daemon = True
        # The plain socket has told of the connection already; its successor tells of it again.
        dul.event_queue.get_nowait()
        guarded = GuardedSocket(association, client_socket=self.request)
        guarded.most_bytes, guarded.seconds = limits.pdu_bytes + 6, limits.idle_seconds
        dul.socket = guarded
        # It waits for the peer instead, and hears it at once.
        dul._run_loop_delay = 0.0
        dimse = GuardedDimse(association)
        dimse.begin = self.server.begin
        association.dimse = dimse
        association.network_timeout = limits.idle_seconds
        association.acse_timeout = limits.negotiating_seconds
        dul.artim_timer = GuardedTimer(limits.negotiating_seconds)
        return association


class GuardedServer(ThreadedAssociationServer):
    """pynetdicom's server behind the guard; made by ``AE.make_server(server_class=GuardedServer, ...)``.

    Parameters
    ----------
    limits : Limits
    tls : ssl.SSLContext, optional
    begin : callable
        Begins an object in the spool: of SOP class, SOP instance and transfer syntax.
    told : callable
        Takes a :class:`~calciseg.pacs.audit.Visit` when its connection has ended.
    """

    daemon_threads = True
    request_queue_size = 1024
    """As many may come before they are turned away; what the system does not queue would wait for minutes."""

    def __init__(
        self,
        *arguments: Any,
        limits: Limits,
        tls: ssl.SSLContext | None,
        begin: Callable[[str, str, str], Incoming],
        told: Callable[[Visit], None],
        **options: Any,
    ) -> None:
        self.limits = limits
        self.tls = tls
        self.begin = begin
        self.visits: dict[Association, Visit] = {}
        self._told = told
        self._room = threading.BoundedSemaphore(limits.n_associations + _NEGOTIATING)
        self._lock = threading.Lock()
        self._leaving: deque[tuple[float, socket.socket]] = deque()
        super().__init__(*arguments, **{**options, "request_handler": _GuardedHandler})

    @property
    def n_established(self) -> int:
        """How many associations there are now."""
        with self._lock:
            return sum(association.is_established for association in self.visits)

    def folders_under_way(self) -> set[str]:
        """Return the studies to which the connections there are have sent."""
        with self._lock:
            return {folder for visit in self.visits.values() for folder in list(visit.folders)}

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; its handshake is none of this thread's business."""
        connection, address = cast(socket.socket, self.socket).accept()
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, or turn it away at once."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        self._told(Visit(host=client_address[0], port=client_address[1], end=AssociationEnd.NO_ROOM))
        request.setblocking(False)
        with suppress(OSError):
            if self.tls is None:
                request.send(_LOCAL_LIMIT_EXCEEDED)
        self._leaving.append((time.monotonic() + _LEAVING_SECONDS, request))

    def service_actions(self) -> None:
        """Close what was turned away, once its peer has had time to read why."""
        super().service_actions()
        now = time.monotonic()
        while self._leaving and (self._leaving[0][0] < now or len(self._leaving) > _MOST_LEAVING):
            _, request = self._leaving.popleft()
            # Closed with something unread, the system would take the answer back.
            with suppress(OSError):
                request.recv(1 << 16)
            self.shutdown_request(request)

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Write a failure down in place of a traceback."""
        log.error("a connection from %s failed in calciseg itself", client_address[0], exc_info=True)

    def end_all(self, grace_seconds: float) -> None:
        """Wait for the associations to end, and abort those that do not."""
        self._wait_for_all(grace_seconds)
        with self._lock:
            left = list(self.visits)
        for association in left:
            # pynetdicom would wait for ever for one that never comes to rest.
            threading.Thread(target=association.abort, daemon=True).start()
        self._wait_for_all(_ABORTING_SECONDS)

    def _wait_for_all(self, seconds: float) -> None:
        """Wait until each has its line in the audit, but no longer than some seconds."""
        until = time.monotonic() + seconds
        while self.visits and time.monotonic() < until:
            time.sleep(0.05)

    def enter(self, association: Association, visit: Visit) -> None:
        """Note that a connection is served."""
        with self._lock:
            self.visits[association] = visit
        # These write every message out for a log, with what is in it.
        for event in (evt.EVT_DIMSE_RECV, evt.EVT_DIMSE_SENT, evt.EVT_PDU_RECV, evt.EVT_PDU_SENT):
            for handler, _ in cast(list[Any], association.get_handlers(event))[:]:
                association.unbind(event, handler)

    def leave(self, association: Association | None, visit: Visit) -> None:
        """Note that a connection has ended, and forget what it was about to send."""
        if association is not None:
            incoming = cast(GuardedDimse, association.dimse).incoming
            if incoming is not None:
                incoming.discard()
            visit.ended(association)
        self._told(visit)
        self._room.release()
        if association is not None:
            with self._lock:
                self.visits.pop(association, None)
