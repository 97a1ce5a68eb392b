"""A radiograph as the reader hands it on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.model.images import ImageHeader, Issue
from calciseg.model.vocabulary import SpacingBasis

__all__ = ["Radiograph", "UnseenRadiograph"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Radiograph:
    """One projection image. Bright is dense, always.

    Attributes
    ----------
    values : ndarray of uint16, shape (rows, columns)
        Read-only; after the Modality LUT or rescale, before any VOI LUT or window: those are for the eye.
        Zero is the least dense value that the image can state.
    spacing_mm_yx : tuple of float or None
        Distance of rows and of columns; what a millimetre is worth says ``spacing_basis``.
    field_yx : tuple of tuple of int
        Half-open ranges of the rows and columns that the collimator leaves open, as the header states them;
        the whole image where it says nothing.
    has_burned_in_text : bool or None
        Whether the header states letters in the pixels; ``None`` if it says nothing.
    """

    header: ImageHeader
    values: NDArray[np.uint16] = field(repr=False)
    spacing_mm_yx: tuple[float, float] | None
    spacing_basis: SpacingBasis
    field_yx: tuple[tuple[int, int], tuple[int, int]]
    has_burned_in_text: bool | None = None
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        """Make the pixels read-only."""
        self.values.setflags(write=False)

    @property
    def shape_yx(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.values.shape
        return rows, columns


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenRadiograph:
    """What a stored result says of a radiograph whose pixels are not at hand."""

    header: ImageHeader
    shape_yx: tuple[int, int]
    spacing_mm_yx: tuple[float, float] | None
    spacing_basis: SpacingBasis
    issues: tuple[Issue, ...] = ()
