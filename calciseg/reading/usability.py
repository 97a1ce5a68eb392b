"""Whether a series, and every slice of it, can be measured as CT; if not, why."""

from dataclasses import dataclass

from pydicom.uid import UID

from calciseg.reading.beams import words_of
from calciseg.reading.decoders import can_decode, is_compressed
from calciseg.reading.grouping import SeriesFiles
from calciseg.reading.headers import PixelCode, SliceHeader
from calciseg.reading.refusal import RefusedError
from calciseg.reading.words import counted

__all__ = [
    "CT_IMAGES",
    "PixelLimits",
    "check_pixels",
    "check_slice",
    "kind_of_colour",
    "why_no_ct",
    "why_not_part_of_volume",
]

CT_IMAGES = "1.2.840.10008.5.1.4.1.1.2"
"""SOP class of CT images, and how those of the Enhanced and legacy-converted ones begin."""
_SECONDARY_CAPTURES = "1.2.840.10008.5.1.4.1.1.7"
_LARGEST_SLOPE = 100.0
_LARGEST_INTERCEPT = 32768.0
"""Beyond these, or with a slope below 0, values would be clipped to one."""
_HIGHEST_DIAGNOSTIC_KVP = 200.0
_NO_CT_VALUES = {
    "LOCALIZER": "a localizer",
    "DOSE_INFO": "a dose screen",
    "SCREEN SAVE": "a screen capture",
    "MIP": "a maximum intensity projection",
    "MAX_IP": "a maximum intensity projection",
    "MIN_IP": "a minimum intensity projection",
    "PROJECTION IMAGE": "a projection",
    "VOLUME_RENDERED": "a rendering",
    "MAT_FRACTIONAL": "a material map",
    "MAT_VALUE_BASED": "a material map",
    "MAT_MODIFIED": "an image with a material changed",
    "EFF_ATOMIC_NUM": "a map of atomic numbers",
    "ELECTRON_DENSITY": "a map of electron density",
    "MATERIAL_FRACTION": "a material map",
    "MAT_SPECIFIC": "a material map",
    "MAT_REMOVED": "a material-removed image",
    "IODINE": "an iodine map",
    "VNC": "a virtual non-contrast image",
    "VIRTUAL_NC": "a virtual non-contrast image",
    "PERFUSION": "a perfusion map",
}
_COLOURS = ("RGB", "ARGB", "CMYK", "HSV", "PALETTE", "YBR")
"""How the photometric interpretations of colour images begin."""
_HU_TYPES = (None, "HU", "US")
"""Some writers put US (unspecified) into plain CT; it is read as HU where nothing else speaks against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelLimits:
    """What images of a kind have at most, and what to give in place of one that cannot be read."""

    name: str
    largest_side: int
    remedy: str


_NO_GROUPS = "no per-frame functional groups that say where each of them lies"
_GIVE_CT = "give a plain CT series of the patient"
_CT_LIMITS = PixelLimits(name="CT", largest_side=8192, remedy=_GIVE_CT)
_SEND_AGAIN = "copy or send the study again"


def why_no_ct(series: SeriesFiles) -> RefusedError | None:
    """Say why a series of another modality is not read; ``None`` for CT."""
    modality = series.modality
    if modality == "CT":
        return None
    if modality is None:
        return RefusedError("it states no modality", "calciseg reads CT series")
    return RefusedError(
        f"its modality is {modality}", "calciseg needs CT, CR or DX: give a CT series or a plain radiograph"
    )


def why_not_part_of_volume(header: SliceHeader) -> RefusedError | None:
    """Say why a slice can never be part of a CT volume; ``None`` if it can.

    Slices with such a reason are left out of a series that has others without.
    """
    what = _kind_that_is_no_ct(header)
    return None if what is None else RefusedError(f"it is {what}", _GIVE_CT)


def _kind_that_is_no_ct(header: SliceHeader) -> str | None:
    code = header.pixel_code
    sop_class_uid = header.sop_class_uid or CT_IMAGES
    if sop_class_uid.startswith(_SECONDARY_CAPTURES):
        return "a secondary capture"
    if code.place is None and not sop_class_uid.startswith(CT_IMAGES):
        return "an object without pixels"
    colour = kind_of_colour(code)
    if colour is not None:
        return colour
    if header.beam.is_cone_beam:
        return "a cone-beam CT, whose values are not Hounsfield units"
    if header.beam.is_megavolt:
        return "a megavolt CT, in which calcium hardly shows"
    words = words_of(header.image_type)
    return next((meaning for word, meaning in _NO_CT_VALUES.items() if word in words), None)


def kind_of_colour(code: PixelCode) -> str | None:
    """Say what kind of image one is that is not known to be grey; ``None`` for grey ones.

    CT that does not state it is taken for grey: it has no other kind.
    """
    stated = code.photometric_interpretation
    if code.samples_per_pixel != 1:
        return f"a colour image ({stated or f'{code.samples_per_pixel} samples a pixel'})"
    if stated is None or stated.startswith("MONOCHROME"):
        return None
    if stated.startswith(_COLOURS):
        return f"a colour image ({stated})"
    return f"an image with a photometric interpretation that is not known ({stated})"


def check_slice(header: SliceHeader) -> None:
    """Refuse a slice that belongs to the volume and cannot be read; the message names its file."""
    problem = _value_problem(header)
    check_pixels(header, _CT_LIMITS)
    _check_frames(header)
    if problem is not None:
        raise RefusedError(problem, _GIVE_CT, file_label=header.file.label)


def _check_frames(header: SliceHeader) -> None:
    """Refuse an object that does not say of every frame where it lies: the others would be lost unseen."""
    n_stated, n_described = header.pixel_code.n_frames, header.pixel_code.n_frames_described
    if n_stated == (n_described or 1):
        return
    described = f"per-frame functional groups for {n_described}" if n_described else _NO_GROUPS
    what = f"states {counted(n_stated, 'frame')} and has {described}"
    raise RefusedError(what, "send it anew, whole or as single slices", file_label=header.file.label)


def check_pixels(header: SliceHeader, limits: PixelLimits) -> None:
    """Refuse an image whose pixels cannot be read; the message names its file."""
    label = header.file.label
    if header.pixel_code.place is None:
        raise RefusedError("is truncated: it has no pixel data", _SEND_AGAIN, file_label=label)
    problem = _pixel_problem(header.pixel_code, limits)
    if problem is not None:
        raise RefusedError(problem, limits.remedy, file_label=label)
    n_missing = _n_missing_bytes(header)
    if n_missing > 0:
        what = f"is truncated: {n_missing} bytes of its pixel data are missing"
        raise RefusedError(what, _SEND_AGAIN, file_label=label)


def _pixel_problem(code: PixelCode, limits: PixelLimits) -> str | None:
    if not code.rows or not code.columns or not min(code.rows, code.columns) > 0:
        return "states no rows or columns"
    if max(code.rows, code.columns) > limits.largest_side:
        return f"states {code.rows} x {code.columns} pixels, which no {limits.name} image has"
    if code.bits_allocated is None:
        return "states no number of bits a pixel"
    if code.bits_allocated not in (8, 16):
        return f"stores {code.bits_allocated} bits a pixel; {limits.name} has 16"
    if code.bits_stored is not None and not 1 <= code.bits_stored <= code.bits_allocated:
        return f"states {code.bits_stored} bits stored of {code.bits_allocated}"
    if code.high_bit is not None and not 0 <= code.high_bit < code.bits_allocated:
        return f"states bit {code.high_bit} as the highest of {code.bits_allocated}"
    if not can_decode(code):
        return (
            f"is compressed in a way that no installed decoder knows ({UID(code.transfer_syntax_uid).name})"
        )
    return None


def _value_problem(header: SliceHeader) -> str | None:
    rescale = header.rescale
    if rescale.rescale_type not in _HU_TYPES:
        return f"holds values in {rescale.rescale_type}, not in Hounsfield units"
    if rescale.slope == 0 or (rescale.slope is None) != (rescale.intercept is None):
        return "has no valid rescale slope and intercept"
    if rescale.slope is None:
        return "has no rescale slope and intercept, so its values are not Hounsfield units"
    if not 0 < rescale.slope <= _LARGEST_SLOPE or abs(rescale.intercept or 0.0) > _LARGEST_INTERCEPT:
        return f"states a rescale of {rescale.slope:g} x + {rescale.intercept:g}, which no CT has"
    if header.kvp is not None and header.kvp > _HIGHEST_DIAGNOSTIC_KVP:
        return f"was made at {header.kvp:g} kV, which is no diagnostic CT"
    return None


def _n_missing_bytes(header: SliceHeader) -> int:
    """How much of uncompressed pixel data lies beyond the end of its file."""
    code, size = header.pixel_code, header.file.n_bytes()
    if code.place is None or code.place.offset is None or size is None or is_compressed(code):
        return 0
    n_bytes = (code.rows or 0) * (code.columns or 0) * ((code.bits_allocated or 16) // 8)
    held = size - code.place.offset
    if code.place.n_bytes is not None:
        held = min(held, code.place.n_bytes)
    return max(0, n_bytes * (header.frame + 1) - held)
