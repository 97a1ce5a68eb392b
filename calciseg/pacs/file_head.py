"""What stands before a data set in a file: preamble, prefix and meta information (PS3.10, 7.1).

pydicom writes the same and takes 0.6 ms for it, where a slice of half a megabyte takes five in all.
"""

from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from calciseg._version import __version__

__all__ = ["file_head"]

_VERSION_NAME = f"CALCISEG_{__version__}"[:16]


def file_head(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Return the bytes before the data set.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, transfer_syntax_uid : str

    Returns
    -------
    bytes
    """
    elements = b"".join(
        (
            b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01",
            _short(0x02, b"UI", sop_class_uid, b"\0"),
            _short(0x03, b"UI", sop_instance_uid, b"\0"),
            _short(0x10, b"UI", transfer_syntax_uid, b"\0"),
            _short(0x12, b"UI", PYDICOM_IMPLEMENTATION_UID, b"\0"),
            _short(0x13, b"SH", _VERSION_NAME, b" "),
        )
    )
    length = b"\x02\0\0\0UL\x04\0" + len(elements).to_bytes(4, "little")
    return b"\0" * 128 + b"DICM" + length + elements


def _short(element: int, vr: bytes, text: str, padding: bytes) -> bytes:
    """Return an element of group 2 with a text of even length; what is no ASCII becomes a question mark."""
    value = text.encode("ascii", errors="replace")
    value += padding * (len(value) % 2)
    return b"\x02\0" + element.to_bytes(2, "little") + vr + len(value).to_bytes(2, "little") + value
