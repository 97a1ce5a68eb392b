"""Segmentation kernels: arrays in, arrays out. Lazy: numba is imported when a kernel is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calciseg.kernels._cache import cache_folder
    from calciseg.kernels._memory import give_back, sparse_zeros
    from calciseg.kernels.behind import bridge
    from calciseg.kernels.blocks import sum_in_blocks
    from calciseg.kernels.bodies import WAYS_ZYX, Heart, Sight, around_body, heart_of, look_out
    from calciseg.kernels.components import SlabLabeller, connected_components
    from calciseg.kernels.convolution import Convolution
    from calciseg.kernels.distance import distance_mm, geodesic_distance_mm, nearest_label
    from calciseg.kernels.extent import feret_mm
    from calciseg.kernels.found import Components
    from calciseg.kernels.holes import fill_holes_in_slices
    from calciseg.kernels.lines import open_along_lines
    from calciseg.kernels.means import mean_in_window
    from calciseg.kernels.morphology import dilate_mm, erode_mm
    from calciseg.kernels.relaxation import relax
    from calciseg.kernels.runs import Runs
    from calciseg.kernels.shells import Shells, shells_of
    from calciseg.kernels.smoothing import smooth
    from calciseg.kernels.table import ComponentTable
    from calciseg.kernels.threads import n_threads_allowed, threads_at_most
    from calciseg.kernels.together import both, meanwhile, side_by_side
    from calciseg.kernels.tube import TubeLook, TubeSection, fit_tube, follow_tube
    from calciseg.kernels.warm import warmup
    from calciseg.kernels.watershed import basins_around_peaks, joined_basins, passages_between

_HOME = {
    "ComponentTable": "table",
    "Components": "found",
    "Convolution": "convolution",
    "Heart": "bodies",
    "Runs": "runs",
    "Shells": "shells",
    "Sight": "bodies",
    "SlabLabeller": "components",
    "TubeLook": "tube",
    "TubeSection": "tube",
    "WAYS_ZYX": "bodies",
    "around_body": "bodies",
    "both": "together",
    "bridge": "behind",
    "basins_around_peaks": "watershed",
    "cache_folder": "_cache",
    "connected_components": "components",
    "dilate_mm": "morphology",
    "erode_mm": "morphology",
    "distance_mm": "distance",
    "feret_mm": "extent",
    "fill_holes_in_slices": "holes",
    "fit_tube": "tube",
    "follow_tube": "tube",
    "geodesic_distance_mm": "distance",
    "give_back": "_memory",
    "heart_of": "bodies",
    "joined_basins": "watershed",
    "look_out": "bodies",
    "mean_in_window": "means",
    "meanwhile": "together",
    "n_threads_allowed": "threads",
    "nearest_label": "distance",
    "open_along_lines": "lines",
    "passages_between": "watershed",
    "relax": "relaxation",
    "shells_of": "shells",
    "side_by_side": "together",
    "smooth": "smoothing",
    "sparse_zeros": "_memory",
    "sum_in_blocks": "blocks",
    "threads_at_most": "threads",
    "warmup": "warm",
}

__all__ = [
    "WAYS_ZYX",
    "ComponentTable",
    "Components",
    "Convolution",
    "Heart",
    "Runs",
    "Shells",
    "Sight",
    "SlabLabeller",
    "TubeLook",
    "TubeSection",
    "around_body",
    "basins_around_peaks",
    "both",
    "bridge",
    "cache_folder",
    "connected_components",
    "dilate_mm",
    "distance_mm",
    "erode_mm",
    "feret_mm",
    "fill_holes_in_slices",
    "fit_tube",
    "follow_tube",
    "geodesic_distance_mm",
    "give_back",
    "heart_of",
    "joined_basins",
    "look_out",
    "mean_in_window",
    "meanwhile",
    "n_threads_allowed",
    "nearest_label",
    "open_along_lines",
    "passages_between",
    "relax",
    "shells_of",
    "side_by_side",
    "smooth",
    "sparse_zeros",
    "sum_in_blocks",
    "threads_at_most",
    "warmup",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'calciseg.kernels' has no attribute {name!r}")
    value = getattr(import_module(f"calciseg.kernels.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
