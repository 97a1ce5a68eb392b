"""What of the candidates is counted, and why the others are not."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.kernels import connected_components, side_by_side
from calciseg.model import ExclusionReason, ImageHeader
from calciseg.radiograph.bone import BoneShadow
from calciseg.radiograph.candidates import Candidate
from calciseg.radiograph.delineate import Outline, outline
from calciseg.radiograph.explain import Explained, explain
from calciseg.radiograph.film import Film
from calciseg.radiograph.foreign import Foreign
from calciseg.radiograph.grid import Array, Mask
from calciseg.radiograph.ledger import (
    Ledger,
    evidence_of_markers,
    evidence_of_metal,
    evidence_of_noise,
    evidence_of_small_size,
)
from calciseg.settings import RadiographSettings

__all__ = ["Counted", "count"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """What is counted, on the film as it was stored.

    Attributes
    ----------
    mask : ndarray of bool
        No pixel of it lies on a line of the ledger.
    excess : ndarray of float32
        Above the surroundings; 0 elsewhere.
    """

    mask: Mask = field(repr=False)
    excess: Array = field(repr=False)


def count(
    found: list[Candidate],
    evidence: Array,
    film: Film,
    bone: BoneShadow,
    foreign: Foreign,
    header: ImageHeader,
    ledger: Ledger,
    settings: RadiographSettings,
) -> Counted:
    """Decide what is counted; the rest goes into the ledger, and so does all that is foreign.

    Parameters
    ----------
    found : list of Candidate
    evidence : ndarray of float32
        For a calcification, on the working grid.
    film : Film
    bone : BoneShadow
    foreign : Foreign
    header : ImageHeader
    ledger : Ledger
        Takes up all but bone.
    settings : RadiographSettings

    Returns
    -------
    Counted
        Each connected part has the least size.
    """
    accepted = [one for one in found if one.is_accepted]
    outlines = side_by_side(lambda one: outline(one, evidence, film, bone.mask, settings), accepted)
    _enter_faint([one for one in found if not one.is_accepted], film, ledger)
    _enter_faint([one for one, drawn in zip(accepted, outlines, strict=True) if drawn is None], film, ledger)
    reasons = _reasons(accepted, film, bone, foreign, header, settings)
    drawn = [(one, why) for one, why in zip(outlines, reasons, strict=True) if one is not None]
    _enter_foreign(drawn, film, foreign, ledger, settings)
    for one, why in drawn:
        if why is not None:
            ledger.enter(one.mask, why.reason, why.evidence, one.window)
    return _large_enough(_painted([one for one, why in drawn if why is None], ledger), film, ledger, settings)


def _reasons(
    accepted: list[Candidate],
    film: Film,
    bone: BoneShadow,
    foreign: Foreign,
    header: ImageHeader,
    settings: RadiographSettings,
) -> list[Explained | None]:
    """Tell why each is not counted, or None; what is foreign explains nothing else."""
    reasons = [_foreign(foreign.reason_of(one, settings), settings) for one in accepted]
    own = [number for number, reason in enumerate(reasons) if reason is None]
    explained = explain([accepted[number] for number in own], film, bone, header, settings)
    for number, reason in zip(own, explained, strict=True):
        reasons[number] = reason
    return reasons


def _foreign(reason: ExclusionReason | None, settings: RadiographSettings) -> Explained | None:
    if reason is None:
        return None
    is_marker = reason == ExclusionReason.MARKER
    return Explained(reason, evidence_of_markers() if is_marker else evidence_of_metal(settings))


def _enter_faint(faint: list[Candidate], film: Film, ledger: Ledger) -> None:
    n_pixels = sum(int(one.core.sum()) for one in faint) * film.grid.n_block**2
    ledger.enter_summed(len(faint), n_pixels, ExclusionReason.NOISE, evidence_of_noise())


def _enter_foreign(
    drawn: list[tuple[Outline, Explained | None]],
    film: Film,
    foreign: Foreign,
    ledger: Ledger,
    settings: RadiographSettings,
) -> None:
    """Enter what is foreign, each with the shadows that are mostly made of it."""
    for reason, blocks, evidence in (
        (ExclusionReason.MARKER, foreign.markers, evidence_of_markers()),
        (ExclusionReason.METAL, foreign.metal & ~foreign.markers, evidence_of_metal(settings)),
    ):
        mask = film.on_stored_pixels(blocks)
        for one, why in drawn:
            if why is not None and why.reason == reason:
                mask[one.window] |= one.mask
        ledger.enter(mask, reason, evidence)


def _painted(lesions: list[Outline], ledger: Ledger) -> Counted:
    """Paint lesions where the ledger has nothing: no pixel counts twice."""
    mask = np.zeros(ledger.map.shape, np.bool_)
    excess = np.zeros(ledger.map.shape, np.float32)
    for one in lesions:
        own = one.mask & (ledger.map[one.window] == 0)
        mask[one.window] |= own
        excess[one.window][own] = one.excess[own]
    return Counted(mask=mask, excess=excess)


def _large_enough(painted: Counted, film: Film, ledger: Ledger, settings: RadiographSettings) -> Counted:
    """Sum the connected parts that are too small for lesions, and take them away."""
    parts = connected_components(painted.mask.astype(np.uint16), 1)
    n_pixels: NDArray[np.int64] = parts.table["n_voxels"]
    is_small = (n_pixels < settings.min_pixels) | (n_pixels * film.grid.pixel_mm2 < settings.min_area_mm2)
    if not is_small.any():
        return painted
    evidence = evidence_of_small_size(settings)
    n_small, n_small_pixels = int(is_small.sum()), int(n_pixels[is_small].sum())
    ledger.enter_summed(n_small, n_small_pixels, ExclusionReason.BELOW_MINIMUM_SIZE, evidence)
    for number in np.flatnonzero(is_small):
        window, part = parts.mask(int(number) + 1)
        painted.mask[window][part] = False
        painted.excess[window][part] = 0
    return painted
