"""The side of the patient that a lesion lies on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.ct.body import Body
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
    stated : {"left", "right"} or None
        Laterality of the header; it wins.
    body_part : str or None
        As the header writes it.
    face_rows : ndarray of int, shape ``(n_slices,)``, or None
        So many rows of each slice, from the front, are face, where the body part is more than that.
    """

    body: Body
    stated: str | None
    body_part: str | None
    face_rows: NDArray[np.intp] | None = field(default=None, repr=False)
    _parts: dict[int, "_Parts"] = field(default_factory=dict, repr=False)
    """By slice, once they have been asked for."""

    def place_of(self, blocks: tuple[NDArray[np.intp], ...]) -> tuple[str | None, str | None]:
        """Return the site and the side of a lesion, each None where neither header nor image tells.

        Parameters
        ----------
        blocks : tuple of ndarray of int
            The blocks of the anatomy grid that hold its voxels.

        Returns
        -------
        site : str or None
            The region of the header's body part, or the face of a head, for a lesion that lies in that part.
        laterality : str or None
            Two limbs are each other's sides. A body part with a midline is taken for symmetrical: its middle
            is the midline, and an arm beside it is left or right of that. One limb alone tells nothing.
        """
        if (around := self._around(blocks)) is None:
            return None, self.stated
        parts, middle, own = around
        is_of_part = own == parts.largest or parts.is_pair
        site = (region_of(self.body_part) or self._face(blocks)) if is_of_part else None
        return site, self._side(parts, middle, own) if self.stated is None else self.stated

    def _face(self, blocks: tuple[NDArray[np.intp], ...]) -> str | None:
        if self.face_rows is None:
            return None
        z, y, _ = blocks
        return "face" if np.median(y) < self.face_rows[int(np.median(z))] else None

    def _side(self, parts: "_Parts", middle: float, own: int) -> str | None:
        if parts.is_pair:
            return None if own == 0 else "left" if own == parts.left else "right"
        if not holds_midline(self.body_part):
            return None
        aside = (middle - parts.middle_of_largest) / parts.width_of_largest
        if own == parts.largest and abs(aside) < _MIDLINE:
            return "midline"
        return "left" if aside > 0 else "right"

    def _around(self, blocks: tuple[NDArray[np.intp], ...]) -> tuple["_Parts", float, int] | None:
        """Return the parts of the body in the lesion's middle slice, its column, and the part it lies in.

        None where that slice shows no body: a label may be drawn there.
        """
        z, y, x = blocks
        number = int(np.median(z))
        if not self.body.mask[number].any():
            return None
        if number not in self._parts:
            self._parts[number] = _parts_of(self.body.mask[number])
        parts = self._parts[number]
        is_here = z == number
        here = (y[is_here], x[is_here]) if is_here.any() else (y, x)
        labels = parts.labels[here]
        labels = labels[labels > 0]
        own = int(np.bincount(labels).argmax()) if len(labels) else 0
        return parts, float(x.mean()), own


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
