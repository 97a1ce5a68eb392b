"""The formats that calciseg writes: one line each; other packages add theirs by entry points.

An entry point of the group ``calciseg.outputs`` is named as its format and leads to a module like the ones
here: ``NAME``, ``FILES`` (a regular expression for the names of its files), ``is_available`` and ``write``.
"""

import re
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import numpy as np

from calciseg.arguments import must_be, path_of, words_of
from calciseg.errors import InputError, OutputError, UsageError
from calciseg.model import StudyResult
from calciseg.outputs import nifti_maps, result_json
from calciseg.outputs.atomic import output_error, staged
from calciseg.outputs.collector import paused_collector
from calciseg.outputs.measured_maps import measured_maps
from calciseg.outputs.not_made import NotMadeError
from calciseg.outputs.result_document import label_map_name
from calciseg.outputs.stored_maps import read_map
from calciseg.outputs.stored_result import as_published

__all__ = ["DEFAULT_TYPES", "check", "remove_older", "types_in", "write"]


class Writer(Protocol):
    """What a writer's module offers."""

    NAME: str

    def is_available(self) -> bool:
        """Whether everything that the writer needs is installed."""

    def write(self, result: StudyResult, folder: Path) -> tuple[Path, ...]:
        """Write the format's files into a folder and return their paths."""


class PlugIn(Writer, Protocol):
    """What the module of a plug-in offers."""

    FILES: str


class _Format(NamedTuple):
    module: str
    files: str
    """A regular expression for the names of its files."""
    extra: str | None = None
    """What to install of calciseg for it, beyond the usual."""


# In the order of writing: result.json comes last because it names the maps that lie beside it.
_FORMATS = {
    "nifti": _Format("calciseg.outputs.nifti_maps", r"(labels|planes|excluded)-\d+\.nii\.gz"),
    "csv": _Format("calciseg.outputs.lesions_csv", r"lesions\.csv"),
    "parquet": _Format("calciseg.outputs.lesions_parquet", r"lesions\.parquet", "parquet"),
    "html": _Format("calciseg.outputs.html_report", r"report\.html"),
    "seg": _Format("calciseg.outputs.dicom_objects.segmentation", r"seg-\d+\.dcm"),
    "sr": _Format("calciseg.outputs.dicom_objects.structured_report", r"sr-\d+\.dcm"),
    "pdf": _Format("calciseg.outputs.dicom_objects.encapsulated_report", r"report\.dcm", "pdf"),
    "fhir": _Format("calciseg.outputs.fhir", r"fhir\.json"),
    "json": _Format("calciseg.outputs.result_json", r"result\.json"),
}

_ONE_STATE = (result_json.NAME, nifti_maps.NAME)
"""Each describes the other: the one lists the exclusions that the other maps, so they change together."""

_GROUP = "calciseg.outputs"

DEFAULT_TYPES = ("json", "csv", "nifti", "html")
_ON_REQUEST = ("parquet", "seg", "sr", "pdf", "fhir")


def check(types: Sequence[str], folder: str | Path | None = None) -> None:
    """Refuse at once what :func:`write` would refuse after a long analysis.

    Parameters
    ----------
    types : sequence of str
        Formats, as :func:`write` takes them.
    folder : path, optional
        Where to write; it, or what exists of the path to it, is tried and left as it was.

    Raises
    ------
    UsageError
        If a format is not known or not available.
    OutputError
        If nothing can be written to the folder.
    """
    for name in words_of(types, "types"):
        _writer(name)
    if folder is not None:
        with staged(_what_exists(path_of(folder, "folder"))):
            pass


def _what_exists(path: Path) -> Path:
    """Return a path, or the nearest folder above it that is there."""
    try:
        return next(part for part in (path, *path.parents) if part.exists())
    except OSError as error:
        raise output_error(path, error) from error


def write(
    result: StudyResult,
    folder: str | Path,
    types: Sequence[str] = DEFAULT_TYPES,
    *,
    clear_other_types: bool = False,
) -> tuple[Path, ...]:
    """Write a result in the formats asked for.

    Every file appears whole or not at all, and all of them together. Older files of the same formats are
    replaced, also those of images that are no more; files that are not calciseg's are never touched. A format
    that cannot be made of the result takes no other with it. Where ``json`` or ``nifti`` is asked for and
    older files of the other lie in the folder, they are written anew too, for each describes the other; but
    label maps of other lesions than the result's, as somebody may have drawn them, are not replaced unasked.

    Parameters
    ----------
    result : StudyResult
    folder : path
        Made if it does not exist.
    types : sequence of str
        Any of ``json``, ``csv``, ``nifti``, ``html``, ``parquet``, ``seg``, ``sr``, ``pdf``, ``fhir``, and
        what plug-ins add; one alone may be given as it is.
    clear_other_types : bool
        Remove calciseg's older files of the formats not asked for too, so that the folder holds one run only.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        If a format is not known or not available, or an argument is of the wrong type.
    OutputError
        If a file cannot be written, or a format needs maps or a source that are not at hand, as in a result
        that was read without its source; what lay in the folder before then stays as it was.
    NotMadeError
        An ``OutputError``: a format cannot be made of the result; all others asked for were written.
    """
    folder, types = path_of(folder, "folder"), words_of(types, "types")
    must_be(result, StudyResult, "result", "give what calciseg.analyze returns")
    check(types)
    rounded = as_published(result)
    types = types if clear_other_types else _with_its_other_half(types, result, folder)
    others = tuple(name for name in _FORMATS if name not in types) if clear_other_types else ()
    with staged(folder) as stage, paused_collector():
        ordered = [*(name for name in types if name not in _FORMATS), *(n for n in _FORMATS if n in types)]
        beside = _maps_to_stay(result, folder, (*types, *others))
        names, not_made = _written(ordered, rounded, stage, beside)
    remove_older(folder, (*types, *others), keep=names)
    if not_made:
        raise NotMadeError("; ".join(map(str, not_made)))
    return tuple(folder / name for name in names)


