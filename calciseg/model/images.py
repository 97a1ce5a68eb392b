"""What an image and a CT volume are, without a name in them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.model.geometry import VolumeGeometry
from calciseg.model.vocabulary import IssueCode

__all__ = ["CtVolume", "ImageHeader", "Issue", "PatientFacts", "UnseenVolume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A doubt about a study or an image: data, not an exception."""

    code: IssueCode
    message: str
    """One sentence for people, with the size of the problem or of the repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientFacts:
    """What may be known of the patient. Never a name, an ID or a date of birth."""

    age_years: float | None = None
    sex: str | None = None
    """``"F"``, ``"M"`` or ``None``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What an image says of itself. Empty or missing attributes are ``None``."""

    series_instance_uid: str
    sop_instance_uids: tuple[str, ...]
    """Along the axis of the volume that the source was sliced along, rising: z unless it is a reformat."""
    modality: str = "CT"
    acquisition: str | None = None
    """Acquisition Number."""
    laterality: str | None = None
    """``left``, ``right`` or ``None``."""
    view: str | None = None
    body_part: str | None = None
    """Body Part Examined, as written."""
    kvp: float | None = None
    is_monoenergetic: bool = False
    """A virtual mono-energetic image: its HU belong to ``kev``, not to the tube voltage."""
    kev: float | None = None
    has_tin_filter: bool = False
    convolution_kernel: str | None = None
    slice_thickness_mm: float | None = None
    contrast_agent: bool | None = None
    """True if the header states a contrast agent other than in the bowel, None if it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CtVolume:
    """A CT volume in Hounsfield units on a regular grid.

    Attributes
    ----------
    hu : ndarray of int16, shape ``geometry.shape_zyx``
        C-contiguous and read-only. z rises to the head, y to the back, x to the left, each as nearly as the
        axes of the source allow, whatever way and in whatever order the source was sliced.
    frames_yx : ndarray of int, shape ``(n_slices, 2, 2)``, or None
        For rows and columns of each slice the first that was scanned, and where that stops; None where all
        were. What lies beyond shows nothing.
    """

    header: ImageHeader
    geometry: VolumeGeometry
    hu: NDArray[np.int16] = field(repr=False)
    is_resampled: bool = False
    frames_yx: NDArray[np.intp] | None = field(default=None, repr=False)
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        """Make the voxels read-only: what flows is frozen."""
        self.hu.setflags(write=False)
        if self.frames_yx is not None:
            self.frames_yx.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenVolume:
    """What a stored result says of a CT volume whose voxels are not at hand."""

    header: ImageHeader
    geometry: VolumeGeometry
    is_resampled: bool = False
    issues: tuple[Issue, ...] = ()
