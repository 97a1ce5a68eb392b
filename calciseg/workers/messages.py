"""Messages between a crew and its workers, over pipes."""

import pickle
from typing import IO

__all__ = ["receive", "send"]


def send(stream: IO[bytes], message: object) -> None:
    """Write a message whole."""
    content = pickle.dumps(message, protocol=5)
    stream.write(len(content).to_bytes(8, "little"))
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> object | None:
    """Read a message; None at the end of the stream, also in the middle of one."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    n_bytes = int.from_bytes(head, "little")
    content = stream.read(n_bytes)
    return pickle.loads(content) if len(content) == n_bytes else None