def _with_its_other_half(types: tuple[str, ...], result: StudyResult, folder: Path) -> tuple[str, ...]:
    """Add result.json to the maps, or the maps to result.json, where older ones lie in the folder."""
    missing = set(_ONE_STATE) - set(types)
    if len(missing) != 1 or not missing <= set(types_in(folder)):
        return types
    if missing == {nifti_maps.NAME} and not _holds_labels_of(result, folder):
        return types
    return (*types, *missing)


def _holds_labels_of(result: StudyResult, folder: Path) -> bool:
    """Whether the label maps of a folder are those of a result, also where the other maps are older."""
    try:
        return all(
            np.array_equal(read_map(folder / label_map_name(image), image.geometry), maps.labels)
            for image, maps in measured_maps(result)
        )
    except (InputError, OutputError):  # a map cannot be read, or the result has none
        return False


def _maps_to_stay(result: StudyResult, folder: Path, types: Sequence[str]) -> list[str]:
    """Name what lies in a folder and stays there, for a result that was read from it without its maps."""
    if all(image.maps is not None for image in result.all_images if image.status == "measured"):
        return []
    own = _own_files(types)
    return [path.name for path in folder.iterdir() if not own.fullmatch(path.name)]


def _written(
    types: Sequence[str], result: StudyResult, stage: Path, beside: Sequence[str]
) -> tuple[list[str], list[NotMadeError]]:
    """Write every format that can be made of a result; return the files' names and why others were not."""
    names: list[str] = []
    not_made: list[NotMadeError] = []
    for name in types:
        is_json = name == result_json.NAME
        writes = partial(result_json.write, beside=beside) if is_json else _writer(name).write
        try:
            names += [path.name for path in writes(result, stage)]
        except NotMadeError as error:
            not_made.append(error)
            names += sorted(path.name for path in stage.iterdir() if path.name not in names)
    return names, not_made


def types_in(folder: Path) -> tuple[str, ...]:
    """List the formats that a folder holds files of, in the order of writing; none if it cannot be read."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return ()
    return tuple(
        kind for kind, form in _FORMATS.items() if any(re.fullmatch(form.files, name) for name in names)
    )


def _writer(name: str) -> Writer:
    own = _FORMATS.get(name)
    writer = _plug_in(name) if own is None else cast(Writer, import_module(own.module))
    if not writer.is_available():
        remedy = "" if own is None or own.extra is None else f"install 'calciseg[{own.extra}]' or "
        raise UsageError(
            f"output type {name!r} needs a package that is not installed; {remedy}choose from {_known()}"
        )
    return writer


def _known() -> str:
    return ", ".join((*DEFAULT_TYPES, *_ON_REQUEST, *sorted(_plug_ins())))


def _plug_ins() -> dict[str, EntryPoint]:
    """Find what other packages add; none of them is imported, and none takes the place of a format here."""
    return {point.name: point for point in entry_points(group=_GROUP) if point.name not in _FORMATS}


def _plug_in(name: str) -> PlugIn:
    found = _plug_ins().get(name)
    if found is None:
        raise UsageError(f"output type {name!r} is not known; choose from {_known()}")
    try:
        module = found.load()
        re.compile(module.FILES)
        is_whole = name == module.NAME and callable(module.is_available) and callable(module.write)
    except Exception as error:
        # Whatever a stranger's module raises when it is imported, the caller can only do without it.
        raise UsageError(
            f"output type {name!r} of {_package(found)} does not work ({type(error).__name__}: {error});"
            " repair or remove that package"
        ) from error
    if not is_whole:
        raise UsageError(
            f"output type {name!r} of {_package(found)} does not offer NAME, FILES, is_available and write;"
            " repair or remove that package"
        )
    return cast(PlugIn, module)


def _package(point: EntryPoint) -> str:
    return point.value if point.dist is None else f"package {point.dist.name}"


def _files(name: str) -> str:
    return _FORMATS[name].files if name in _FORMATS else _plug_in(name).FILES


def _own_files(types: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(_files(name) for name in types))


def remove_older(folder: Path, types: Sequence[str] = tuple(_FORMATS), *, keep: Sequence[str]) -> None:
    """Remove calciseg's files of some formats but those to keep; other files stay.

    Raises
    ------
    OutputError
        If a file cannot be removed.
    """
    own = _own_files(types)
    for path in sorted(folder.iterdir()):
        if own.fullmatch(path.name) and path.name not in keep and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise output_error(path, error) from error
