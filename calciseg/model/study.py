"""What the reader hands to the chains: a study with its images, without a name in it."""

from dataclasses import dataclass, field

from calciseg.model.images import CtVolume, Issue, PatientFacts
from calciseg.model.radiograph import Radiograph
from calciseg.model.source import SourceHeaders

__all__ = ["Study"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """One study, ready to be analysed."""

    study_instance_uid: str
    images: tuple[CtVolume, ...]
    radiographs: tuple[Radiograph, ...] = ()
    patient: PatientFacts = field(default_factory=PatientFacts)
    issues: tuple[Issue, ...] = ()
    source: SourceHeaders = field(default_factory=SourceHeaders)
    """The headers it was read from, for DICOM writers; never serialised."""
