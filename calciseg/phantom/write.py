"""Writes a phantom: DICOM files and its truth."""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import SimpleITK as sitk

from calciseg.errors import OutputError, UsageError
from calciseg.phantom.dicom import COMPRESSIONS, write_images
from calciseg.phantom.films.truth import FilmPhantom, film_truth_as_dict
from calciseg.phantom.truth import SCHEMA, Phantom, truth_as_dict

__all__ = ["write_phantom"]


def write_phantom(
    phantom: Phantom | FilmPhantom, folder: str | Path, *, compression: str | None = None
) -> tuple[Path, ...]:
    """Write a phantom; one that is already there is replaced, other files stay.

    Parameters
    ----------
    phantom : Phantom or FilmPhantom
    folder : path
        Gets ``dicom/*.dcm``, ``truth.json`` and ``truth.nii.gz``.
    compression : {"jpegls", "jpeg2000"}, optional
        Lossless compression of the pixels.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        If the compression is unknown.
    OutputError
        If the folder cannot be written, or holds a ``dicom`` folder that is no phantom.
    """
    if compression is not None and compression not in COMPRESSIONS:
        raise UsageError(f"compression {compression!r}: unknown; choose one of {', '.join(COMPRESSIONS)}")
    folder = Path(folder)
    try:
        if (folder / "dicom").exists() and not _holds_phantom(folder):
            raise OutputError(f"{folder}: its dicom folder is no phantom and stays; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".phantom-", dir=folder) as temporary:
            return _write_into(phantom, Path(temporary), folder, compression)
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{folder}: cannot be written ({reason}); choose another folder") from error


def _holds_phantom(folder: Path) -> bool:
    try:
        return SCHEMA in (folder / "truth.json").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False


def _write_into(
    phantom: Phantom | FilmPhantom, draft: Path, folder: Path, compression: str | None
) -> tuple[Path, ...]:
    """Write into a draft folder first, so that a phantom is there whole or not at all."""
    (draft / "dicom").mkdir()
    images = write_images(phantom, draft / "dicom", compression)
    known = film_truth_as_dict(phantom) if isinstance(phantom, FilmPhantom) else truth_as_dict(phantom)
    text = json.dumps(known, indent=1) + "\n"
    (draft / "truth.json").write_text(text, encoding="utf-8")
    _write_labels(phantom, draft)
    if (folder / "dicom").is_dir():
        shutil.move(folder / "dicom", draft / "old")
    (draft / "dicom").rename(folder / "dicom")
    truth = [(draft / name).replace(folder / name) for name in ("truth.json", "truth.nii.gz")]
    return (*(folder / "dicom" / path.name for path in images), *truth)


def _write_labels(phantom: Phantom | FilmPhantom, draft: Path) -> None:
    if isinstance(phantom, FilmPhantom):
        # One slice, on the pixels of the detector.
        image = sitk.GetImageFromArray(phantom.truth_labels[None])
        pixel_mm = phantom.radiograph.spacing_mm_yx or (1.0, 1.0)
        image.SetSpacing((*pixel_mm[::-1], 1.0))
    else:
        geometry = phantom.volume.geometry
        image = sitk.GetImageFromArray(phantom.truth_labels)
        image.SetSpacing(geometry.spacing_mm_zyx[::-1])
        image.SetOrigin(geometry.origin_lps_mm)
        image.SetDirection(geometry.direction)
    plain = draft / "truth.nii"
    sitk.WriteImage(image, str(plain))
    # Compressed here: a gzip header of our own holds neither time nor name.
    with (draft / "truth.nii.gz").open("wb") as stream:
        stream.write(gzip.compress(plain.read_bytes(), compresslevel=6, mtime=0))
