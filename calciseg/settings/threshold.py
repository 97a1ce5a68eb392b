"""How a threshold is declared: with its unit, range, reason and source."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Group", "threshold"]


class Group(BaseModel):
    """Settings of one step. Frozen; unknown names and impossible values are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def threshold(default: float, unit: str, reason: str, source: str, *, low: float, high: float) -> Any:
    """Declare a threshold with all that a reader wants to know of it."""
    return Field(
        default, ge=low, le=high, description=reason, json_schema_extra={"unit": unit, "source": source}
    )
