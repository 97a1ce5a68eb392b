"""Radiographs: bright is dense, and a millimetre is worth what the header says."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from calciseg.model import ImageHeader, Issue, IssueCode, Radiograph, SpacingBasis
from calciseg.reading.doubts import is_lossy, made_uid_issues
from calciseg.reading.grouping import StudyFiles
from calciseg.reading.headers import SliceHeader
from calciseg.reading.hounsfield import pixel_scale
from calciseg.reading.pixels import read_patterns
from calciseg.reading.projection_codes import body_part_of, view_of
from calciseg.reading.refusal import RefusedError
from calciseg.reading.usability import PixelLimits, check_pixels, kind_of_colour
from calciseg.reading.values import integer, items, numbers, text
from calciseg.reading.words import counted

__all__ = ["MODALITIES", "read_radiographs", "why_no_radiograph"]

MODALITIES = frozenset({"CR", "DX"})
_POLARITIES = ("MONOCHROME1", "MONOCHROME2")
_SPACINGS_MM = (1e-3, 1e1)
_SAME_SPACING_FRACTION = 1e-3
_EDGES = {
    axis: tuple((f"{what}{first}", f"{what}{last}") for what in ("Collimator", "Shutter"))
    for axis, first, last in (
        ("y", "UpperHorizontalEdge", "LowerHorizontalEdge"),
        ("x", "LeftVerticalEdge", "RightVerticalEdge"),
    )
}
_GIVE_RADIOGRAPH = "give a plain radiograph"
_LIMITS = PixelLimits(name="CR or DX", largest_side=20000, remedy=_GIVE_RADIOGRAPH)
"""A spine and both legs, stitched at 0.1 mm, have 18 000 rows."""


def read_radiographs(study: StudyFiles) -> tuple[tuple[Radiograph, ...], tuple[Issue, ...]]:
    """Read the radiographs of a study; one that cannot be read is an issue and does not stop the others.

    Copies of one film are read once.
    """
    found: list[Radiograph] = []
    issues: list[Issue] = []
    n_copies = 0
    for series in study.series:
        for header in series.slices if series.modality in MODALITIES else ():
            try:
                film = _read(header, series.series_instance_uid, study)
            except RefusedError as refusal:
                uid = series.series_instance_uid
                message = f"A radiograph of series {uid} was left out: {refusal.reason}; {refusal.remedy}."
                issues.append(Issue(code=IssueCode.RADIOGRAPH_UNREADABLE, message=message))
                continue
            is_copy = any(_is_copy(film, other) for other in found)
            n_copies += is_copy
            found += () if is_copy else (film,)
    if n_copies:
        message = f"Left out: {counted(n_copies, 'second file')} of one radiograph."
        issues.append(Issue(code=IssueCode.FILES_IGNORED, message=message))
    return tuple(found), tuple(issues)


def _is_copy(film: Radiograph, other: Radiograph) -> bool:
    """Whether two films are one; the pixels are asked too, for some anonymisers give all films one UID."""
    is_named_so = film.header.sop_instance_uids == other.header.sop_instance_uids
    return is_named_so and np.array_equal(film.values, other.values)


def why_no_radiograph(header: SliceHeader) -> RefusedError | None:
    """Say why a radiograph cannot be read, without its pixels; ``None`` if nothing speaks against it."""
    try:
        _checked(header)
    except RefusedError as refusal:
        return refusal
    return None


def _read(header: SliceHeader, series_instance_uid: str, study: StudyFiles) -> Radiograph:
    """Read one radiograph.

    Raises
    ------
    RefusedError
        It is no plain grey image, or its pixels cannot be read.
    """
    dataset, table = _checked(header)
    values = np.take(table, read_patterns(header))
    spacing_mm_yx, basis = _spacing(dataset)
    has_text = {"YES": True, "NO": False}.get(text(dataset, "BurnedInAnnotation") or "")
    return Radiograph(
        header=ImageHeader(
            series_instance_uid=series_instance_uid,
            sop_instance_uids=(header.identity,),
            modality=header.modality or "CR",
            acquisition=None if header.acquisition is None else str(header.acquisition),
            laterality=header.laterality,
            view=view_of(dataset),
            body_part=body_part_of(dataset),
            kvp=header.kvp,
        ),
        values=values,
        spacing_mm_yx=spacing_mm_yx,
        spacing_basis=basis,
        field_yx=(_field(dataset, "y", values.shape[0]), _field(dataset, "x", values.shape[1])),
        has_burned_in_text=has_text,
        issues=(
            *made_uid_issues(series_instance_uid, study),
            *_issues(spacing_mm_yx, has_text, has_loss=is_lossy(header)),
        ),
    )


def _checked(header: SliceHeader) -> tuple[Dataset, NDArray[np.uint16]]:
    """Return the whole header of a radiograph and the value of every bit pattern; raises as :func:`_read`."""
    code = header.pixel_code
    colour = kind_of_colour(code)
    if colour is not None:
        raise RefusedError(f"it is {colour}", _GIVE_RADIOGRAPH)
    if code.photometric_interpretation not in _POLARITIES:
        what = "it states no photometric interpretation that says whether bright is dense"
        raise RefusedError(what, f"export it anew with {' or '.join(_POLARITIES)}")
    if code.n_frames != 1:
        raise RefusedError(f"it has {code.n_frames} frames", _GIVE_RADIOGRAPH)
    check_pixels(header, _LIMITS)
    dataset = _whole_header(header)
    return dataset, _dense_is_bright(header, dataset)


def _whole_header(header: SliceHeader) -> Dataset:
    try:
        dataset = header.file.whole_header()
        dataset.get("ModalityLUTSequence")  # a sequence is parsed when it is first asked for
    except Exception as error:  # a damaged header raises whatever pydicom's parser raises
        raise RefusedError(
            f"has a damaged DICOM header ({type(error).__name__})", _GIVE_RADIOGRAPH
        ) from error
    return dataset


def _dense_is_bright(header: SliceHeader, dataset: Dataset) -> NDArray[np.uint16]:
    """Return the value of every bit pattern: rescaled, dense upwards, from zero on, in whole steps."""
    scale = pixel_scale(header.pixel_code, header.rescale)
    stored = scale.stored_values()
    lut = items(dataset, "ModalityLUTSequence")
    if scale.slope == 0.0 and not lut:
        raise RefusedError("its rescale slope is 0, which makes all pixels equal", _GIVE_RADIOGRAPH)
    values = _looked_up(stored, lut[0]) if lut else stored * scale.slope + scale.intercept
    low, high = float(values.min()), float(values.max())
    is_inverse = text(dataset, "PresentationLUTShape") == "INVERSE"
    if header.pixel_code.photometric_interpretation == "MONOCHROME1" or is_inverse:
        values = low + high - values
    # Films of optical density have slopes such as 0.001: a grey level is what the rescale makes of one stored
    # value. A scale of more than 16 bits is narrowed: the order of values is what counts in a radiograph.
    level = 1.0 if lut else min(1.0, abs(scale.slope))
    step = max(level, (high - low) / np.iinfo(np.uint16).max)
    table: NDArray[np.uint16] = np.rint((values - low) / step).astype(np.uint16)
    return table


def _looked_up(stored: NDArray[np.int64], lut: Dataset) -> NDArray[np.float64]:
    """Apply a Modality LUT; values beyond its ends take those of the ends.

    Raises
    ------
    RefusedError
        The table is not there or not as long as it says.
    """
    descriptor = numbers(lut, "LUTDescriptor", 3)
    n_entries, first = (0, 0) if descriptor is None else (int(descriptor[0]) or 1 << 16, int(descriptor[1]))
    entries = _lut_entries(lut, n_entries)
    if entries is None or not 0 < n_entries <= len(entries):
        raise RefusedError("its Modality LUT is damaged", _GIVE_RADIOGRAPH)
    found: NDArray[np.float64] = entries[np.clip(stored - first, 0, n_entries - 1)]
    return found


def _lut_entries(lut: Dataset, n_entries: int) -> NDArray[np.float64] | None:
    try:
        data = lut.get("LUTData")
        if isinstance(data, bytes):
            data = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if len(data) >= 2 * n_entries else "u1")
        return np.array(data, dtype=np.float64, ndmin=1)
    except Exception:  # as in _whole_header; whatever stands there instead of numbers counts as missing
        return None


def _spacing(dataset: Dataset) -> tuple[tuple[float, float] | None, SpacingBasis]:
    """Tell spacing at the detector, or on a film that was scanned, from spacing in the patient."""
    detector = _spacing_mm(dataset, "ImagerPixelSpacing") or _spacing_mm(
        dataset, "NominalScannedPixelSpacing"
    )
    image = _spacing_mm(dataset, "PixelSpacing")
    if image is None:
        basis = SpacingBasis.MISSING if detector is None else SpacingBasis.DETECTOR
        return detector, basis
    if text(dataset, "PixelSpacingCalibrationType") is not None:
        return image, SpacingBasis.CALIBRATED
    if detector is None:
        return image, SpacingBasis.UNSTATED
    is_same = np.allclose(image, detector, rtol=_SAME_SPACING_FRACTION)
    return image, SpacingBasis.DETECTOR if is_same else SpacingBasis.CALIBRATED


def _spacing_mm(dataset: Dataset, keyword: str) -> tuple[float, float] | None:
    found = numbers(dataset, keyword, 2)
    low_mm, high_mm = _SPACINGS_MM
    if found is None or min(found) < low_mm or max(found) > high_mm:
        return None
    return found[0], found[1]


def _field(dataset: Dataset, axis: str, length: int) -> tuple[int, int]:
    """Return the open part between the edges of collimator and shutter, which are counted from one.

    Edges between which nothing is left are no edges.
    """
    start, stop = 0, length
    for keywords in _EDGES[axis]:
        first, last = (integer(dataset, keyword) for keyword in keywords)
        low, high = max(start, first or 0), min(stop, stop if last is None else last - 1)
        start, stop = (low, high) if low < high else (start, stop)
    return start, stop


def _issues(
    spacing_mm_yx: tuple[float, float] | None, has_text: bool | None, *, has_loss: bool
) -> tuple[Issue, ...]:
    issues = []
    if spacing_mm_yx is None:
        message = (
            "The radiograph states no valid pixel spacing: areas are in pixels, its maps use 1 mm, and what "
            "is looked for and the words for shape assume a film of usual size (assumed_length_mm)."
        )
        issues.append(Issue(code=IssueCode.PIXEL_SPACING_MISSING, message=message))
    if has_text:
        message = "The header states letters burned into the pixels; they may look dense."
        issues.append(Issue(code=IssueCode.BURNED_IN_TEXT, message=message))
    if has_loss:
        message = "The radiograph was compressed with loss, so fine calcium may differ."
        issues.append(Issue(code=IssueCode.LOSSY_COMPRESSION, message=message))
    return tuple(issues)
