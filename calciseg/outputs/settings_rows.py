"""Settings as a table: value, unit, reason and source of each, for the report and the terminal."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from calciseg.settings import Settings

__all__ = ["SettingRow", "settings_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting."""

    group: str
    name: str
    value: Any
    unit: str
    reason: str
    source: str
    is_default: bool

    @property
    def value_text(self) -> str:
        """The value as a settings file writes it."""
        if isinstance(self.value, float):
            return f"{self.value:.12g}"
        return json.dumps(self.value)


def settings_rows(settings: Settings) -> list[SettingRow]:
    """List every setting with what a reader wants to know of it.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of SettingRow
        In the order of the settings file.
    """
    return [row for group in Settings.model_fields for row in _group_rows(group, getattr(settings, group))]


def _group_rows(group: str, values: BaseModel) -> list[SettingRow]:
    rows = []
    for name, field in type(values).model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        value = getattr(values, name)
        rows.append(
            SettingRow(
                group=group,
                name=name,
                value=value,
                unit=str(extra.get("unit", "")),
                reason=field.description or "",
                source=str(extra.get("source", "")),
                is_default=value == field.get_default(call_default_factory=True),
            )
        )
    return rows
