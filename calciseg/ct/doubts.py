"""What makes the planes or the figures of a whole image doubtful."""

from calciseg.ct.body import Body
from calciseg.ct.candidates import DensityThresholds
from calciseg.ct.surroundings import Anatomy
from calciseg.model import CtVolume, Issue, IssueCode, holds_cavity

__all__ = ["doubts_of"]


def doubts_of(volume: CtVolume, body: Body, anatomy: Anatomy) -> tuple[Issue, ...]:
    """List what makes the planes or the figures of an image doubtful.

    Parameters
    ----------
    volume : CtVolume
    body : Body
    anatomy : Anatomy

    Returns
    -------
    tuple of Issue
    """
    doubts = []
    raised = _raised(anatomy.thresholds)
    if volume.header.contrast_agent:
        message = f"the header states a contrast agent, so {raised}"
        doubts.append(Issue(code=IssueCode.CONTRAST_STATED, message=message))
    elif anatomy.thresholds.are_raised:
        message = f"the image is noisy, so {raised}"
        doubts.append(Issue(code=IssueCode.THRESHOLD_RAISED, message=message))
    if body.is_cut:
        message = "the body reaches the edge of the field of view; depths and planes near it are doubtful"
        doubts.append(Issue(code=IssueCode.CUT_BY_FIELD_OF_VIEW, message=message))
    if not anatomy.compartments.has_fascia:
        message = "no muscle was found, so no deep fascia; planes below the skin are indeterminate"
        doubts.append(Issue(code=IssueCode.NO_MUSCLE_FOUND, message=message))
    elif holds_cavity(volume.header.body_part) and not anatomy.compartments.has_cavity:
        message = (
            f"the header says {volume.header.body_part}, but no chest, belly or pelvis was found, as in a "
            "child or a field that shows part of the trunk only: organs count as muscle, and what lies in "
            "them as a lesion"
        )
        doubts.append(Issue(code=IssueCode.NO_CAVITY_FOUND, message=message))
    return tuple(doubts)


def _raised(thresholds: DensityThresholds) -> str:
    """Say what a raised threshold means for the lesions."""
    return (
        f"the threshold was raised from {thresholds.calcium_hu:g} to {thresholds.grow_hu:g} HU: "
        f"calcifications that stay below {thresholds.seed_hu:g} HU are missed, but for small ones in fat and "
        "wide ones in skin, and volume, mass and score of the others are lower bounds"
    )
