"""The storage SCP: answers C-ECHO, and C-STORE once an object is safe on the disk."""

import logging
import ssl
import threading
from collections.abc import Callable
from typing import cast

from pydicom.filereader import read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from calciseg.pacs.association import GuardedServer, Limits
from calciseg.pacs.audit import Audit, Visit
from calciseg.pacs.names import folder_of
from calciseg.pacs.spool import IMAGE_CLASSES, IMAGE_PREFIX, OTHER_PREFIX, Incoming, Spool, StoreStatus
from calciseg.quiet import quiet_pydicom

__all__ = ["StoreScp"]

log = logging.getLogger("calciseg.pacs")

_POLL_SECONDS = 0.5
_STUDY_UID, _INSTANCE_UID, _CLASS_UID = (0x0020, 0x000D), (0x0008, 0x0018), (0x0008, 0x0016)
_WANTED = [BaseTag((group << 16) + element) for group, element in (_STUDY_UID, _INSTANCE_UID, _CLASS_UID)]


class StoreScp:
    """Receives objects into a spool.

    Parameters
    ----------
    spool : Spool
    audit : Audit
    received : callable
        Called with the folder of a study after an object of it was stored and acknowledged.
    ended : callable
        Called with a visit when its connection has ended.
    ae_title : str
        Ours: who calls another one is turned away.
    calling : tuple of str
        Who may call; empty: everybody.
    limits : Limits
    tls : ssl.SSLContext, optional
    """

    def __init__(
        self,
        spool: Spool,
        audit: Audit,
        *,
        received: Callable[[str], None],
        ended: Callable[[Visit], None],
        ae_title: str,
        calling: tuple[str, ...],
        limits: Limits,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._spool = spool
        self._audit = audit
        self._received = received
        self._ended = ended
        self._limits = limits
        self._tls = tls
        self._server: GuardedServer | None = None
        ae = AE(ae_title)
        ae.require_called_aet = True
        ae.require_calling_aet = list(calling)
        ae.maximum_pdu_size = limits.pdu_bytes
        # Counted by the guard, which knows connections from associations.
        ae.maximum_associations = 1 << 16
        # A deflated data set may be a thousand times as large as what is sent.
        syntaxes = [uid for uid in ALL_TRANSFER_SYNTAXES if uid != DeflatedExplicitVRLittleEndian]
        ae.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(cast(str, context.abstract_syntax), syntaxes)
        self._ae = ae

    def start(self, host: str, port: int) -> int:
        """Listen, and return the port.

        Raises
        ------
        OSError
            If nobody can listen there.
        """
        server = self._ae.make_server(
            (host, port),
            server_class=GuardedServer,
            evt_handlers=[
                (evt.EVT_REQUESTED, self._admit),
                (evt.EVT_C_STORE, self._store),
                (evt.EVT_C_ECHO, lambda _event: StoreStatus.SUCCESS),
            ],
            limits=self._limits,
            tls=self._tls,
            begin=self._spool.begin,
            told=self._tell,
        )
        assert isinstance(server, GuardedServer)
        # AE.make_server leaves this out of what AE.start_server does, and shutdown wants it.
        self._ae._servers.append(server)
        self._server = server
        threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
        return int(server.server_address[1])

    def folders_under_way(self) -> set[str]:
        """Return the studies to which associations have sent that are still there."""
        return set() if self._server is None else self._server.folders_under_way()

    @property
    def n_associations(self) -> int:
        """How many associations there are now."""
        return 0 if self._server is None else self._server.n_established

    def stop(self, grace_seconds: float) -> None:
        """Take no more connections, let those there are come to their end for a while, then abort them."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.shutdown()
        server.end_all(grace_seconds)

    def _tell(self, visit: Visit) -> None:
        self._audit.note(visit)
        self._ended(visit)

    def _admit(self, event: evt.Event) -> None:
        """Turn an association away where there are enough of them."""
        server = cast(GuardedServer, event.assoc._server)
        if server.n_established >= self._limits.n_associations:
            event.assoc.acse.send_reject(0x02, 0x03, 0x02)
            event.assoc.kill()

    def _store(self, event: evt.Event) -> int:
        visit = cast(GuardedServer, event.assoc._server).visits[event.assoc]
        request = cast(C_STORE, event.request)
        incoming = cast(Incoming, request.DataSet)
        status, why = self._kept(request, incoming, visit)
        if status == StoreStatus.SUCCESS:
            visit.n_stored += 1
            visit.n_bytes += incoming.n_bytes
        else:
            incoming.discard()
            visit.n_refused += 1
            visit.reasons.add(why)
            log.warning("an object from %s was refused: %s", visit.host, why)
        return status

    def _kept(self, request: C_STORE, incoming: Incoming, visit: Visit) -> tuple[StoreStatus, str]:
        if incoming.failure is not None:
            return incoming.failure, incoming.why
        try:
            stream = incoming.opened()
        except OSError as error:
            return StoreStatus.OUT_OF_RESOURCES, error.strerror or "the disk is full"
        try:
            with quiet_pydicom():
                header = read_partial(
                    stream,
                    stop_when=lambda tag, _vr, _length: tag > _WANTED[0],
                    specific_tags=list(_WANTED),
                )
                study_uid, instance_uid, class_uid = (str(header[tag].value or "") for tag in _WANTED)
        except Exception:  # a hostile header raises whatever pydicom's parser raises
            return StoreStatus.CANNOT_UNDERSTAND, "its data set cannot be read, or has no UIDs"
        if class_uid != request.AffectedSOPClassUID:
            return StoreStatus.DOES_NOT_MATCH_SOP_CLASS, "its data set is of another SOP class"
        if not study_uid or instance_uid != request.AffectedSOPInstanceUID:
            return StoreStatus.CANNOT_UNDERSTAND, "its UIDs are missing or contradict the request"
        folder = folder_of(study_uid)
        prefix = IMAGE_PREFIX if class_uid in IMAGE_CLASSES else OTHER_PREFIX
        # Told first: the study must not be taken for complete while this is under way.
        self._received(folder)
        visit.folders.add(folder)
        try:
            incoming.keep(folder, instance_uid, prefix)
        except OSError as error:
            return StoreStatus.OUT_OF_RESOURCES, error.strerror or "the disk is full"
        return StoreStatus.SUCCESS, ""
