"""What is installed: versions, decoders, default settings, the place of compiled kernels."""

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any, Self

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calciseg import Settings
from calciseg.kernels._cache import cache_folder
from calciseg.outputs.provenance import provenance
from calciseg.outputs.settings_rows import SettingRow, settings_rows

__all__ = ["Installation", "installation_tables"]

_DECODERS = {
    "JPEG 2000 and HTJ2K": "openjpeg",
    "JPEG-LS": "jpeg_ls",
    "JPEG and JPEG lossless": "imagecodecs",
    "RLE": "rle",
}
"""What is decoded, and the module that does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What ``calciseg info`` shows."""

    versions: dict[str, str]
    decoders: dict[str, bool]
    kernel_cache_folder: str | None
    settings: list[SettingRow]

    @classmethod
    def found(cls) -> Self:
        """Look at what is there."""
        folder = cache_folder()
        return cls(
            versions=provenance(),
            decoders={name: find_spec(module) is not None for name, module in _DECODERS.items()},
            kernel_cache_folder=None if folder is None else str(folder),
            settings=settings_rows(Settings()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; settings are grouped as in a settings file."""
        settings: dict[str, dict[str, Any]] = {}
        for row in self.settings:
            entry = asdict(row)
            del entry["group"], entry["name"], entry["is_default"]
            settings.setdefault(row.group, {})[row.name] = entry
        return {
            "calciseg_version": self.versions["calciseg"],
            "versions": self.versions,
            "decoders": self.decoders,
            "kernel_cache_folder": self.kernel_cache_folder,
            "settings": settings,
        }


def installation_tables(installation: Installation) -> RenderableType:
    """Lay out an installation for people."""
    folder = installation.kernel_cache_folder or "none can be written: kernels are compiled in every process"
    decoders = ", ".join(
        name if is_found else f"{name} (missing)" for name, is_found in installation.decoders.items()
    )
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    for name, value in (
        ("Version", installation.versions["calciseg"]),
        ("Libraries", ", ".join(f"{k} {v}" for k, v in installation.versions.items() if k != "calciseg")),
        ("Decoders", decoders),
        ("Kernel cache", folder),
        ("Schemas", "result, case (calciseg info --schema result)"),
    ):
        facts.add_row(name, Text(value, overflow="fold"))
    return Group(facts, _settings_list(installation.settings))


def _settings_list(rows: list[SettingRow]) -> RenderableType:
    """Lay out settings as they stand in a settings file, each with its reason and source."""
    parts: list[RenderableType] = []
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            parts += [Text(), Text(f"[{group}]", style="bold")]
        parts.append(Text(f"{row.name} = {row.value_text} {row.unit}".removesuffix(" 1")))
        parts.append(Padding(Text(f"{row.reason} ({row.source})", style="dim"), (0, 0, 0, 4)))
    return Group(*parts)
