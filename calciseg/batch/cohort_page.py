"""``cohort.html``: all studies of a batch on one page, for quality control."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from calciseg.batch.catalogue import Catalogue
from calciseg.model import TissuePlane
from calciseg.outputs import PLANE_COLOURS, whole_file
from calciseg.outputs.figures import volume
from calciseg.privacy import without_path

__all__ = ["write_cohort_page"]

_PICTURES_AT_MOST = 600
"""About 6 kB each; outliers come first."""
_FAILURES_AT_MOST = 200
_N_BINS = 12
_WIDE = 1.5
"""Values closer to each other than this factor stand in one bin."""
_FAR_OUT_IQR = 1.5
"""Tukey's fences: beyond so many interquartile ranges from the quartiles (Exploratory Data Analysis)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One measured image of a study."""

    study_instance_uid: str
    link: str | None
    """To its report, where there is one."""
    n: int
    n_lesions: int
    volume_mm3: float
    by_plane_mm3: dict[str, float]
    picture: str | None
    mechanism: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    label: str
    n: int
    height: float
    """Of the highest bar, 0 to 1."""


def write_cohort_page(out: Path, root: Path, catalogue: Catalogue) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    measured, failures = _measured(catalogue, out), _failures(catalogue, root)
    outliers = _outliers(measured)
    names = {(one.study_instance_uid, one.n) for one, _ in outliers}
    others = [one for one in measured if (one.study_instance_uid, one.n) not in names]
    montage = [one for one in [*(one for one, _ in outliers), *others] if one.picture is not None]
    page = _environment().get_template("cohort.html.jinja").render(
        colours=PLANE_COLOURS,
        n_studies=len({one.study_instance_uid for one in measured}),
        measured=measured,
        failures=failures[:_FAILURES_AT_MOST],
        n_failures=len(failures),
        outliers=outliers,
        planes=_plane_shares(measured),
        lesion_bars=_bars([one.n_lesions for one in measured], "lesions"),
        volume_bars=_bars([one.volume_mm3 / 1000 for one in measured], "ml"),
        mechanisms=Counter(one.mechanism for one in measured if one.mechanism).most_common(),
        montage=montage[:_PICTURES_AT_MOST],
        n_pictures=len(montage),
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


def _measured(catalogue: Catalogue, out: Path) -> list[_Measured]:
    found = []
    for study in catalogue.ended(("done",)):
        link = f"{study.folder}/report.html"
        link_or_none = link if (out / link).exists() else None
        for image in catalogue.tables_of(study.study_instance_uid)[0]:
            if image.get("volume_mm3") is not None:
                found.append(_one(study.study_instance_uid, link_or_none, image))
    return found


def _one(uid: str, link: str | None, image: dict[str, Any]) -> _Measured:
    return _Measured(
        study_instance_uid=uid,
        link=link,
        n=image["n"],
        n_lesions=image["n_lesions"],
        volume_mm3=image["volume_mm3"],
        by_plane_mm3={plane: image.get(f"{plane}_volume_mm3") or 0.0 for plane in TissuePlane},
        picture=image.get("picture"),
        mechanism=image.get("mechanism"),
    )


def _failures(catalogue: Catalogue, root: Path) -> list[tuple[str, str]]:
    return [
        (study.study_instance_uid, without_path(study.reason or "", root.resolve()))
        for study in catalogue.ended(("failed",))
    ]


def _outliers(measured: list[_Measured]) -> list[tuple[_Measured, str]]:
    """Name the images that stand out, and why, the farthest out first."""
    found: list[tuple[float, _Measured, str]] = []
    for name, values in (
        ("volume", np.array([one.volume_mm3 for one in measured])),
        ("number of lesions", np.array([float(one.n_lesions) for one in measured])),
    ):
        if len(values) < 4:
            continue
        # On a logarithmic scale: volumes of a disease spread over orders of magnitude.
        logs = np.log10(values + 1)
        first, third = np.percentile(logs, (25, 75))
        width = max(float(third - first), 0.05)
        for one, value in zip(measured, logs, strict=True):
            beyond = float(max(first - value, value - third)) / width
            if beyond > _FAR_OUT_IQR:
                found.append((beyond, one, f"{name} far {'above' if value > third else 'below'} the others"))
    return [(one, why) for _, one, why in sorted(found, key=lambda entry: -entry[0])]


def _plane_shares(measured: list[_Measured]) -> list[tuple[str, float, float]]:
    """Plane, its volume over all images, and its share."""
    sums = {plane: sum(one.by_plane_mm3[plane] for one in measured) for plane in TissuePlane}
    total = sum(sums.values()) or 1.0
    return [(plane, amount, amount / total) for plane, amount in sums.items()]


def _bars(values: list[float] | list[int], unit: str) -> list[_Bar]:
    """Count values in bins of equal width on a logarithmic scale; nothing at all has a bin of its own."""
    some = np.array([value for value in values if value > 0], dtype=np.float64)
    bars = [("none", len(values) - len(some))]
    if len(some):
        n_bins = _N_BINS if some.max() > _WIDE * some.min() else 1
        ends = np.geomspace(some.min(), some.max() * 1.0001, n_bins + 1)
        counts, _ = np.histogram(some, ends)
        bars += [
            (f"{low:.3g} to {high:.3g} {unit}", int(n))
            for low, high, n in zip(ends[:-1], ends[1:], counts, strict=True)
        ]
    most = max((n for _, n in bars), default=0) or 1
    return [_Bar(label=label, n=n, height=n / most) for label, n in bars]
