"""The side of the patient that a lesion lies on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body import Body
from calciseg.ct.grid import AnatomyGrid
from calciseg.model import holds_midline, region_of

__all__ = ["Sides"]

_PAIR = 0.5
"""A second limb is at least so large, in the slice, as the first; an arm beside the trunk is not."""
_MIDLINE = 0.1
"""What lies nearer to the middle than this part of the width of the body is midline. Design."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """Where left and right are in a volume, and what its body part says of a place.

    Attributes
    ----------
    body : Body
        In the canonical order of voxels: columns rise to the patient's left.
    grid : AnatomyGrid
    stated : {"left", "right"} or None
        Laterality of the header; it wins.
    body_part : str or None
        As the header writes it.
    """

    body: Body
    grid: AnatomyGrid
    stated: str | None
    body_part: str | None
    _parts: dict[int, "_Parts"] = field(default_factory=dict, repr=False)
    """By slice, once they have been asked for."""

    def laterality_of(self, points_zyx: NDArray[np.intp]) -> str | None:
        """Return the side of a lesion, or None where neither header nor image tells.

        Two limbs are each other's sides. A body part with a midline is taken for symmetrical: its middle is
        the midline, and an arm beside it is left or right of that. One limb alone tells nothing.
        """
        if self.stated is not None:
            return self.stated
        parts, middle, own = self._around(points_zyx)
        if parts.is_pair:
            return None if own == 0 else "left" if own == parts.left else "right"
        if not holds_midline(self.body_part):
            return None
        aside = (middle - parts.middle_of_largest) / parts.width_of_largest
        if own == parts.largest and abs(aside) < _MIDLINE:
            return "midline"
        return "left" if aside > 0 else "right"

    def site_of(self, points_zyx: NDArray[np.intp]) -> str | None:
        """Return the region of the header's body part, for a lesion that lies in that part."""
        parts, _, own = self._around(points_zyx)
        return region_of(self.body_part) if own == parts.largest or parts.is_pair else None

    def _around(self, points_zyx: NDArray[np.intp]) -> tuple["_Parts", float, int]:
        """Return the parts of the body in the lesion's middle slice, its column, and the part it lies in."""
        blocks = np.stack(np.broadcast_arrays(*self.grid.block_of(points_zyx)))
        number = int(np.median(blocks[0]))
        if number not in self._parts:
            self._parts[number] = _parts_of(self.body.mask[number])
        parts = self._parts[number]
        here = blocks[:, blocks[0] == number] if (blocks[0] == number).any() else blocks
        labels = parts.labels[here[1], here[2]]
        labels = labels[labels > 0]
        own = int(np.bincount(labels).argmax()) if len(labels) else 0
        return parts, float(blocks[2].mean()), own


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parts:
    """The parts of the body in one slice."""

    labels: NDArray[np.int32]
    largest: int
    is_pair: bool
    left: int
    """Of a pair, the part on the patient's left."""
    middle_of_largest: float
    width_of_largest: float


def _parts_of(mask: NDArray[np.bool_]) -> _Parts:
    labels, n = ndimage.label(mask)
    areas = np.bincount(labels.reshape(-1), minlength=n + 1)[1:]
    order = np.argsort(-areas, kind="stable") + 1
    columns = [np.flatnonzero((labels == part).any(axis=0)) for part in order[:2]]
    is_pair = n > 1 and areas[order[1] - 1] >= _PAIR * areas[order[0] - 1]
    if is_pair:
        # Side by side, and no third of their size.
        is_pair = columns[0][-1] < columns[1][0] or columns[1][-1] < columns[0][0]
        is_pair &= n == 2 or bool(areas[order[2] - 1] < _PAIR * areas[order[1] - 1])
    largest = columns[0]
    return _Parts(
        labels=labels.astype(np.int32),
        largest=int(order[0]),
        is_pair=bool(is_pair),
        left=int(order[0] if len(columns) < 2 or columns[0].mean() > columns[1].mean() else order[1]),
        middle_of_largest=float(largest[0] + largest[-1]) / 2,
        width_of_largest=float(largest[-1] - largest[0] + 1),
    )
