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


class Settings(_Group):
    """All settings of an analysis. Frozen; ``Settings(candidates=CandidateSettings(grow_hu=150))`` to change."""

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
