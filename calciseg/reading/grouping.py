"""Slices sorted into studies and series by their UIDs, also where the UIDs are missing."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from calciseg.reading.headers import SliceHeader

__all__ = ["SeriesFiles", "StudyFiles", "group_slices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFiles:
    """The slices of one series, in the order they were found."""

    series_instance_uid: str
    is_uid_made: bool
    slices: tuple[SliceHeader, ...] = field(repr=False)

    @property
    def modality(self) -> str | None:
        """Modality of the first object."""
        return self.slices[0].modality

    @property
    def n_files(self) -> int:
        """Number of objects, each with one frame or more."""
        return len({id(header.file) for header in self.slices})


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFiles:
    """The series of one study, sorted by their UIDs."""

    study_instance_uid: str
    is_uid_made: bool
    series: tuple[SeriesFiles, ...]


def group_slices(slices: Iterable[SliceHeader]) -> tuple[StudyFiles, ...]:
    """Sort slices into studies and series.

    Without a UID, files that lie in one folder belong to one study, and those of one shape, orientation and
    reconstruction to one series. Their UIDs are made from the UIDs of the images, or from the pixels if those
    have none either, so the same files give the same UIDs wherever they lie.
    """
    studies = [_study(group) for group in _split(slices, _study_key)]
    return tuple(sorted(studies, key=lambda study: study.study_instance_uid))


def _split(
    slices: Iterable[SliceHeader], key: Callable[[SliceHeader], Hashable]
) -> list[tuple[SliceHeader, ...]]:
    groups: defaultdict[Hashable, list[SliceHeader]] = defaultdict(list)
    for header in slices:
        groups[key(header)].append(header)
    return [tuple(group) for group in groups.values()]


def _study_key(header: SliceHeader) -> Hashable:
    return header.study_instance_uid or (None, header.file.folder)


def _series_key(header: SliceHeader) -> Hashable:
    if header.series_instance_uid is not None:
        return header.series_instance_uid
    code = header.pixel_code
    directions = header.orientation and tuple(round(cosine, 3) for cosine in header.orientation)
    shape = (code.rows, code.columns, header.pixel_spacing_mm_yx, header.slice_thickness_mm)
    return (header.modality, header.series_number, header.convolution_kernel, directions, shape)


def _study(slices: tuple[SliceHeader, ...]) -> StudyFiles:
    stated = slices[0].study_instance_uid
    series = sorted(
        (_series(group) for group in _split(slices, _series_key)), key=lambda one: one.series_instance_uid
    )
    return StudyFiles(
        study_instance_uid=stated or _made_uid("study", slices),
        is_uid_made=stated is None,
        series=tuple(series),
    )


def _series(slices: tuple[SliceHeader, ...]) -> SeriesFiles:
    stated = slices[0].series_instance_uid
    return SeriesFiles(
        series_instance_uid=stated or _made_uid("series", slices), is_uid_made=stated is None, slices=slices
    )


def _made_uid(kind: str, slices: Iterable[SliceHeader]) -> str:
    identities = sorted({header.identity for header in slices})
    digest = sha256("\n".join([kind, *identities]).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
