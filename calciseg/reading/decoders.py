"""Compressed frames to stored pixels, by the libraries that are installed."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    RLELossless,
)
from rle.rle import decode_segment

from calciseg.reading.headers import PixelCode

__all__ = ["can_decode", "decode_frame", "is_compressed"]

# Where several decoders could do it: the one that is right about signs and odd precisions.
_PREFERRED_DECODERS = ("pyjpegls", "pylibjpeg")
_JPEG = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1})
_RLE_HEADER = struct.Struct("<16I")


def is_compressed(code: PixelCode) -> bool:
    """Whether a decoder is needed."""
    uid = UID(code.transfer_syntax_uid)
    return bool(uid.is_transfer_syntax) and uid.is_encapsulated


def can_decode(code: PixelCode) -> bool:
    """Whether the transfer syntax is known and, if it is a compressed one, an installed decoder knows it."""
    uid = UID(code.transfer_syntax_uid)
    if not uid.is_transfer_syntax:
        return False
    if not uid.is_encapsulated:
        place = code.place
        return place is None or place.offset is None or place.n_bytes is not None
    if uid == RLELossless or uid in _JPEG:
        return True
    try:
        return bool(get_decoder(uid).is_available)
    except NotImplementedError:
        return False


def decode_frame(content: bytes, frame: int, code: PixelCode) -> NDArray[np.integer]:
    """Decode one frame of encapsulated pixel data.

    Returns
    -------
    ndarray
        The stored pixels as the decoder gives them, signed or not.

    Raises
    ------
    BaseException
        Whatever the decoder raises; a panic in Rust is no ``Exception``.
    """
    uid = UID(code.transfer_syntax_uid)
    if uid == RLELossless:
        return _decode_rle(get_frame(content, frame, number_of_frames=code.n_frames), code)
    if uid in _JPEG:
        return _decode_jpeg(get_frame(content, frame, number_of_frames=code.n_frames), code)
    decoder = get_decoder(uid)
    plugin = next((name for name in _PREFERRED_DECODERS if name in decoder.available_plugins), "")
    options: dict[str, Any] = {
        "rows": code.rows,
        "columns": code.columns,
        "number_of_frames": code.n_frames,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": int(code.is_signed),
        "bits_allocated": code.bits_allocated,
        "bits_stored": code.bits_stored or code.bits_allocated,
        "pixel_keyword": "PixelData",
    }
    pixels, _ = decoder.as_array(content, index=frame, raw=True, decoding_plugin=plugin, **options)
    return pixels


def _decode_jpeg(frame: bytes, code: PixelCode) -> NDArray[np.integer]:
    """Decode a JPEG of 8 to 16 bits, with loss or without; what pydicom knows for it stops at 8 with loss."""
    from imagecodecs import jpeg8_decode  # heavy, and seldom needed

    pixels: NDArray[np.integer] = jpeg8_decode(frame)
    return pixels.astype(f"<u{(code.bits_allocated or 16) // 8}")


def _decode_rle(frame: bytes, code: PixelCode) -> NDArray[np.integer]:
    """Put the byte planes of an RLE frame together, DICOM PS3.5 annex G.

    Segment by segment: given a damaged frame, the decoder of whole frames writes a panic to the terminal.
    """
    rows, columns = code.rows or 0, code.columns or 0
    n_bytes = (code.bits_allocated or 16) // 8
    n_segments, *starts = _RLE_HEADER.unpack_from(frame)
    ends = [*starts[1:n_bytes], len(frame)]
    if n_segments != n_bytes or starts[0] < _RLE_HEADER.size:
        raise ValueError("its RLE header does not fit its pixels")
    pixels = np.empty((rows, columns), dtype=f">u{n_bytes}")
    planes = pixels.view(np.uint8).reshape(rows * columns, n_bytes)
    for plane, start, end in zip(planes.T, starts, ends, strict=False):
        if not start < end <= len(frame):
            raise ValueError("an RLE segment lies outside of its frame")
        values = np.frombuffer(decode_segment(frame[start:end]), dtype=np.uint8)
        if values.size != plane.size:
            raise ValueError("an RLE segment does not hold one byte of every pixel")
        plane[:] = values
    return pixels.astype(f"<u{n_bytes}")
