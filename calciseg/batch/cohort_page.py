"""``cohort.html``: all studies of a batch on one page, for quality control."""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from calciseg.batch.catalogue import Catalogue
from calciseg.model import TissuePlane
from calciseg.outputs import PLANE_COLOURS, whole_file
from calciseg.outputs.figures import counted, volume
from calciseg.privacy import without_path

__all__ = ["write_cohort_page"]

_PICTURES_AT_MOST = 600
"""About 6 kB each; outliers come first."""
_FAILURES_AT_MOST = 200
_OUTLIERS_AT_MOST = 200
_FEWEST_TO_COMPARE = 4
_N_BINS = 12
_WIDE = 1.5
"""Values closer to each other than this factor stand in one bin."""
_FAR_OUT_IQR = 1.5
"""Tukey's fences: beyond so many interquartile ranges from the quartiles (Exploratory Data Analysis)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is measured on images of a kind."""

    name: str
    quantity: str
    column: str
    unit: str
    coarse_unit: str
    in_coarse_unit: float


_KINDS = {
    "ct_volume": _Kind(
        name="CT", quantity="volume", column="volume_mm3", unit="mm³", coarse_unit="ml", in_coarse_unit=1e-3
    ),
    "radiograph": _Kind(
        name="radiographs", quantity="area", column="area_mm2", unit="mm²", coarse_unit="cm²",
        in_coarse_unit=1e-2,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One measured image of a study; its picture stays in the catalogue until it is shown."""

    study_instance_uid: str
    link: str | None
    """To its report, where there is one."""
    n: int
    n_lesions: int
    kind: _Kind
    amount: float | None
    """Its volume or area; None on a radiograph without spacing."""
    mechanism: str | None

    @property
    def figures(self) -> str:
        """What was found, in a line."""
        found = counted(self.n_lesions, "lesion")
        return found if self.amount is None else f"{found}, {volume(self.amount)} {self.kind.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    label: str
    n: int
    height: float
    """Of the highest bar, 0 to 1."""


@dataclass(slots=True, kw_only=True)
class _Group:
    """All images of a kind."""

    kind: _Kind
    images: list[_Measured] = field(default_factory=list)
    by_plane: dict[TissuePlane, float] = field(default_factory=lambda: dict.fromkeys(TissuePlane, 0.0))

    @property
    def planes(self) -> list[tuple[TissuePlane, float, float]]:
        """Plane, its volume or area over all images, and its share."""
        total = sum(self.by_plane.values()) or 1.0
        return [(plane, self.by_plane[plane], self.by_plane[plane] / total) for plane in TissuePlane]

    @property
    def amount_bars(self) -> list[_Bar]:
        """Images by their volume or area."""
        factor = self.kind.in_coarse_unit
        amounts = [one.amount * factor for one in self.images if one.amount is not None]
        return _bars(amounts, self.kind.coarse_unit) if amounts else []

    @property
    def lesion_bars(self) -> list[_Bar]:
        """Images by their number of lesions."""
        return _bars([one.n_lesions for one in self.images], "lesions", is_whole=True)


def write_cohort_page(out: Path, root: Path, catalogue: Catalogue) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    groups, failures = _groups(catalogue, out), _failures(catalogue, root)
    measured = [one for group in groups for one in group.images]
    outliers = [entry for group in groups for entry in _outliers(group)]
    montage, n_pictures = _montage(catalogue, [one for one, _ in outliers], measured)
    page = _environment().get_template("cohort.html.jinja").render(
        colours=PLANE_COLOURS,
        n_studies=len({one.study_instance_uid for one in measured}),
        groups=groups,
        failures=failures[:_FAILURES_AT_MOST],
        n_failures=len(failures),
        outliers=outliers[:_OUTLIERS_AT_MOST],
        n_outliers=len(outliers),
        mechanisms=Counter(one.mechanism for one in measured if one.mechanism).most_common(),
        montage=montage,
        n_pictures=n_pictures,
    )  # fmt: skip
    with whole_file(out / "cohort.html") as file:
        file.write(page.encode())


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loaders = [PackageLoader("calciseg.batch"), PackageLoader("calciseg.outputs.html_report")]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["volume"] = volume
    return environment


def _groups(catalogue: Catalogue, out: Path) -> list[_Group]:
    """Gather what was measured, by kind of image; kinds of which there is none are left out."""
    groups = {name: _Group(kind=kind) for name, kind in _KINDS.items()}
    for study in catalogue.ended(("done",)):
        link = f"{study.folder}/report.html"
        link_or_none = link if (out / link).exists() else None
        for image in catalogue.tables_of(study.study_instance_uid)[0]:
            if image.get("n_lesions") is not None:
                group = groups[image["kind"]]
                group.images.append(_one(study.study_instance_uid, link_or_none, image, group.kind))
                for plane in TissuePlane:
                    group.by_plane[plane] += image.get(f"{plane}_{group.kind.column}") or 0.0
    return [group for group in groups.values() if group.images]


def _one(uid: str, link: str | None, image: dict[str, Any], kind: _Kind) -> _Measured:
    return _Measured(
        study_instance_uid=uid,
        link=link,
        n=image["n"],
        n_lesions=image["n_lesions"],
        kind=kind,
        amount=image.get(kind.column),
        mechanism=image.get("mechanism"),
    )


def _montage(
    catalogue: Catalogue, first: list[_Measured], measured: list[_Measured]
) -> tuple[list[tuple[_Measured, str]], int]:
    """Return the images to show, each once, with their pictures, and how many there are in all."""
    ordered = list(dict.fromkeys([*first, *measured]))
    shown = []
    for one in ordered[:_PICTURES_AT_MOST]:
        images = catalogue.tables_of(one.study_instance_uid)[0]
        picture = next((image.get("picture") for image in images if image["n"] == one.n), None)
        if picture is not None:
            shown.append((one, picture))
    return shown, len(ordered)


def _failures(catalogue: Catalogue, root: Path) -> list[tuple[str, str]]:
    return [
        (study.study_instance_uid, without_path(study.reason or "", root.resolve()))
        for study in catalogue.ended(("failed",))
    ]


def _outliers(group: _Group) -> list[tuple[_Measured, str]]:
    """Name the images that stand out among those of their kind, and why, the farthest out first."""
    scaled = [one for one in group.images if one.amount is not None]
    found: list[tuple[float, _Measured, str]] = []
    for name, images, values in (
        (group.kind.quantity, scaled, np.array([one.amount for one in scaled], dtype=np.float64)),
        ("number of lesions", group.images, np.array([float(one.n_lesions) for one in group.images])),
    ):
        if len(values) < _FEWEST_TO_COMPARE:
            continue
        # On a logarithmic scale: volumes of a disease spread over orders of magnitude.
        logs = np.log10(values + 1)
        first, third = np.percentile(logs, (25, 75))
        width = max(float(third - first), 0.05)
        for one, value in zip(images, logs, strict=True):
            beyond = float(max(first - value, value - third)) / width
            if beyond > _FAR_OUT_IQR:
                found.append((beyond, one, f"{name} far {'above' if value > third else 'below'} the others"))
    return [(one, why) for _, one, why in sorted(found, key=lambda entry: -entry[0])]


def _bars(values: list[float] | list[int], unit: str, *, is_whole: bool = False) -> list[_Bar]:
    """Count values in bins of equal width on a logarithmic scale; nothing at all has a bin of its own."""
    some = np.array([value for value in values if value > 0], dtype=np.float64)
    bars = [("none", len(values) - len(some))]
    if len(some):
        n_bins = _N_BINS if some.max() > _WIDE * some.min() else 1
        if is_whole:
            ends = np.unique(np.floor(np.geomspace(some.min(), some.max() + 1, n_bins + 1) + 1e-9))
        else:
            ends = np.geomspace(some.min(), some.max() * 1.0001, n_bins + 1)
        counts, _ = np.histogram(some, ends)
        last = 1 if is_whole else 0
        bars += [
            (f"{low:.3g} to {high - last:.3g} {unit}" if high - last > low else f"{low:.3g} {unit}", int(n))
            for low, high, n in zip(ends[:-1], ends[1:], counts, strict=True)
        ]
    most = max((n for _, n in bars), default=0) or 1
    return [_Bar(label=label, n=n, height=n / most) for label, n in bars]
