"""Other DICOM applications: where they are, and how to speak to them."""

import logging
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from pynetdicom.transport import AssociationSocket

from calciseg.errors import InputError, UsageError
from calciseg.quiet import quiet_pydicom

__all__ = ["Peer", "TlsFiles", "associated", "echo", "read_ae_title", "read_peer"]

log = logging.getLogger("calciseg.pacs")

_AE_TITLE = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""1 to 16 printable characters without a backslash, no blank at either end (PS3.5, VR AE)."""
_PDU_BYTES = 1 << 18
_CONNECT_SECONDS = 15.0
_NOT_REACHED = "cannot be reached; check host and port, and whether TLS is wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Certificates in PEM form.

    Attributes
    ----------
    certificate, key : Path
        Ours.
    authority : Path
        Whose certificates a peer may show; it must show one.
    """

    certificate: Path
    key: Path
    authority: Path

    def context(self, *, is_server: bool) -> ssl.SSLContext:
        """Return what TLS 1.2 and later needs; both sides must show a certificate.

        Raises
        ------
        UsageError
            If a file cannot be read or does not fit.
        """
        purpose = ssl.Purpose.CLIENT_AUTH if is_server else ssl.Purpose.SERVER_AUTH
        try:
            context = ssl.create_default_context(purpose, cafile=str(self.authority))
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            names = ", ".join(str(path) for path in (self.certificate, self.key, self.authority))
            raise UsageError(f"{names}: no usable certificate and key ({error.strerror or error})") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A DICOM application.

    Attributes
    ----------
    ae_title, host : str
    port : int
    our_ae_title : str
        What we call ourselves to it.
    tls : TlsFiles, optional
    timeout_seconds : float
        The longest that it may be silent.
    """

    ae_title: str
    host: str
    port: int
    our_ae_title: str = "CALCISEG"
    tls: TlsFiles | None = None
    timeout_seconds: float = 60.0

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"


def read_ae_title(text: str) -> str:
    """Check an AE title.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not _AE_TITLE.fullmatch(text):
        raise UsageError(f"{text!r} is no AE title; give 1 to 16 plain characters")
    return text


def read_peer(
    text: str, our_ae_title: str, tls: TlsFiles | None = None, timeout_seconds: float = 60.0
) -> Peer:
    """Read ``AET@host:port``.

    Raises
    ------
    UsageError
        If it is something else.
    """
    match = re.fullmatch(r"(.+)@(\[[0-9a-fA-F:]+\]|[^@:]+):(\d{1,5})", text)
    if match is None or not 0 < int(match[3]) < 1 << 16:
        raise UsageError(f"{text!r}: give the other application as AET@host:port, as PACS@10.0.0.5:104")
    return Peer(
        ae_title=read_ae_title(match[1]),
        host=match[2].strip("[]"),
        port=int(match[3]),
        our_ae_title=read_ae_title(our_ae_title),
        tls=tls,
        timeout_seconds=timeout_seconds,
    )


@contextmanager
def associated(
    peer: Peer,
    contexts: Sequence[PresentationContext],
    *,
    handlers: Sequence[Any] = (),
    roles: Sequence[Any] = (),
) -> Iterator[Association]:
    """Associate with a peer; released at the end of the body, aborted if it fails.

    What pydicom has to say of values that are sent or received is not heard: it quotes them.

    Raises
    ------
    InputError
        If there is no association to be had.
    """
    with quiet_pydicom():
        association = _established(peer, contexts, handlers, roles)
        try:
            yield association
        except BaseException:
            association.abort()
            raise
        if association.is_established:
            association.release()


def echo(peer: Peer) -> None:
    """Verify a peer by C-ECHO.

    Raises
    ------
    InputError
        If it does not answer, or not well.
    """
    with associated(peer, [build_context(Verification)]) as association:
        status = association.send_c_echo()
        if status.get("Status") != 0:
            raise InputError(f"{peer} does not answer a C-ECHO well; ask its administrator")


def _established(
    peer: Peer, contexts: Sequence[PresentationContext], handlers: Sequence[Any], roles: Sequence[Any]
) -> Association:
    is_open = threading.Event()
    ae = AE(peer.our_ae_title)
    ae.requested_contexts = list(contexts)
    ae.maximum_pdu_size = _PDU_BYTES
    ae.connection_timeout = _CONNECT_SECONDS
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = peer.timeout_seconds
    try:
        association = ae.associate(
            peer.host,
            peer.port,
            ae_title=peer.ae_title,
            max_pdu=_PDU_BYTES,
            ext_neg=list(roles),
            evt_handlers=[(evt.EVT_CONN_OPEN, _hurry, [is_open]), *handlers],
            tls_args=None if peer.tls is None else (peer.tls.context(is_server=False), peer.host),
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{peer} cannot be reached ({type(error).__name__}); check the address") from error
    if not association.is_established:
        raise InputError(f"{peer} {_why(association) if is_open.is_set() else _NOT_REACHED}")
    return association


def _hurry(event: evt.Event, is_open: threading.Event) -> None:
    """Send small packets at once: an answer waits for each of ours."""
    is_open.set()
    connection = cast(AssociationSocket, event.assoc.dul.socket).socket
    cast(socket.socket, connection).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _why(association: Association) -> str:
    if association.is_rejected:
        answer = association.acceptor.primitive
        reasons = {
            (1, 3): "does not know our AE title; let its administrator enter it",
            (1, 7): "is not called so; check its AE title",
            (3, 2): "has too many associations; try later",
        }
        key = (getattr(answer, "result_source", 0), getattr(answer, "diagnostic", 0))
        return f"rejected the association: it {reasons.get(key, 'gives no usual reason')}"
    return "broke the association off; check that it speaks DICOM, and TLS or not as we do"
