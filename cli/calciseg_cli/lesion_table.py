"""The table of the lesions, largest first."""

from collections.abc import Sequence
from string import ascii_lowercase

from rich.table import Table
from rich.text import Text

from calciseg.model import FlagCode, Lesion
from calciseg.outputs.figures import length, volume
from calciseg.outputs.summary_rows import flags_on_all, largest_first
from calciseg_cli.plane_table import plane_name
from calciseg_cli.terminal import is_wide

__all__ = ["LESIONS_SHOWN", "flag_letter", "largest", "lesion_table"]

LESIONS_SHOWN = 30

_HEADINGS = (
    ("\n#", True),
    ("\nPlane", False),
    ("\n%", True),
    ("\nShape", False),
    ("Vol.\nmm³", True),
    ("Ø\nmm", True),
    ("HU\nmean", True),
    ("HU\nmax", True),
    ("Skin\nmm", True),
    ("Fascia\nmm", True),
    ("Bone\nmm", True),
    ("\nFlags", False),
)
"""Each with whether it stands over figures."""


def largest(lesions: Sequence[Lesion]) -> list[Lesion]:
    """Return the lesions that are shown."""
    return largest_first(lesions)[:LESIONS_SHOWN]


def flag_letter(flag: FlagCode) -> str:
    """Return the letter that stands for a flag where there is no room for the word."""
    return ascii_lowercase[list(FlagCode).index(flag)]


def lesion_table(lesions: Sequence[Lesion]) -> Table:
    """Lay out one row a lesion, with words for flags where there is room and letters where there is not.

    Parameters
    ----------
    lesions : sequence of Lesion
        All of one image; the largest are shown.
    """
    wide = is_wide()
    table = Table(box=None, padding=(0, 2 if wide else 1, 0, 0), header_style="dim")
    for heading, is_number in _HEADINGS:
        table.add_column(heading, justify="right" if is_number else "left", vertical="bottom")
    common = flags_on_all(lesions)
    for lesion in largest(lesions):
        table.add_row(*_cells(lesion), _flags(lesion, common, wide=wide))
    return table


def _cells(lesion: Lesion) -> list[str | Text]:
    share = getattr(lesion.plane_fractions, lesion.tissue_plane)
    return [
        str(lesion.label),
        plane_name(lesion.tissue_plane),
        f"{share:.0%}".removesuffix("%"),
        lesion.morphology.value,
        volume(lesion.volume_mm3),
        length(lesion.max_diameter_mm),
        f"{lesion.hu_mean:.0f}",
        f"{lesion.hu_max:.0f}",
        length(lesion.depth_from_skin_mm),
        length(lesion.distance_to_fascia_mm),
        length(lesion.distance_to_bone_mm),
    ]


def _flags(lesion: Lesion, common: Sequence[FlagCode], *, wide: bool) -> str:
    own = [flag for flag in lesion.flags if flag not in common]
    if wide:
        return ", ".join(flag.replace("_", " ") for flag in own)
    return "".join(flag_letter(flag) for flag in own)
