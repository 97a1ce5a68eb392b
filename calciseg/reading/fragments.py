"""Compressed pixel data: whether all of its fragments arrived."""

from struct import unpack_from

__all__ = ["is_whole"]

_ITEM = 0xFFFEE000
_SEQUENCE_END = 0xFFFEE0DD


def is_whole(encapsulated: bytes) -> bool:
    """Walk the items of an encapsulated value; a decoder may accept a short last fragment without a word.

    A missing delimiter at the very end is forgiven: then every fragment is there all the same.
    """
    offset, n_items = 0, 0
    while offset + 8 <= len(encapsulated):
        group, element, n_bytes = unpack_from("<HHI", encapsulated, offset)
        tag = group << 16 | element
        if tag == _SEQUENCE_END:
            return n_items > 1
        if tag != _ITEM:
            return False
        offset += 8 + n_bytes
        n_items += 1
    return offset == len(encapsulated) and n_items > 1
