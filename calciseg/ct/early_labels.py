"""What is dense in a volume, labelled while its slices are still being decoded."""

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.candidates import choose_thresholds
from calciseg.ct.tube_voltage import calcium_hu_factor
from calciseg.kernels import Components, SlabLabeller, connected_components
from calciseg.model import ImageHeader, VolumeGeometry
from calciseg.settings import Settings

__all__ = ["EarlyLabels"]


class EarlyLabels:
    """Labels slabs at the threshold that the header alone tells, which is that of all but noisy images.

    Parameters
    ----------
    header : ImageHeader
    geometry : VolumeGeometry
        Of the volume that is being read.
    settings : Settings
    """

    def __init__(self, header: ImageHeader, geometry: VolumeGeometry, settings: Settings) -> None:
        factor, _ = calcium_hu_factor(header, settings.tube_voltage)
        told = choose_thresholds(factor, bool(header.contrast_agent), None, settings.candidates)
        self._grow_hu = told.grow_hu
        self._labeller: SlabLabeller | None = SlabLabeller(geometry.shape_zyx, np.int16, told.grow_hu)

    def add(self, slab_hu: NDArray[np.int16], first_slice: int) -> None:
        """Label a slab; may be called from several threads, in any order.

        Parameters
        ----------
        slab_hu : ndarray of int16
            Consecutive slices.
        first_slice : int
            Index of the first of them.
        """
        if self._labeller is not None:
            self._labeller.add(slab_hu, first_slice)

    def at(self, hu: NDArray[np.int16], grow_hu: float) -> Components:
        """Return the components of the volume at a threshold; once only.

        Parameters
        ----------
        hu : ndarray of int16
            The volume, of which all slabs were added.
        grow_hu : float
            Where noise has raised it, the volume is labelled anew.
        """
        if self._labeller is None or grow_hu != self._grow_hu:
            self._labeller = None
            return connected_components(hu, grow_hu)
        labeller, self._labeller = self._labeller, None
        return labeller.finish()
