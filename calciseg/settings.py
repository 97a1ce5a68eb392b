"""Every threshold of calciseg: name, unit, default, reason and source, in one place.

Settings are passed by argument and saved in every result; nothing reads them from a global. A TOML file with
the same tables and names overrides the defaults (:func:`load_settings`).
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calciseg.errors import SettingsError

__all__ = ["CandidateSettings", "Settings", "load_settings"]


def _threshold(default: float, unit: str, reason: str, source: str, *, low: float, high: float) -> Any:
    """Declare a threshold with all that a reader wants to know of it."""
    return Field(
        default, ge=low, le=high, description=reason, json_schema_extra={"unit": unit, "source": source}
    )


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class GridSettings(_Group):
    """The grid on which anatomy is found."""

    spacing_mm: float = _threshold(
        1.0, "mm", "finer voxels are averaged into blocks of about this size",
        "design: skin is 1 to 3 mm thick", low=0.3, high=5,
    )  # fmt: skip
    coarsest_mm: float = _threshold(
        2.0, "mm", "no block grows beyond this, however large the volume", "design", low=0.3, high=10
    )
    max_voxels: int = _threshold(
        16_000_000, "voxels", "larger volumes get coarser blocks, which bounds time and memory",
        "design", low=100_000, high=1_000_000_000,
    )  # fmt: skip


class TubeVoltageSettings(_Group):
    """How the HU of calcium depend on the tube voltage."""

    factors: tuple[tuple[float, float], ...] = Field(
        ((70, 1.59), (80, 1.36), (100, 1.115), (120, 1.0), (135, 0.915)),
        min_length=2,
        description="kV and the factor on every calcium threshold against 120 kV, by rising kV",
        json_schema_extra={"unit": "kV, 1", "source": "doi:10.1093/ehjci/jey019"},
    )


class BodySettings(_Group):
    """What is body, and what is table or clothing."""

    surface_hu: float = _threshold(
        -400.0, "HU", "between air and skin, where the surface of the skin lies", "design", low=-900, high=-200
    )
    core_radius_mm: float = _threshold(
        3.5, "mm", "a ball of this radius fits into a finger but not into the shell of a table",
        "design", low=1, high=20,
    )  # fmt: skip
    tissue_low_hu: float = _threshold(
        -190.0, "HU", "lower end of fat", "doi:10.1038/s41598-025-96238-6", low=-300, high=0
    )
    tissue_high_hu: float = _threshold(
        150.0, "HU", "upper end of muscle", "doi:10.1038/s41598-025-96238-6", low=50, high=500
    )
    tissue_fraction: float = _threshold(
        0.5, "1", "at least so much of a body part is fat or muscle", "design", low=0, high=1
    )
    min_volume_mm3: float = _threshold(
        2000.0, "mm3", "smaller objects are not a body part", "design", low=0, high=1e7
    )


class CandidateSettings(_Group):
    """What is dense enough to be a candidate. HU values hold at 120 kV and are scaled by the tube voltage."""

    grow_hu: float = _threshold(
        130.0, "HU", "picks up about 100 mg/cm3 of hydroxyapatite",
        "Agatston 1990; doi:10.1093/ehjci/jey019 for the scaling by kV", low=50, high=1000,
    )  # fmt: skip
    seed_hu: float = _threshold(
        200.0, "HU", "a component counts only if it reaches this anywhere; keeps noise out",
        "design: hysteresis", low=50, high=2000,
    )  # fmt: skip
    grow_noise_sds: float = _threshold(
        4.0, "SD", "grow_hu is raised to the mean of muscle plus so many times its noise",
        "design, after doi:10.1002/acm2.12806", low=0, high=10,
    )  # fmt: skip
    seed_noise_sds: float = _threshold(
        6.0, "SD", "seed_hu is raised to the mean of muscle plus so many times its noise", "design", low=0, high=20
    )
    noise_window_mm: float = _threshold(
        6.0, "mm", "muscle is recognised by its mean over so wide a window", "design", low=1, high=30
    )
    muscle_low_hu: float = _threshold(
        20.0, "HU", "lower end of lean muscle, averaged", "design, after doi:10.1038/s41598-025-96238-6",
        low=-50, high=100,
    )  # fmt: skip
    muscle_high_hu: float = _threshold(
        95.0, "HU", "upper end of muscle, averaged, also after contrast", "design", low=50, high=200
    )
    min_muscle_voxels: int = _threshold(
        500, "voxels", "less muscle than this does not tell the noise", "design", low=10, high=1_000_000
    )


class Settings(_Group):
    """All settings of an analysis. Frozen; ``Settings(candidates=CandidateSettings(grow_hu=150))`` to change."""

    grid: GridSettings = GridSettings()
    tube_voltage: TubeVoltageSettings = TubeVoltageSettings()
    body: BodySettings = BodySettings()
    candidates: CandidateSettings = CandidateSettings()


def load_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file; what the file does not name keeps its default.

    Parameters
    ----------
    path : path
        A TOML file with tables named as the fields of :class:`Settings`.

    Returns
    -------
    Settings

    Raises
    ------
    SettingsError
        If the file cannot be read, is not TOML, or names an unknown or impossible value.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); give a TOML settings file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML ({error}); correct it") from error
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {name}: {first['msg']}; see 'calciseg info --json'") from error
