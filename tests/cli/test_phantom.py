from pathlib import Path

import pytest
from answers import Command

import calciseg.phantom
from calciseg.phantom import FILM_KINDS, KINDS, PhantomRecipe


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Make nothing, but remember what was asked for."""
    seen: dict[str, object] = {}
    monkeypatch.setattr(calciseg.phantom, "make_phantom", lambda recipe: seen.setdefault("recipe", recipe))
    monkeypatch.setattr(
        calciseg.phantom,
        "write_phantom",
        lambda phantom, folder, *, compression: seen.update(folder=folder, compression=compression),
    )
    return seen


def test_defaults_are_those_of_the_recipe(command: Command, made: dict[str, object]) -> None:
    code, out, _ = command("phantom", "out")
    assert code == 0
    assert made == {"recipe": PhantomRecipe(), "folder": Path("out"), "compression": None}
    assert out == "wrote dicom, truth.json and truth.nii.gz in out\n"


def test_options(command: Command, made: dict[str, object]) -> None:
    command(
        "phantom", "out", "--kind", "hand", "--seed", 7, "--spacing-mm", "1,0.5,0.5", "--thickness-mm", 2,
        "--kvp", 100, "--noise-hu", 20, "--blur-mm", 0.7, "--tilt-deg", 10, "--contrast",
        "--metal", "--iodine", "--compression", "jpegls",
    )  # fmt: skip
    assert made["recipe"] == PhantomRecipe(
        kind="hand", seed=7, spacing_mm_zyx=(1.0, 0.5, 0.5), slice_thickness_mm=2.0, kvp=100.0, noise_hu=20.0,
        blur_mm=0.7, tilt_deg=10.0, contrast=True, metal=True, iodine=True,
    )  # fmt: skip
    assert made["compression"] == "jpegls"


def test_help_names_every_kind(command: Command) -> None:
    text = "".join(command("phantom", "--help").out.split())
    assert all(kind in text for kind in (*KINDS, *FILM_KINDS))


@pytest.mark.parametrize("unknown", ["tail", "xr-tail", "", "xr-"])
def test_an_unknown_kind_is_refused_with_all_that_are_known(command: Command, unknown: str) -> None:
    code, _, err = command("phantom", "out", "--kind", unknown)
    assert code == 2
    assert err == f"calciseg: --kind must be one of {', '.join((*KINDS, *FILM_KINDS))}, not {unknown!r}\n"
