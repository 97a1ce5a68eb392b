"""What a projected phantom is made from."""

from dataclasses import dataclass

from calciseg.errors import UsageError
from calciseg.phantom.recipe import LesionDesign

__all__ = ["FILM_KINDS", "FilmRecipe"]

FILM_KINDS: tuple[str, ...] = ("xr-thigh", "xr-forearm", "xr-pelvis", "xr-hand")
_VIEWS = ("AP", "LAT")
_RESPONSES = ("linear", "s_curve")
_BORDERS = ("white", "black", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmRecipe:
    """Everything that decides a projected phantom: the same recipe gives the same bytes.

    Attributes
    ----------
    kind : str
        One of :data:`FILM_KINDS`.
    seed : int
        Anatomy, lesions, exposure and noise each draw from their own stream of it.
    view : {"AP", "LAT"}
        Rays run along the patient's y or x axis.
    pixel_mm : float or None
        Of the detector; ``None`` takes the kind's own.
    bits_stored : int or None
        8 to 16; ``None`` draws one of 10, 12 and 15.
    is_monochrome1 : bool or None
        Whether small stored values are bright; ``None`` draws it.
    response : {"linear", "s_curve"} or None
        Look-up table after the logarithm; ``None`` draws one.
    border : {"white", "black", "none"} or None
        What lies outside the collimated field: unexposed and so dense, blackened, or nothing; ``None`` draws.
    dose : float
        Factor of the photons that the kind's usual exposure has.
    has_marker : bool
        A lead letter beside the limb.
    metal : bool
        The kind's steel screw.
    lesions : tuple of LesionDesign or None
        ``None`` takes the kind's own mixture.
    """

    kind: str = "xr-thigh"
    seed: int = 0
    view: str = "AP"
    pixel_mm: float | None = None
    bits_stored: int | None = None
    is_monochrome1: bool | None = None
    response: str | None = None
    border: str | None = None
    dose: float = 1.0
    has_marker: bool = True
    metal: bool = False
    lesions: tuple[LesionDesign, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        if self.kind not in FILM_KINDS:
            raise UsageError(f"kind {self.kind!r}: unknown; choose one of {', '.join(FILM_KINDS)}")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed}: must be 0 or more")
        _check_word("view", self.view, _VIEWS)
        _check_word("response", self.response, (None, *_RESPONSES))
        _check_word("border", self.border, (None, *_BORDERS))
        if self.pixel_mm is not None and not 0.05 <= self.pixel_mm <= 1.0:
            raise UsageError(f"pixel_mm {self.pixel_mm:g}: must lie between 0.05 and 1")
        if self.bits_stored is not None and not 8 <= self.bits_stored <= 16:
            raise UsageError(f"bits_stored {self.bits_stored}: must lie between 8 and 16")
        if not 0.01 <= self.dose <= 100:
            raise UsageError(f"dose {self.dose:g}: must lie between 0.01 and 100")


def _check_word(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        raise UsageError(
            f"{name} {value!r}: unknown; choose one of {', '.join(str(word) for word in allowed)}"
        )
