"""What keeps a peer within limits while it sends.

pynetdicom's server trusts its peers: it would wait for ever in a TLS handshake or in the middle of a PDU, and
hold a whole object, or a PDU of 4 GB, in memory. Its own places for extension are used to forbid that.
"""

import logging
import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.timer import Timer
from pynetdicom.transport import AssociationSocket

from calciseg.pacs.spool import Incoming

__all__ = ["GuardedDimse", "GuardedSocket", "GuardedTimer"]

log = logging.getLogger("calciseg.pacs")

_WAIT_SECONDS = 0.001
_INVALID_PDU = "Evt19"
"""An event of the upper layer's state machine (PS3.8, 9.2): answered with an A-ABORT in every state."""
_MOST_COMMAND_BYTES = 1 << 16
_MOST_OTHER_BYTES = 1 << 20
"""Of data sets in messages that are no C-STORE: none of those that are served has any."""


class GuardedSocket(AssociationSocket):
    """Reads fast, but no PDU that is too long or takes too long."""

    most_bytes: int
    seconds: float

    @property
    def ready(self) -> bool:
        """Whether there is something to read; waits for it a little, so that nobody else need sleep."""
        if self.socket is not None and self._is_connected and not self._has_unread():
            with suppress(OSError, ValueError):
                select.select([self.socket], [], [], _WAIT_SECONDS)
        return super().ready

    def _has_unread(self) -> bool:
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes; fewer if the peer has gone.

        Raises
        ------
        OSError
            If there are too many, or they do not come.
        """
        if nr_bytes > self.most_bytes:
            raise OSError("a PDU is longer than was agreed")
        content = bytearray(nr_bytes)
        view = memoryview(content)
        n_read = 0
        until = time.monotonic() + self.seconds
        while n_read < nr_bytes:
            n = cast(socket.socket, self.socket).recv_into(view[n_read:])
            if n == 0:
                view.release()
                return content[:n_read]
            n_read += n
            if n_read < nr_bytes and time.monotonic() > until:
                raise TimeoutError("a PDU did not arrive in time")
        return content


class GuardedTimer(Timer):
    """Once it is stopped it has not expired, however late that was.

    pynetdicom's says that it has: a request that comes in the moment in which the time is up would leave its
    association for dead, with an event that no state after the request knows.
    """

    def stop(self) -> None:
        """Rest until it is started again."""
        self._start_time = None


class GuardedDimse(DIMSEServiceProvider):
    """Lets the data sets of C-STORE requests flow into the spool, and others not grow."""

    begin: Callable[[str, str, str], Incoming]
    incoming: Incoming | None = None
    _n_command_bytes = 0
    _n_other_bytes = 0

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take the fragments of messages that a PDU holds; what cannot be taken ends in an A-ABORT."""
        try:
            for context_id, fragment in primitive.presentation_data_value_list:
                self._prepare(context_id, fragment)
                single = P_DATA()
                single.presentation_data_value_list.append((context_id, fragment))
                super().receive_primitive(single)
        except Exception as error:  # a hostile command raises whatever pydicom's parser raises
            log.warning("a message that cannot be taken ended an association (%s)", type(error).__name__)
            self.dul.event_queue.put(_INVALID_PDU)

    def _prepare(self, context_id: int, fragment: bytes) -> None:
        message = self.message
        if fragment[0] & 1:
            self._n_command_bytes = (0 if message is None else self._n_command_bytes) + len(fragment)
            self._n_other_bytes = 0
            is_too_long = self._n_command_bytes > _MOST_COMMAND_BYTES
        elif isinstance(message, C_STORE_RQ):
            if not isinstance(message.data_set, Incoming):
                context = self.assoc._accepted_cx[context_id]
                command = message.command_set
                message.data_set = self.incoming = self.begin(
                    str(command.AffectedSOPClassUID),
                    str(command.AffectedSOPInstanceUID),
                    str(context.transfer_syntax[0]),
                )
            return
        else:
            self._n_other_bytes += len(fragment)
            is_too_long = message is None or self._n_other_bytes > _MOST_OTHER_BYTES
        if is_too_long:
            raise OverflowError("a message is longer than any that is served, or has no command")
