"""All that was measured in one study: CT volumes and radiographs."""

from dataclasses import dataclass, field

from calciseg.model.classification import Classification
from calciseg.model.images import Issue, PatientFacts
from calciseg.model.radiograph_result import RadiographResult
from calciseg.model.result import ImageResult
from calciseg.model.source import SourceHeaders
from calciseg.settings import Settings

__all__ = ["StudyResult"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyResult:
    """All that was measured in one study."""

    study_instance_uid: str
    patient: PatientFacts
    images: tuple[ImageResult, ...]
    """The CT volumes."""
    issues: tuple[Issue, ...]
    settings: Settings
    created: str
    """ISO 8601, UTC."""
    radiographs: tuple[RadiographResult, ...] = ()
    """Numbered on after the CT volumes."""
    classification: Classification | None = None
    """None: not run."""
    source: SourceHeaders = field(default_factory=SourceHeaders)
    """The headers of the study, for DICOM writers; never serialised."""

    @property
    def all_images(self) -> tuple[ImageResult | RadiographResult, ...]:
        """CT volumes and radiographs, in the order of their numbers."""
        return (*self.images, *self.radiographs)
