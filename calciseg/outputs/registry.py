"""The formats that calciseg writes: one line each."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from calciseg.errors import UsageError
from calciseg.model import StudyResult
from calciseg.outputs.atomic import output_error, staged
from calciseg.outputs.stored_result import as_published

__all__ = ["DEFAULT_TYPES", "check", "remove_older", "types_in", "write"]


class Writer(Protocol):
    """What a writer's module offers."""

    NAME: str

    def is_available(self) -> bool:
        """Whether everything that the writer needs is installed."""

    def write(self, result: StudyResult, folder: Path) -> tuple[Path, ...]:
        """Write the format's files into a folder and return their paths."""


class _Format(NamedTuple):
    module: str
    files: str
    """A regular expression for the names of its files."""


# In the order of writing: result.json comes last because it names the maps that lie beside it.
_FORMATS = {
    "nifti": _Format("calciseg.outputs.nifti_maps", r"(labels|planes|excluded)-\d+\.nii\.gz"),
    "csv": _Format("calciseg.outputs.lesions_csv", r"lesions\.csv"),
    "html": _Format("calciseg.outputs.html_report", r"report\.html"),
    "seg": _Format("calciseg.outputs.dicom_objects.segmentation", r"seg-\d+\.dcm"),
    "sr": _Format("calciseg.outputs.dicom_objects.structured_report", r"sr-\d+\.dcm"),
    "fhir": _Format("calciseg.outputs.fhir", r"fhir\.json"),
    "json": _Format("calciseg.outputs.result_json", r"result\.json"),
}

DEFAULT_TYPES = ("json", "csv", "nifti", "html")
_ON_REQUEST = ("seg", "sr", "fhir")


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
    for name in types:
        _writer(name)
    if folder is not None:
        path = Path(folder)
        with staged(next(part for part in (path, *path.parents) if part.exists())):
            pass


def write(
    result: StudyResult,
    folder: str | Path,
    types: Sequence[str] = DEFAULT_TYPES,
    *,
    clear_other_types: bool = False,
) -> tuple[Path, ...]:
    """Write a result in the formats asked for.

    Every file appears whole or not at all, and all of them together. Older files of the same formats are
    replaced, also those of images that are no more; files that are not calciseg's are never touched.

    Parameters
    ----------
    result : StudyResult
    folder : path
        Made if it does not exist.
    types : sequence of str
        Any of ``json``, ``csv``, ``nifti``, ``html``, ``seg``, ``sr`` and ``fhir``.
    clear_other_types : bool
        Remove calciseg's older files of the formats not asked for too, so that the folder holds one run only.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        If a format is not known or not available.
    OutputError
        If a file cannot be written; what lay in the folder before then stays as it was.
    """
    folder = Path(folder)
    check(types)
    rounded = as_published(result)
    with staged(folder) as stage:
        names = [
            path.name for name in _FORMATS if name in types for path in _writer(name).write(rounded, stage)
        ]
    remove_older(folder, tuple(_FORMATS) if clear_other_types else types, keep=names)
    return tuple(folder / name for name in names)


def types_in(folder: Path) -> tuple[str, ...]:
    """List the formats that a folder holds files of, in the order of writing."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return tuple(
        kind for kind, form in _FORMATS.items() if any(re.fullmatch(form.files, name) for name in names)
    )


def _writer(name: str) -> Writer:
    known = ", ".join((*DEFAULT_TYPES, *_ON_REQUEST))
    if name not in _FORMATS:
        raise UsageError(f"output type {name!r} is not known; choose from {known}")
    writer = cast(Writer, import_module(_FORMATS[name].module))
    if not writer.is_available():
        raise UsageError(f"output type {name!r} needs a package that is not installed; choose from {known}")
    return writer


def remove_older(folder: Path, types: Sequence[str] = tuple(_FORMATS), *, keep: Sequence[str]) -> None:
    """Remove calciseg's files of some formats but those to keep; other files stay.

    Raises
    ------
    OutputError
        If a file cannot be removed.
    """
    own = re.compile("|".join(_FORMATS[name].files for name in types))
    for path in sorted(folder.iterdir()):
        if own.fullmatch(path.name) and path.name not in keep and path.is_file():
            try:
                path.unlink()
            except OSError as error:
                raise output_error(path, error) from error
