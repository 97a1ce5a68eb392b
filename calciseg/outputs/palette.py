"""One colour per tissue plane, for pictures, report and terminal alike.

From the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), which stays distinct for colour-blind
eyes and on black, white and grey.
"""

from calciseg.model import TissuePlane

__all__ = ["PLANE_COLOURS", "rgb"]

PLANE_COLOURS = {
    TissuePlane.CUTANEOUS: "#56b4e9",
    TissuePlane.SUBCUTANEOUS: "#e69f00",
    TissuePlane.FASCIAL: "#009e73",
    TissuePlane.INTRAMUSCULAR: "#cc79a7",
    TissuePlane.INDETERMINATE: "#999999",
}


def rgb(tissue_plane: TissuePlane) -> tuple[int, int, int]:
    """Return the colour of a plane as red, green and blue, 0 to 255."""
    red, green, blue = bytes.fromhex(PLANE_COLOURS[tissue_plane].removeprefix("#"))
    return red, green, blue
