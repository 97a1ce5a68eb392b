"""How a threshold is declared: with its unit, range, reason and source."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calciseg.errors import SettingsError

__all__ = ["Group", "first_of", "threshold"]


class Group(BaseModel):
    """Settings of one step. Frozen; unknown names and impossible values raise SettingsError."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(f"{first_of(error)}; see 'calciseg info --json'") from error

    # For pydantic as good as its own: groups in a group are checked with it, and their errors name the path.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def first_of(error: ValidationError) -> str:
    """Return the first thing that is wrong, with the name of its field."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def threshold(default: float, unit: str, reason: str, source: str, *, low: float, high: float) -> Any:
    """Declare a threshold with all that a reader wants to know of it."""
    return Field(
        default, ge=low, le=high, description=reason, json_schema_extra={"unit": unit, "source": source}
    )
