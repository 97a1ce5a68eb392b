"""Peers that do not behave: bytes of the upper layer protocol (PS3.8), put together by hand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from struct import pack

CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"


def _item(kind: int, content: bytes) -> bytes:
    return pack(">BBH", kind, 0, len(content)) + content


def associate_request(called: str = "CALCISEG", calling: str = "STORESCU", sop_class: str = CT) -> bytes:
    context = pack(">BBBB", 1, 0, 0, 0)
    context += _item(0x30, sop_class.encode()) + _item(0x40, IMPLICIT.encode())
    user = _item(0x51, pack(">I", 1 << 20)) + _item(0x52, b"1.2.3.4")
    content = pack(">HH", 1, 0) + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    content += _item(0x10, b"1.2.840.10008.3.1.1.1") + _item(0x20, context) + _item(0x50, user)
    return pack(">BBI", 1, 0, len(content)) + content


def p_data(control: int, content: bytes, context_id: int = 1) -> bytes:
    value = pack(">IBB", len(content) + 2, context_id, control) + content
    return pack(">BBI", 4, 0, len(value)) + value


def store_command(instance_uid: str, sop_class: str = CT) -> bytes:
    numbers = {0x0100: 1, 0x0110: 1, 0x0700: 0, 0x0800: 1}
    texts = {0x0002: sop_class, 0x1000: instance_uid}
    values = {element: pack("<H", number) for element, number in numbers.items()}
    values |= {element: text.encode() + b"\0" * (len(text) % 2) for element, text in texts.items()}
    content = b"".join(
        pack("<HHI", 0, element, len(value)) + value for element, value in sorted(values.items())
    )
    return p_data(3, pack("<HHII", 0, 0, 4, len(content)) + content)


def data_set(study_uid: str, instance_uid: str, sop_class: str = CT) -> bytes:
    return b"".join(
        pack("<HHI", group, element, len(text) + len(text) % 2) + text.encode() + b"\0" * (len(text) % 2)
        for group, element, text in ((8, 0x16, sop_class), (8, 0x18, instance_uid), (0x20, 0x0D, study_uid))
    )


def store_status(connection: socket.socket) -> int:
    """Read the answer to a C-STORE and return its status."""
    kind, content = read_pdu(connection)
    assert kind == 4, f"PDU type {kind}"
    stream = BytesIO(content[6:])
    while head := stream.read(8):
        element, length = int.from_bytes(head[2:4], "little"), int.from_bytes(head[4:], "little")
        value = stream.read(length)
        if element == 0x0900:
            return int.from_bytes(value, "little")
    raise AssertionError("no status")


def read_pdu(connection: socket.socket) -> tuple[int, bytes]:
    """Read one PDU: its type and content; type 0 where the peer has closed."""
    head = _exactly(connection, 6)
    if len(head) < 6:
        return 0, b""
    return head[0], _exactly(connection, int.from_bytes(head[2:], "big"))


def _exactly(connection: socket.socket, n_bytes: int) -> bytes:
    content = b""
    while len(content) < n_bytes:
        try:
            more = connection.recv(n_bytes - len(content))
        except ConnectionResetError:
            more = b""
        if not more:
            break
        content += more
    return content


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


@contextmanager
def associated(port: int) -> Iterator[socket.socket]:
    with connected(port) as connection:
        connection.sendall(associate_request())
        kind, _ = read_pdu(connection)
        assert kind == 2, f"PDU type {kind}"
        yield connection
