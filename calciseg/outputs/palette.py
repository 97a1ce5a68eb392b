"""One colour per tissue plane, for pictures, report and terminal alike.

From the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), which stays distinct for colour-blind
eyes and on black, white and grey.
"""

from calciseg.model import TissuePlane

__all__ = ["EXCLUDED_COLOUR", "PLANE_COLOURS", "rgb", "rgb_of"]

PLANE_COLOURS = {
    TissuePlane.CUTANEOUS: "#56b4e9",
    TissuePlane.SUBCUTANEOUS: "#e69f00",
    TissuePlane.FASCIAL: "#009e73",
    TissuePlane.INTRAMUSCULAR: "#cc79a7",
    TissuePlane.INDETERMINATE: "#d55e00",
}

EXCLUDED_COLOUR = "#f0e442"
"""What is dense but not counted, where it is drawn."""


def rgb(tissue_plane: TissuePlane) -> tuple[int, int, int]:
    """Return the colour of a plane as red, green and blue, 0 to 255."""
    return rgb_of(PLANE_COLOURS[tissue_plane])


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return a colour, written as in ``#56b4e9``, as red, green and blue, 0 to 255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
