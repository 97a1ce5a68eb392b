"""From a DICOM object to one record a slice: everything the package wants to know before the pixels."""

from dataclasses import dataclass, field
from hashlib import sha256

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from calciseg.model import PatientFacts
from calciseg.reading.beams import Beam, beam_of
from calciseg.reading.facts import contrast_agent, laterality, patient_facts
from calciseg.reading.files import DicomFile, PixelPlace
from calciseg.reading.frames import FrameView, frame_views, n_frames_described
from calciseg.reading.values import code_string, integer, number, numbers, text, uid

__all__ = ["OWN_SERIES", "PixelCode", "Rescale", "SliceHeader", "read_slices"]

OWN_SERIES = "calciseg (research)"
"""The series descriptions of the objects that calciseg writes begin so."""

_Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCode:
    """How the pixels are stored; the same for every frame of a file."""

    place: PixelPlace | None
    transfer_syntax_uid: str
    is_little_endian: bool
    n_frames: int
    n_frames_described: int
    """Those with functional groups of their own, which say where they lie; none in a classic object."""
    rows: int | None
    columns: int | None
    samples_per_pixel: int
    photometric_interpretation: str | None
    bits_allocated: int | None
    bits_stored: int | None
    high_bit: int | None
    is_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescale:
    """How stored values become Hounsfield units; equal ones share one lookup table."""

    slope: float | None
    intercept: float | None
    rescale_type: str | None
    padding: int | None
    """Stored value that means "nothing was measured here"."""
    padding_limit: int | None
    """Other end of the range of padding values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """One slice: a single-frame object, or one frame of a multi-frame object."""

    file: DicomFile = field(repr=False)
    frame: int
    modality: str | None
    sop_class_uid: str | None
    identity: str
    """What tells the object from others: its SOP Instance UID or, without one, a hash of its pixels."""
    study_instance_uid: str | None
    series_instance_uid: str | None
    frame_of_reference_uid: str | None
    series_number: int | None
    acquisition: int | None
    image_type: tuple[str, ...]
    position_lps_mm: _Vector | None
    orientation: _Vector | None
    """Image Orientation (Patient): the direction along a row, then down a column."""
    pixel_spacing_mm_yx: _Vector | None
    slice_thickness_mm: float | None
    kvp: float | None
    beam: Beam
    convolution_kernel: str | None
    body_part: str | None
    laterality: str | None
    contrast_agent: bool | None
    is_lossy: bool | None
    """``None`` where the header does not say."""
    is_own_product: bool
    """Whether calciseg wrote the object: a result, not a source."""
    pixel_code: PixelCode
    rescale: Rescale
    patient: PatientFacts


def read_slices(file: DicomFile) -> tuple[SliceHeader, ...]:
    """Read the header of a DICOM object: one record a slice, without pixels.

    Raises
    ------
    Exception
        Whatever pydicom raises on a header that it cannot parse.
    """
    dataset, place = file.header()
    code = _pixel_code(dataset, place)
    patient = patient_facts(dataset)
    identity = _identity(file, dataset, place)
    return tuple(_slice(file, identity, dataset, view, code, patient) for view in frame_views(dataset))


def _identity(file: DicomFile, dataset: Dataset, place: PixelPlace | None) -> str:
    # An anonymiser that blanks the data set often forgets the copies in the file meta group.
    stated = uid(dataset, "SOPInstanceUID") or uid(_meta(dataset), "MediaStorageSOPInstanceUID")
    if stated is not None:
        return stated
    content = b"" if place is None else file.pixel_bytes(place)
    position = numbers(dataset, "ImagePositionPatient", 3)
    digest = sha256(content + repr(position).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big') >> 1}"


def _meta(dataset: Dataset) -> Dataset:
    return getattr(dataset, "file_meta", None) or Dataset()


def _slice(
    file: DicomFile,
    identity: str,
    dataset: Dataset,
    view: FrameView,
    code: PixelCode,
    patient: PatientFacts,
) -> SliceHeader:
    measures = view.group("PixelMeasuresSequence")
    return SliceHeader(
        file=file,
        frame=view.frame,
        modality=code_string(dataset, "Modality"),
        sop_class_uid=uid(dataset, "SOPClassUID") or uid(_meta(dataset), "MediaStorageSOPClassUID"),
        identity=identity,
        study_instance_uid=uid(dataset, "StudyInstanceUID"),
        series_instance_uid=uid(dataset, "SeriesInstanceUID"),
        frame_of_reference_uid=uid(dataset, "FrameOfReferenceUID"),
        series_number=integer(dataset, "SeriesNumber"),
        acquisition=_acquisition(dataset, view),
        image_type=view.image_type,
        position_lps_mm=numbers(view.group("PlanePositionSequence"), "ImagePositionPatient", 3),
        orientation=numbers(view.group("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        pixel_spacing_mm_yx=numbers(measures, "PixelSpacing", 2),
        slice_thickness_mm=number(measures, "SliceThickness") or None,
        kvp=number(view.group("CTXRayDetailsSequence"), "KVP") or None,
        beam=beam_of(dataset, view),
        convolution_kernel=text(view.group("CTReconstructionSequence"), "ConvolutionKernel"),
        body_part=text(dataset, "BodyPartExamined"),
        laterality=laterality(dataset),
        contrast_agent=contrast_agent(dataset),
        is_lossy={"01": True, "00": False}.get(code_string(dataset, "LossyImageCompression") or ""),
        is_own_product=(text(dataset, "SeriesDescription") or "").startswith(OWN_SERIES),
        pixel_code=code,
        rescale=_rescale(dataset, view),
        patient=patient,
    )


def _acquisition(dataset: Dataset, view: FrameView) -> int | None:
    of_frame = integer(view.group("FrameContentSequence"), "FrameAcquisitionNumber")
    return integer(dataset, "AcquisitionNumber") if of_frame is None else of_frame


def _rescale(dataset: Dataset, view: FrameView) -> Rescale:
    values = view.group("PixelValueTransformationSequence")
    return Rescale(
        slope=number(values, "RescaleSlope"),
        intercept=number(values, "RescaleIntercept"),
        rescale_type=code_string(values, "RescaleType"),
        padding=integer(dataset, "PixelPaddingValue"),
        padding_limit=integer(dataset, "PixelPaddingRangeLimit"),
    )


def _pixel_code(dataset: Dataset, place: PixelPlace | None) -> PixelCode:
    _, is_little_endian = dataset.original_encoding
    n_described = n_frames_described(dataset)
    return PixelCode(
        place=place,
        transfer_syntax_uid=uid(_meta(dataset), "TransferSyntaxUID") or str(ImplicitVRLittleEndian),
        is_little_endian=is_little_endian is not False,
        n_frames=integer(dataset, "NumberOfFrames") or n_described or 1,
        n_frames_described=n_described,
        rows=integer(dataset, "Rows"),
        columns=integer(dataset, "Columns"),
        samples_per_pixel=integer(dataset, "SamplesPerPixel") or 1,
        photometric_interpretation=code_string(dataset, "PhotometricInterpretation"),
        bits_allocated=integer(dataset, "BitsAllocated"),
        bits_stored=integer(dataset, "BitsStored"),
        high_bit=integer(dataset, "HighBit"),
        is_signed=integer(dataset, "PixelRepresentation") == 1,
    )
