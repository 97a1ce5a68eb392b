"""With what an image was made: a diagnostic beam, a single energy that was computed, or neither."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from calciseg.reading.frames import FrameView
from calciseg.reading.values import items, number, text, texts

__all__ = ["Beam", "beam_of", "words_of"]

_MONOENERGETIC = frozenset({"VMI", "MONO", "MONOE", "MONOCHROMATIC", "MONOENERGETIC", "DE_MONO"})
"""VMI is the standard's word, the others are vendors'."""
_KEV = re.compile(r"(?:.*[^0-9])?(\d{2,3})KEV")
_KEV_RANGE = (30.0, 200.0)
_CONE_BEAM = re.compile(
    r"\b(CBCT|CONE.?BEAM|ON-BOARD IMAGER|OBI|XVI|I-CAT|NEWTOM|ACCUITOMO|PROMAX|ORTHOPHOS|GALILEOS|VERAVIEW)",
    re.I,
)
_MEGAVOLT = re.compile(r"\b(MVCT|MVCBCT|TOMOTHERAPY|HI-?ART)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """What the header says of the radiation."""

    is_monoenergetic: bool = False
    kev: float | None = None
    has_tin_filter: bool = False
    is_cone_beam: bool = False
    is_megavolt: bool = False


def words_of(image_type: Iterable[str]) -> set[str]:
    """Return the words of an image type. Siemens writes ``CT_SOM5 MIP`` as one value."""
    return {word for value in image_type for word in (value.upper(), *value.upper().split())}


def beam_of(dataset: Dataset, view: FrameView) -> Beam:
    """Find what a frame was made with."""
    words = words_of(view.image_type)
    kev = _kev(view, words)
    made_by = " ".join(filter(None, (text(dataset, "Manufacturer"), text(dataset, "ManufacturerModelName"))))
    told = " ".join((*sorted(words), made_by))
    acquisition = text(view.group("CTAcquisitionTypeSequence"), "AcquisitionType") or ""
    filters = {word.upper() for word in (*texts(dataset, "FilterMaterial"), *texts(dataset, "FilterType"))}
    return Beam(
        is_monoenergetic=kev is not None or not words.isdisjoint(_MONOENERGETIC),
        kev=kev,
        has_tin_filter=not filters.isdisjoint({"TIN", "SN"}),
        is_cone_beam=acquisition.upper() == "CONE_BEAM" or bool(_CONE_BEAM.search(told)),
        is_megavolt=bool(_MEGAVOLT.search(told)),
    )


def _kev(view: FrameView, words: Iterable[str]) -> float | None:
    keyword = "MultienergyCTCharacteristicsSequence"
    # In a plain CT image the sequence stands at the top, where a functional group is not looked for.
    group = view.group(keyword)
    stated = (items(group, keyword) or [group])[0]
    found = number(stated, "MonoenergeticEnergyEquivalent")
    if found is None:
        matches = (_KEV.fullmatch(word.replace(" ", "").replace("_", "")) for word in sorted(words))
        found = next((float(match[1]) for match in matches if match), None)
    return found if found is not None and _KEV_RANGE[0] <= found <= _KEV_RANGE[1] else None
