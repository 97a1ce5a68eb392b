"""``calciseg phantom``."""

from pathlib import Path
from typing import Annotated

import typer

from calciseg.arguments import one_of
from calciseg.errors import UsageError

__all__ = ["phantom"]

_KVP, _NOISE_HU, _BLUR_MM = 120.0, 11.0, 0.48
_WRITTEN = "wrote dicom, truth.json and truth.nii.gz in {out}\n"


def phantom(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="Gets OUT/dicom, OUT/truth.json and OUT/truth.nii.gz.")
    ],
    kind: Annotated[
        str,
        typer.Option(
            help="One of thigh, forearm, elbow, hand, pelvis, arm-beside-trunk, normal-thigh, sheet-thigh; a"
            " radiograph: xr-thigh, xr-forearm, xr-pelvis, xr-hand."
        ),
    ] = "thigh",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
    spacing_mm: Annotated[
        str | None,
        typer.Option(
            metavar="DZ,DY,DX",
            help="Distance of slices, rows and columns; by default the kind's. A radiograph takes DX.",
        ),
    ] = None,
    thickness_mm: Annotated[float | None, typer.Option(help="Slice thickness; by default DZ.")] = None,
    kvp: Annotated[float, typer.Option(help="Tube voltage.")] = _KVP,
    noise_hu: Annotated[float, typer.Option(help="Standard deviation of the noise.")] = _NOISE_HU,
    blur_mm: Annotated[
        float, typer.Option(help="Standard deviation of the point spread; 0.35 is sharp, 0.7 soft.")
    ] = _BLUR_MM,
    tilt_deg: Annotated[float, typer.Option(help="Gantry tilt.")] = 0.0,
    compression: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="jpegls or jpeg2000, both lossless; by default none."),
    ] = None,
    contrast: Annotated[bool, typer.Option("--contrast", help="Add intravenous contrast.")] = False,
    metal: Annotated[bool, typer.Option("--metal", help="Add a screw.")] = False,
    iodine: Annotated[bool, typer.Option("--iodine", help="Add a vein full of injected iodine.")] = False,
) -> str:
    """Make a synthetic CT study, or a radiograph, whose calcifications are known."""
    from calciseg.phantom import FILM_KINDS, KINDS, PhantomRecipe, make_phantom, write_phantom

    one_of(kind, (*KINDS, *FILM_KINDS), "--kind")
    if kind in FILM_KINDS:
        given = {
            "--thickness-mm": thickness_mm is not None,
            "--kvp": kvp != _KVP,
            "--noise-hu": noise_hu != _NOISE_HU,
            "--blur-mm": blur_mm != _BLUR_MM,
            "--tilt-deg": tilt_deg != 0,
            "--contrast": contrast,
            "--iodine": iodine,
        }
        if wrong := [name for name, is_given in given.items() if is_given]:
            raise UsageError(f"{wrong[0]}: belongs to CT; leave it out for kind {kind!r}")
        _write_film(out, kind, seed, spacing_mm, metal=metal, compression=compression)
        return _WRITTEN.format(out=out)
    recipe = PhantomRecipe(
        kind=kind,
        seed=seed,
        spacing_mm_zyx=None if spacing_mm is None else _spacing(spacing_mm),
        slice_thickness_mm=thickness_mm,
        kvp=kvp,
        noise_hu=noise_hu,
        blur_mm=blur_mm,
        tilt_deg=tilt_deg,
        contrast=contrast,
        metal=metal,
        iodine=iodine,
    )
    write_phantom(make_phantom(recipe), out, compression=compression)
    return _WRITTEN.format(out=out)


def _write_film(
    out: Path, kind: str, seed: int, spacing_mm: str | None, *, metal: bool, compression: str | None
) -> None:
    from calciseg.phantom import FilmRecipe, make_film, write_phantom

    pixel_mm = None if spacing_mm is None else _spacing(spacing_mm)[2]
    recipe = FilmRecipe(kind=kind, seed=seed, pixel_mm=pixel_mm, metal=metal)
    write_phantom(make_film(recipe), out, compression=compression)


def _spacing(text: str) -> tuple[float, float, float]:
    try:
        dz, dy, dx = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"--spacing-mm {text}: is not three numbers; give DZ,DY,DX, such as 3,0.7,0.7"
        ) from error
    return dz, dy, dx
