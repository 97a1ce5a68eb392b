"""The radiograph chain: what a projection can tell of soft-tissue calcifications, and no more."""

from calciseg.radiograph.chain import analyze_radiograph
from calciseg.radiograph.remeasure import measure_shadows

__all__ = ["analyze_radiograph", "measure_shadows"]
