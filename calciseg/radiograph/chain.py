"""The stages of the radiograph chain in their order."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calciseg.kernels import both, connected_components
from calciseg.model import (
    ExclusionReason,
    Issue,
    IssueCode,
    LesionMaps,
    Radiograph,
    RadiographResult,
    ShadowExclusion,
)
from calciseg.radiograph.bone import BoneShadow, find_bone
from calciseg.radiograph.candidates import find_candidates
from calciseg.radiograph.counting import Counted, count
from calciseg.radiograph.evidence import weigh_body
from calciseg.radiograph.film import Film, make_film
from calciseg.radiograph.foreign import Foreign, find_foreign
from calciseg.radiograph.grid import Array
from calciseg.radiograph.hand import HandRegions, find_hand_regions, hand_index
from calciseg.radiograph.ledger import Ledger, evidence_of_bone
from calciseg.radiograph.measure import measure_lesions
from calciseg.radiograph.profile import SkinLine, find_skin_line
from calciseg.radiograph.totals import sum_lesions
from calciseg.settings import Settings

__all__ = ["Survey", "analyze_radiograph", "measured_result", "survey"]

_HAND, _FINGERS = "HAND", ("FINGER", "THUMB")


def analyze_radiograph(
    radiograph: Radiograph,
    n: int,
    settings: Settings,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> RadiographResult:
    """Find, place and measure the soft-tissue calcifications of one radiograph.

    Parameters
    ----------
    radiograph : Radiograph
    n : int
        Number of the image in its study, from 1.
    settings : Settings
    progress : callable, optional
        Called with the name of a stage, what is done of it and its total.

    Returns
    -------
    RadiographResult
        Its status is ``failed``, without totals, where no body is found.
    """
    report = progress or (lambda _stage, _done, _total: None)
    seen = survey(radiograph, settings, report)
    if isinstance(seen, Issue):
        return RadiographResult(n=n, image=radiograph, status="failed", issues=(*radiograph.issues, seen))
    labels = connected_components(seen.counted.mask.astype(np.uint16), 1).labels(np.uint16)
    maps = LesionMaps(
        labels=labels[None], planes=np.zeros_like(labels, np.uint8)[None], excluded=seen.ledger.map[None]
    )
    return measured_result(seen, radiograph, n, maps, seen.counted.excess, seen.ledger.entries(), settings)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Survey:
    """What is known of a film before its lesions are measured."""

    film: Film
    bone: BoneShadow
    skin: SkinLine
    hand: HandRegions | None
    counted: Counted
    ledger: Ledger


def survey(
    radiograph: Radiograph, settings: Settings, report: Callable[[str, int, int], None]
) -> Survey | Issue:
    """Find the lesions of a radiograph, the bone around them, and what is dense but no lesion.

    Parameters
    ----------
    radiograph : Radiograph
    settings : Settings
    report : callable
        Called with the name of a stage, what is done of it and its total.

    Returns
    -------
    Survey or Issue
        An issue where no body is found.
    """
    report("field and body", 0, 1)
    film = make_film(radiograph, settings.radiograph)
    if film is None:
        return Issue(code=IssueCode.NO_BODY_FOUND, message="no body was found in the radiograph")
    ledger = Ledger(pixel_mm2=_pixel_mm2(radiograph), map=np.zeros(radiograph.shape_yx, np.uint16))
    report("bone and foreign objects", 0, 1)
    (for_lesion, for_bone), (foreign, skin, hand) = both(
        lambda: weigh_body(film),
        lambda: _outlines(film, radiograph, settings),
    )
    bone = find_bone(film, for_bone, settings.radiograph)
    report("lesions", 0, 1)
    found = list(find_candidates(film, for_lesion, bone, settings.radiograph))
    header = radiograph.header
    counted = count(found, for_lesion, film, bone, foreign, header, ledger, settings.radiograph)
    is_bone = film.on_stored_pixels(bone.mask) & ~counted.mask
    ledger.enter(is_bone, ExclusionReason.BONE, evidence_of_bone(settings.radiograph))
    return Survey(film=film, bone=bone, skin=skin, hand=hand, counted=counted, ledger=ledger)


def _outlines(
    film: Film, radiograph: Radiograph, settings: Settings
) -> tuple[Foreign, SkinLine, HandRegions | None]:
    """Find what needs no evidence: what is foreign, the skin line, the parts of a hand."""
    hand = _hand_regions(film, radiograph.header.body_part or "", settings)
    return find_foreign(film, settings.radiograph), find_skin_line(film), hand


def _hand_regions(film: Film, body_part: str, settings: Settings) -> HandRegions | None:
    is_finger = any(part in body_part.upper() for part in _FINGERS)
    if not is_finger and _HAND not in body_part.upper():
        return None
    return find_hand_regions(film, settings.hand_index, is_finger=is_finger)


def measured_result(
    seen: Survey,
    radiograph: Radiograph,
    n: int,
    maps: LesionMaps,
    excess: Array,
    excluded: tuple[ShadowExclusion, ...],
    settings: Settings,
) -> RadiographResult:
    """Measure labelled shadows and put the result together.

    Parameters
    ----------
    seen : Survey
    radiograph : Radiograph
    n : int
    maps : LesionMaps
        ``planes`` is made anew.
    excess : ndarray of float32, shape (rows, columns)
        Of the film as it was stored, above the surroundings.
    excluded : tuple of ShadowExclusion
    settings : Settings

    Returns
    -------
    RadiographResult
    """
    film, bone, hand, spacing = seen.film, seen.bone, seen.hand, radiograph.spacing_mm_yx
    measured = measure_lesions(
        maps, excess, film, bone, seen.skin, hand, radiograph.header, spacing, settings
    )
    index = None
    if hand is not None and spacing is not None and bone.is_seen:
        index = hand_index(measured.lesions, hand, measured.regions, film.grid.block_mm2, settings.hand_index)
    planes = np.zeros(maps.labels.shape, np.uint8)
    for lesion in measured.lesions:
        (top, bottom), (left, right) = lesion.bbox_yx
        box = np.s_[0, top:bottom, left:right]
        planes[box][maps.labels[box] == lesion.label] = lesion.tissue_plane.map_value
    return RadiographResult(
        n=n,
        image=radiograph,
        lesions=measured.lesions,
        excluded=excluded,
        totals=sum_lesions(measured.lesions, index, has_spacing=spacing is not None, has_bone=bone.is_seen),
        maps=LesionMaps(labels=maps.labels, planes=planes, excluded=maps.excluded),
        issues=radiograph.issues,
    )


def _pixel_mm2(radiograph: Radiograph) -> float | None:
    spacing = radiograph.spacing_mm_yx
    return None if spacing is None else float(np.prod(spacing))
