"""The CT chain: Hounsfield units in, lesions with their tissue plane and a ledger of exclusions out."""

from calciseg.ct.chain import analyze_volume
from calciseg.ct.early_labels import EarlyLabels
from calciseg.ct.remeasure import measure_labels

__all__ = ["EarlyLabels", "analyze_volume", "measure_labels"]
