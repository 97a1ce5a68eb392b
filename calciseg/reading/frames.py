"""Classic single-frame and Enhanced multi-frame objects behind one view.

In an Enhanced object the attributes of a frame lie in functional groups, of the frame or shared by all; in a
classic object they lie at the top. A view finds them in that order.
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from calciseg.reading.values import items, texts

__all__ = ["FrameView", "frame_views", "n_frames_described"]


_PER_FRAME = "PerFrameFunctionalGroupsSequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameView:
    """Where to look for the attributes of one frame."""

    frame: int
    groups: tuple[Dataset, ...]
    """The functional groups of the frame, then those that all frames share; none in a classic object."""
    top: Dataset

    def group(self, keyword: str) -> Dataset:
        """Return the functional group of this name: the frame's, else the shared one, else the top level."""
        for groups in self.groups:
            found = items(groups, keyword)
            if found:
                return found[0]
        return self.top

    @property
    def image_type(self) -> tuple[str, ...]:
        """Frame Type, else Image Type."""
        return texts(self.group("CTImageFrameTypeSequence"), "FrameType") or texts(self.top, "ImageType")


def frame_views(dataset: Dataset) -> list[FrameView]:
    """One view a frame that is described; where none is, one view of the top level."""
    shared = items(dataset, "SharedFunctionalGroupsSequence")[:1]
    own = items(dataset, _PER_FRAME)
    groups = [(one, *shared) for one in own] or [tuple(shared)]
    return [FrameView(frame=frame, groups=found, top=dataset) for frame, found in enumerate(groups)]


def n_frames_described(dataset: Dataset) -> int:
    """Count the frames that have functional groups of their own; none in a classic object."""
    return len(items(dataset, _PER_FRAME))
