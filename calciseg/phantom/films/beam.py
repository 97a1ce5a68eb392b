"""The X-ray beam: how tissue and calcium weaken it, energy by energy."""

from dataclasses import dataclass

import numpy as np

from calciseg.phantom.fields import FloatArray

__all__ = ["Beam", "beam_of"]

_ENERGY_KEV = np.array([30.0, 40.0, 50.0, 60.0, 70.0, 80.0])
_WATER_PER_MM = np.array([0.03756, 0.02683, 0.02269, 0.02059, 0.01929, 0.01837])
"""Linear attenuation of water: NIST XAAMDI, table 4; 70 keV interpolated."""
_CORTEX_PER_MM = np.array([0.2555, 0.1278, 0.08145, 0.06044, 0.0503, 0.0428])
"""Of cortical bone of 1.92 g/cm3, the same source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beam:
    """A spectrum as weights of energies, and what weakens it.

    Attributes
    ----------
    weights : tuple of float
        Share of the detected signal by energy, without a patient.
    water_per_mm : tuple of float
    mineral_per_mm : tuple of float
        What one millimetre of calcium of 1000 HU above soft tissue (at 120 kV) adds.
    """

    weights: tuple[float, ...]
    water_per_mm: tuple[float, ...]
    mineral_per_mm: tuple[float, ...]

    def transmission(self, water_mm: FloatArray, mineral_mm: FloatArray) -> FloatArray:
        """Return the share of the beam that comes through (Beer–Lambert, summed over the spectrum)."""
        total = np.zeros_like(water_mm)
        for weight, water, mineral in zip(self.weights, self.water_per_mm, self.mineral_per_mm, strict=True):
            total += np.float32(weight) * np.exp(
                -(np.float32(water) * water_mm + np.float32(mineral) * mineral_mm)
            )
        return total


def beam_of(kvp: float) -> Beam:
    """Return the filtered beam of a tube voltage: a bell between filter and voltage, four energies wide."""
    weights = np.exp(-(((_ENERGY_KEV - (18.0 + 0.45 * kvp)) / 11.0) ** 2)) * (kvp > _ENERGY_KEV)
    weights /= weights.sum()
    # CT numbers hold at about 70 keV: what 1000 HU are there is scaled as cortical bone is.
    excess = _CORTEX_PER_MM - _WATER_PER_MM
    mineral = _WATER_PER_MM[4] * excess / excess[4]
    return Beam(
        weights=tuple(float(one) for one in weights),
        water_per_mm=tuple(float(one) for one in _WATER_PER_MM),
        mineral_per_mm=tuple(float(one) for one in mineral),
    )
