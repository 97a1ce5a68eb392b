"""What lies below a path: studies and series, usable or not, chosen or not, and why. No name, no ID."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from calciseg.reading.choosing import Choice
from calciseg.reading.headers import SliceHeader
from calciseg.reading.indexing import Index
from calciseg.reading.judging import JudgedSeries, JudgedStudy
from calciseg.reading.radiographs import why_no_radiograph
from calciseg.reading.refusal import RefusedError

__all__ = ["Listing", "SeriesListing", "StudyListing", "list_studies"]


_RADIOGRAPHS = "radiographs: each is analysed by itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesListing:
    """One series."""

    series_instance_uid: str
    modality: str | None
    n_files: int
    is_usable: bool
    reason: str | None
    """Why it is not usable."""
    is_chosen: bool
    why: str | None
    """Why it was or was not chosen; ``None`` if it is not usable."""
    acquisition: int | None
    shape_zyx: tuple[int, int, int] | None
    spacing_mm_zyx: tuple[float, float, float] | None
    slice_thickness_mm: float | None
    kvp: float | None
    convolution_kernel: str | None
    body_part: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyListing:
    """One study."""

    study_instance_uid: str
    is_uid_made: bool
    """Whether the study has no UID of its own and this one was made from its content."""
    series: tuple[SeriesListing, ...]

    @property
    def is_usable(self) -> bool:
        """Whether any of its series can be analysed."""
        return any(series.is_usable for series in self.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Everything below a path."""

    studies: tuple[StudyListing, ...]
    broken_files: tuple[str, ...]
    """Files that should be DICOM and cannot be read, each with its reason. They hold paths, and a path may
    hold a name: for the terminal only."""
    n_other_files: int
    """Files that are no DICOM."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, lists, strings and numbers, for JSON; no paths."""
        content = asdict(self)
        content["n_broken_files"] = len(content.pop("broken_files"))
        return content


def list_studies(index: Index, studies: Sequence[JudgedStudy]) -> Listing:
    """Bring the verdicts into the form that callers see."""
    return Listing(
        studies=tuple(
            StudyListing(
                study_instance_uid=study.files.study_instance_uid,
                is_uid_made=study.files.is_uid_made,
                series=tuple(row for series in study.series for row in _rows(series)),
            )
            for study in studies
        ),
        broken_files=tuple(f"{file.label} {file.what}" for file in index.broken),
        n_other_files=index.n_other_files,
    )


def _rows(series: JudgedSeries) -> list[SeriesListing]:
    """One row a stack: a series with several acquisitions has several."""
    if series.refusal is not None or series.is_radiographs:
        return [_row(series, series.files.slices, None)]
    return [_row(series, choice.stack.slices, choice) for choice in series.choices]


def _row(series: JudgedSeries, slices: Sequence[SliceHeader], choice: Choice | None) -> SeriesListing:
    head = slices[0]
    refusal, why = _verdict(series, choice)
    geometry = None if choice is None else choice.stack.geometry
    return SeriesListing(
        series_instance_uid=series.files.series_instance_uid,
        modality=series.files.modality,
        n_files=len({id(header.file) for header in slices}),
        is_usable=refusal is None,
        reason=None if refusal is None else f"{refusal.reason}; {refusal.remedy}",
        is_chosen=refusal is None if choice is None else choice.is_chosen,
        why=why,
        acquisition=head.acquisition if choice is None else choice.stack.acquisition,
        shape_zyx=None if geometry is None else geometry.shape_zyx,
        spacing_mm_zyx=None if geometry is None else geometry.spacing_mm_zyx,
        slice_thickness_mm=head.slice_thickness_mm,
        kvp=head.kvp,
        convolution_kernel=head.convolution_kernel,
        body_part=head.body_part,
    )


def _verdict(series: JudgedSeries, choice: Choice | None) -> tuple[RefusedError | None, str | None]:
    """Say why a series or stack is not usable or, if it is, why it was or was not chosen."""
    if choice is not None:
        return None, choice.why
    if not series.is_radiographs:
        return series.refusal, None
    outcomes = [why_no_radiograph(header) for header in series.files.slices]
    refusals = [refusal for refusal in outcomes if refusal is not None]
    if not refusals:
        return None, _RADIOGRAPHS
    if len(refusals) == len(outcomes):
        return refusals[0], None
    left_out = f"{len(refusals)} of {len(outcomes)} cannot be ({refusals[0].reason})"
    return None, f"{_RADIOGRAPHS}, but {left_out}"
