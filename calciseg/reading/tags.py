"""The attributes that are read from a header. What is not listed here, a name above all, is never read."""

from pydicom.datadict import tag_for_keyword

__all__ = ["HEADER_TAGS"]

_KEYWORDS = """
    SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID Modality StudyDate
    PatientBirthDate PatientSex PatientAge
    ContrastBolusAgent ContrastBolusAgentSequence ContrastBolusRoute BodyPartExamined
    Manufacturer ManufacturerModelName AcquisitionType FilterMaterial FilterType MonoenergeticEnergyEquivalent
    MultienergyCTCharacteristicsSequence CTAcquisitionTypeSequence
    SliceThickness KVP ConvolutionKernel Laterality ImageLaterality
    StudyInstanceUID SeriesInstanceUID SeriesNumber SeriesDescription AcquisitionNumber FrameOfReferenceUID
    ImagePositionPatient ImageOrientationPatient
    SamplesPerPixel PhotometricInterpretation PlanarConfiguration NumberOfFrames Rows Columns PixelSpacing
    BitsAllocated BitsStored HighBit PixelRepresentation PixelPaddingValue PixelPaddingRangeLimit
    RescaleIntercept RescaleSlope RescaleType LossyImageCompression
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence
"""


def _tags() -> tuple[int, ...]:
    found = (tag_for_keyword(keyword) for keyword in _KEYWORDS.split())
    return tuple(tag for tag in found if tag is not None)


HEADER_TAGS = _tags()
"""Plain numbers: every tag of a header is looked up in them, and pydicom's own tags are slow to compare."""
