"""From stored values to Hounsfield units: one table for every way of storing them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calciseg.reading.headers import PixelCode, Rescale

__all__ = ["AIR_FLOOR_HU", "PixelScale", "hu_table", "is_padding", "looks_signed", "pixel_scale"]

AIR_FLOOR_HU = -1024
"""Nothing is thinner than air (-1000 HU, with noise around it). Scanners mark "not measured" with -2000,
-3024 and the like; such marks, and stated padding, become this one value: no mean or gradient sees them."""

_CEILING_HU = int(np.iinfo(np.int16).max)
_LOWEST_PLAIN_INTERCEPT = -2000.0
_UPPER_HALF_FRACTION = 0.05
"""Metal and unstated padding stay below it or are saturated; air around a body does not."""
_LOWEST_SIGNED = -4096
"""No scanner writes less than -4096."""
_AIR_BELOW = -200
"""As signed values most of the upper half would be air; 65535 alone is saturation."""
_PADDING_LIKE_TISSUE_HU = (-200.0, 3071.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelScale:
    """Everything that decides the Hounsfield units of a stored value."""

    slope: float
    intercept: float
    bits_allocated: int
    bits_stored: int
    lowest_bit: int
    is_signed: bool
    padding: tuple[int, int] | None
    """Lowest and highest padding value, both included, as stored values."""

    @property
    def is_padding_like_tissue(self) -> bool:
        """Whether the stated padding would be a value of tissue (a header that says 0 by default)."""
        if self.padding is None:
            return False
        low_hu, high_hu = _PADDING_LIKE_TISSUE_HU
        return any(low_hu <= value * self.slope + self.intercept <= high_hu for value in self.padding)

    def stored_values(self) -> NDArray[np.int64]:
        """Return the stored value behind every bit pattern of a pixel.

        Bits outside the stored ones may hold overlays or junk and are masked.
        """
        patterns = np.arange(1 << self.bits_allocated, dtype=np.int64)
        values = (patterns >> self.lowest_bit) & ((1 << self.bits_stored) - 1)
        if self.is_signed:
            values[values >= 1 << (self.bits_stored - 1)] -= 1 << self.bits_stored
        return values


def pixel_scale(code: PixelCode, rescale: Rescale) -> PixelScale:
    """Bring what the header says of its values into one record; checked before by ``usability``."""
    bits_allocated = code.bits_allocated or 16
    bits_stored = code.bits_stored or bits_allocated
    high_bit = bits_stored - 1 if code.high_bit is None else code.high_bit
    padding = None
    if rescale.padding is not None:
        limit = rescale.padding if rescale.padding_limit is None else rescale.padding_limit
        padding = (min(rescale.padding, limit), max(rescale.padding, limit))
    return PixelScale(
        slope=1.0 if rescale.slope is None else rescale.slope,
        intercept=0.0 if rescale.intercept is None else rescale.intercept,
        bits_allocated=bits_allocated,
        bits_stored=bits_stored,
        lowest_bit=max(0, high_bit - bits_stored + 1),
        is_signed=code.is_signed,
        padding=padding,
    )


def is_padding(scale: PixelScale) -> NDArray[np.bool_]:
    """Tell for every bit pattern of a pixel whether it is stated padding.

    The pattern counts as well as the value: padding is often written with the wrong sign (63536 for -2000)
    or with more bits than the image has.
    """
    patterns = np.arange(1 << scale.bits_allocated, dtype=np.int64)
    if scale.padding is None:
        return np.zeros(patterns.shape, dtype=np.bool_)
    low, high = scale.padding
    values = scale.stored_values()
    stated: NDArray[np.bool_] = (values >= low) & (values <= high)
    if low == high:
        stated |= patterns == low % (1 << scale.bits_allocated)
    return stated


def looks_signed(scale: PixelScale, patterns: NDArray[np.unsignedinteger]) -> bool:
    """Tell values that were written signed under a header that says unsigned.

    Then air is 64512 for -1024, which would be denser than any metal. An intercept far below air means that
    the upper half is used on purpose.
    """
    if scale.is_signed or scale.bits_stored != 16 or scale.bits_allocated != 16:
        return False
    if scale.slope != 1.0 or scale.intercept < _LOWEST_PLAIN_INTERCEPT:
        return False
    is_upper = patterns >= 1 << 15
    if is_upper.mean() <= _UPPER_HALF_FRACTION:
        return False
    signed = patterns[is_upper].astype(np.int32) - (1 << 16)
    return bool(signed.min() >= _LOWEST_SIGNED and np.median(signed) <= _AIR_BELOW)


def hu_table(scale: PixelScale, *, is_padding_used: bool) -> NDArray[np.int16]:
    """Return the Hounsfield units of every bit pattern of a pixel, rounded half to even.

    Parameters
    ----------
    scale : PixelScale
    is_padding_used : bool
        Whether stated padding becomes ``AIR_FLOOR_HU``.
    """
    hu = np.rint(scale.stored_values() * scale.slope + scale.intercept)
    if is_padding_used:
        hu[is_padding(scale)] = AIR_FLOOR_HU
    table: NDArray[np.int16] = np.clip(hu, AIR_FLOOR_HU, _CEILING_HU).astype(np.int16)
    return table
