"""The summary of a study for a person at a terminal: plane by plane, then lesion by lesion."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from calciseg.model import Classification, FlagCode, ImageResult, Issue, Lesion, StudyResult, Totals
from calciseg.outputs.figures import counted, volume
from calciseg.outputs.summary_rows import PLANES_CAPTION, flags_on_all
from calciseg_cli.ledger_table import ledger_table
from calciseg_cli.lesion_table import LESIONS_SHOWN, flag_letter, largest, lesion_table
from calciseg_cli.plane_table import plane_table
from calciseg_cli.radiograph_summary import radiograph_line, radiograph_parts
from calciseg_cli.terminal import is_wide

__all__ = ["study_summary"]


def study_summary(result: StudyResult, *, is_case_missing: bool = False) -> RenderableType:
    """Lay out a result.

    Parameters
    ----------
    result : StudyResult
    is_case_missing : bool
        Whether a case could have been given and was not.

    Returns
    -------
    rich renderable
    """
    parts: list[RenderableType] = [_study_lines(result)]
    for image in result.images:
        parts += [Text(), _image_line(image, n_images=len(result.all_images)), *_image_parts(image)]
    for film in result.radiographs:
        parts += [Text(), radiograph_line(film, n_images=len(result.all_images)), *radiograph_parts(film)]
        if film.issues:
            parts += [Text(), *map(_issue_line, film.issues)]
    parts += [_issue_line(issue) for issue in result.issues]
    if result.classification is not None:
        why = _why_insufficient(result, is_case_missing=is_case_missing)
        parts += [Text(), *_verdict_lines(result.classification, why)]
    parts += [Text(), Text("Research use only — not a diagnosis.", style="dim")]
    return Group(*parts)


def _why_insufficient(result: StudyResult, *, is_case_missing: bool) -> str:
    """Say why no cause is named, and advise only what would change that."""
    if not any(image.lesions for image in result.all_images):
        return "no calcification was found whose cause could be ranked"
    if is_case_missing:
        return "the image alone does not tell; give --context"
    return "too little, or too contradictory, is known of the case"


def _verdict_lines(verdict: Classification, why_insufficient: str) -> Iterator[Text]:
    """Give the alerts, and the verdict in one line: its reasons are in the report."""
    for alert in verdict.alerts:
        yield Text("! ", style="bold red").append(alert.message, style="bold")
    names = " or ".join(name.replace("_", " ") for name in verdict.between)
    said = {
        "probable": f"probable {names}",
        "indeterminate": f"indeterminate between {names}",
        "insufficient": f"insufficient: {why_insufficient}",
    }[verdict.status]
    yield Text("Classifier: ", style="bold").append(said, style="not bold")


def _study_lines(result: StudyResult) -> Text:
    patient = result.patient
    facts = [
        *([f"{patient.age_years:g} years"] if patient.age_years is not None else []),
        *([{"F": "female", "M": "male"}.get(patient.sex, patient.sex)] if patient.sex else []),
    ]
    text = Text("Study ", style="bold").append(result.study_instance_uid, style="not bold")
    return text.append(f"\n{', '.join(facts)}" if facts else "", style="not bold dim")


def _image_line(image: ImageResult, *, n_images: int) -> Text:
    header, geometry = image.header, image.geometry
    n_slices, n_rows, n_columns = geometry.shape_zyx
    spacing = " × ".join(f"{step:.3g}" for step in geometry.spacing_mm_zyx)
    facts = [
        f"{n_slices} slices of {n_rows} × {n_columns}",
        f"{spacing} mm" + (" (resampled)" if image.image.is_resampled else ""),
        _tube_voltage(image),
        header.convolution_kernel,
        f"acquisition {header.acquisition}" if header.acquisition else None,
        "contrast medium" if header.contrast_agent else None,
    ]
    which = f"{header.modality} image {image.n} of {n_images}"
    return Text(which, style="bold").append(
        "".join(f" · {fact}" for fact in facts if fact), style="not bold dim"
    )


def _tube_voltage(image: ImageResult) -> str | None:
    """Say the tube voltage; a stored result does not keep it, which says nothing of the header."""
    if image.header.kvp is not None:
        return f"{image.header.kvp:g} kV"
    return "kV not stated" if image.hu is not None else None


def _image_parts(image: ImageResult) -> Iterator[RenderableType]:
    if image.totals is None:
        yield Text("Could not be measured.", style="bold red")
    else:
        yield _headline(image.totals)
        if image.lesions:
            yield Padding(Group(plane_table(image), Text(PLANES_CAPTION, style="dim")), (1, 0))
            yield lesion_table(image.lesions)
            yield Text()
            yield from _lesion_notes(image.lesions)
        if image.excluded:
            yield Padding(ledger_table(image.excluded), (1, 0, 0, 0))
    if image.issues:
        yield Text()
        yield from map(_issue_line, image.issues)


def _headline(totals: Totals) -> Text:
    if totals.n_lesions == 0:
        return Text("No soft-tissue calcification found.", style="bold")
    facts = (
        counted(totals.n_lesions, "soft-tissue calcification"),
        f"{volume(totals.volume_mm3 / 1000)} ml",
        f"Agatston-type {totals.agatston:,.0f}",
        f"mass {totals.mass_mg:,.0f} mg",
    )
    return Text(" · ".join(facts), style="bold")


def _lesion_notes(lesions: tuple[Lesion, ...]) -> Iterator[Text]:
    n_hidden = len(lesions) - LESIONS_SHOWN
    if n_hidden > 0:
        yield Text(f"and {n_hidden} more in lesions.csv", style="dim")
    for flag in flags_on_all(lesions):
        yield Text(f"All lesions: {flag.meaning}.", style="dim")
    shown = {flag for lesion in largest(lesions) for flag in lesion.flags} - set(flags_on_all(lesions))
    for flag in FlagCode:
        if flag in shown:
            letter = "" if is_wide() else f"{flag_letter(flag)} "
            yield Text(f"{letter}{flag.replace('_', ' ')}: {flag.meaning}", style="dim")


def _issue_line(issue: Issue) -> Text:
    return Text("! ", style="bold yellow").append(issue.message, style="not bold")
