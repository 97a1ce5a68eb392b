"""Pixels: read, decoded and rescaled in parallel, straight into one volume."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

from calciseg.reading.decoded_slabs import DecodedSlabs, SlabSink
from calciseg.reading.decoders import decode_frame, is_compressed
from calciseg.reading.fragments import is_whole
from calciseg.reading.geometry import Resampling
from calciseg.reading.headers import SliceHeader
from calciseg.reading.hounsfield import (
    PixelScale,
    hu_table,
    is_padding,
    looks_signed,
    pixel_scale,
)
from calciseg.reading.patient_order import PatientOrder
from calciseg.reading.refusal import RefusedError
from calciseg.reading.resampling import interpolated, room_for

__all__ = ["Progress", "Voxels", "read_hu", "read_patterns"]

Progress = Callable[[int, int], None]

_MOST_THREADS = 8
_SEND_AGAIN = "copy or send the study again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Voxels:
    """A volume in Hounsfield units and what had to be put right on the way."""

    hu: NDArray[np.int16]
    """C-contiguous, its axes in the patient's order."""
    n_sign_corrected: int
    """Slices whose stored values were signed although their header says unsigned."""


def read_hu(
    slices: Sequence[SliceHeader],
    order: PatientOrder,
    resampling: Resampling | None = None,
    progress: Progress | None = None,
    n_threads: int | None = None,
    sink: SlabSink | None = None,
) -> Voxels:
    """Read the slices, in this order, into one volume in Hounsfield units.

    Parameters
    ----------
    slices : sequence of SliceHeader
        All of one size.
    order : PatientOrder
        How their axes become those of the volume.
    resampling : Resampling, optional
        How they are laid into a volume that is not theirs.
    progress : callable, optional
        Called with the number of slices done and their total.
    n_threads : int, optional
        How many slices are decoded at once; the result does not depend on it.
    sink : SlabSink, optional
        Gets every slice of the volume once, slab by slab while others are decoded where that can be.

    Returns
    -------
    Voxels
        What no slice shows is ``AIR_FLOOR_HU``.

    Raises
    ------
    RefusedError
        A file is truncated or its pixels cannot be decoded; the message names it.
    """
    stack, places = room_for(slices, order, resampling)
    shared = _shared_contents(slices)
    is_final = resampling is None or resampling.levels is None
    slabs = None
    if sink is not None and is_final and order.stack_axes[0] == 0:
        slabs = DecodedSlabs(order.volume_of(stack), is_reversed=order.is_reversed[0], sink=sink)
    with ThreadPoolExecutor(n_threads or min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        jobs = [
            pool.submit(_read_into, places, z, header, shared.get(id(header.file)), slabs)
            for z, header in enumerate(slices)
        ]
        n_sign_corrected = 0
        try:
            for n_done, job in enumerate(jobs, start=1):
                n_sign_corrected += job.result()
                if progress is not None:
                    progress(n_done, len(jobs))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    if resampling is not None and resampling.levels is not None:
        stack = interpolated(stack, order, places[0].shape, resampling.offsets_yx, resampling.levels)
    hu = order.volume_of(stack)
    if sink is not None and slabs is None:
        sink(hu, 0)
    return Voxels(hu=hu, n_sign_corrected=n_sign_corrected)


def _shared_contents(slices: Sequence[SliceHeader]) -> dict[int, bytes]:
    """Load the pixel data of multi-frame files that cannot be read frame by frame, once for all frames."""
    n_slices = Counter(id(header.file) for header in slices)
    shared: dict[int, bytes] = {}
    for header in slices:
        place = header.pixel_code.place
        is_whole_needed = is_compressed(header.pixel_code) or (place is not None and place.offset is None)
        if n_slices[id(header.file)] > 1 and is_whole_needed and id(header.file) not in shared:
            shared[id(header.file)] = _read_bytes(header)
    return shared


def _read_bytes(header: SliceHeader, start: int = 0, n_bytes: int | None = None) -> bytes:
    place = header.pixel_code.place
    assert place is not None  # a slice without pixels is refused before
    try:
        return header.file.pixel_bytes(place, start, n_bytes)
    except Exception as error:  # a damaged deflated data set or zip raises whatever its parser raises
        raise _damaged(header, error) from error


def read_patterns(header: SliceHeader, content: bytes | None = None) -> NDArray[np.unsignedinteger]:
    """Return the stored pixels of one image as unsigned bit patterns, shape (rows, columns).

    Raises
    ------
    RefusedError
        They are truncated or cannot be decoded.
    """
    return (_decoded if is_compressed(header.pixel_code) else _uncompressed)(header, content)


def _read_into(
    places: Sequence[NDArray[np.int16]],
    n: int,
    header: SliceHeader,
    content: bytes | None,
    slabs: DecodedSlabs | None,
) -> bool:
    """Write the n-th slice into its place and tell the slabs."""
    was_corrected = _read_slice(header, places[n], content)
    if slabs is not None:
        slabs.add(n)
    return was_corrected


def _read_slice(header: SliceHeader, out_hu: NDArray[np.int16], content: bytes | None) -> bool:
    """Write one slice into its place; ``content`` is the pixel data of its file if it is loaded already.

    Returns whether its values were signed against what its header says.
    """
    patterns = read_patterns(header, content)
    scale = pixel_scale(header.pixel_code, header.rescale)
    is_signed_after_all = looks_signed(scale, patterns)
    if is_signed_after_all:
        scale = replace(scale, is_signed=True)
    table = _cached_table(scale, _is_padding_believed(scale, patterns))
    # mode="clip" lets numpy write into the volume without a buffer; every pattern has an entry.
    np.take(table, patterns, out=out_hu, mode="clip")
    return is_signed_after_all


@lru_cache(maxsize=64)
def _cached_table(scale: PixelScale, is_padding_used: bool) -> NDArray[np.int16]:
    return hu_table(scale, is_padding_used=is_padding_used)


@lru_cache(maxsize=64)
def _cached_is_padding(scale: PixelScale) -> NDArray[np.bool_]:
    return is_padding(scale)


def _is_padding_believed(scale: PixelScale, patterns: NDArray[np.unsignedinteger]) -> bool:
    """Believe a padding value that looks like tissue only where it fills a corner, as real padding does."""
    if not scale.is_padding_like_tissue:
        return scale.padding is not None
    corners = patterns[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(_cached_is_padding(scale)[corners].any())


def _uncompressed(header: SliceHeader, content: bytes | None) -> NDArray[np.unsignedinteger]:
    """Return the stored pixels of one slice as unsigned bit patterns, shape (rows, columns)."""
    code = header.pixel_code
    rows, columns = code.rows or 0, code.columns or 0
    dtype = np.dtype(f"{'<' if code.is_little_endian else '>'}u{(code.bits_allocated or 16) // 8}")
    n_bytes = rows * columns * dtype.itemsize
    start = header.frame * n_bytes
    frame = _read_bytes(header, start, n_bytes) if content is None else content[start : start + n_bytes]
    if len(frame) < n_bytes:
        what = f"is truncated: it holds {len(frame)} of {n_bytes} bytes of pixel data"
        raise RefusedError(what, _SEND_AGAIN, file_label=header.file.label)
    return np.frombuffer(frame, dtype=dtype).reshape(rows, columns)


def _decoded(header: SliceHeader, content: bytes | None) -> NDArray[np.unsignedinteger]:
    """Return the stored pixels of one compressed slice as unsigned bit patterns, shape (rows, columns)."""
    code = header.pixel_code
    content = _read_bytes(header) if content is None else content
    if not is_whole(content):
        what = "is truncated: its compressed pixel data ends early"
        raise RefusedError(what, _SEND_AGAIN, file_label=header.file.label)
    try:
        pixels = decode_frame(content, header.frame, code)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # decoders raise what they like; a panic in Rust is no Exception
        raise _damaged(header, error) from error
    if pixels.shape != (code.rows, code.columns):
        what = "holds an image of another size than its header says"
        raise RefusedError(what, _SEND_AGAIN, file_label=header.file.label)
    return pixels.view(f"u{pixels.dtype.itemsize}")


def _damaged(header: SliceHeader, error: BaseException) -> RefusedError:
    name = UID(header.pixel_code.transfer_syntax_uid).name
    what = f"cannot be decoded ({name}, {type(error).__name__})"
    return RefusedError(what, _SEND_AGAIN, file_label=header.file.label)
