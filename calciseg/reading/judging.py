"""The verdict on every series of a study: its stacks, or why there are none, and which are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from calciseg.reading.choosing import Choice, choose
from calciseg.reading.grouping import SeriesFiles, StudyFiles
from calciseg.reading.indexing import BrokenFile
from calciseg.reading.radiographs import MODALITIES
from calciseg.reading.refusal import RefusedError
from calciseg.reading.stacks import Stack, stacks_of

__all__ = ["JudgedSeries", "JudgedStudy", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSeries:
    """A series with its stacks, or with the reason why it has none; one of radiographs has neither."""

    files: SeriesFiles
    choices: tuple[Choice, ...] = ()
    refusal: RefusedError | None = None
    is_asked_for: bool = True
    """Of radiographs: whether they are to be read; of CT the choices tell."""

    @property
    def is_radiographs(self) -> bool:
        """Whether it holds radiographs."""
        return self.files.modality in MODALITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedStudy:
    """A study with the verdict on its series."""

    files: StudyFiles
    series: tuple[JudgedSeries, ...]

    @property
    def chosen(self) -> tuple[Stack, ...]:
        """The stacks to analyse, in the order of their series and acquisitions."""
        return tuple(choice.stack for one in self.series for choice in one.choices if choice.is_chosen)


def judge(study: StudyFiles, broken: Sequence[BrokenFile], series_uids: Sequence[str] = ()) -> JudgedStudy:
    """Judge every series of a study from its headers alone."""
    outcomes = [_stacks_or_refusal(series, broken) for series in study.series]
    stacks = [stack for outcome in outcomes if isinstance(outcome, tuple) for stack in outcome]
    choice_of = {id(choice.stack): choice for choice in choose(stacks, series_uids)}
    judged = [
        JudgedSeries(
            files=series,
            refusal=outcome,
            is_asked_for=not series_uids or series.series_instance_uid in series_uids,
        )
        if isinstance(outcome, RefusedError | None)
        else JudgedSeries(files=series, choices=tuple(choice_of[id(stack)] for stack in outcome))
        for series, outcome in zip(study.series, outcomes, strict=True)
    ]
    return JudgedStudy(files=study, series=tuple(judged))


def _stacks_or_refusal(
    series: SeriesFiles, broken: Sequence[BrokenFile]
) -> tuple[Stack, ...] | RefusedError | None:
    if series.modality in MODALITIES:
        return None
    try:
        return stacks_of(series, broken)
    except RefusedError as refusal:
        return refusal
