"""Muscles: named territories inside the deep fascia, with seams of fat between them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from calciseg.phantom.envelopes import Layers
from calciseg.phantom.fields import FloatArray, WaveField, make_wave_field

__all__ = ["MuscleMap", "MuscleSample", "make_muscle_map"]

ROUNDING_MM = np.float32(3.0)
"""Radius of the corner of a muscle where two seams, or a seam and the fascia, meet."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MuscleSample:
    """The muscle at some points."""

    muscle: NDArray[np.int16]
    """Index of the territory."""
    seam_mm: FloatArray
    """Distance to the mid-surface of the nearest seam."""
    belly_mm: FloatArray
    """Depth inside the muscle's belly; negative in the fat between muscles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MuscleMap:
    """A warped partition of the section into power cells, one or more for each muscle.

    Attributes
    ----------
    sites_uv : ndarray, shape (n_sites, 2)
        In units of the mean radius of the deep fascia, so that the cells taper with the limb.
    site_muscle : ndarray, shape (n_sites,)
        Rising: the sites of one muscle follow one another.
    """

    names: tuple[str, ...]
    sites_uv: FloatArray = field(repr=False)
    site_muscle: NDArray[np.int16] = field(repr=False)
    weights: FloatArray = field(repr=False)
    twist_rad_per_mm: float
    warp: tuple[WaveField, WaveField] = field(repr=False)
    warp_mm: float
    gap: WaveField = field(repr=False)
    gap_mm: float
    """Mean width of a seam."""

    def at(self, points_lps_mm: FloatArray, layers: Layers) -> MuscleSample:
        """Return the muscle at points inside the deep fascia."""
        first, second, third, site, rival = self._nearest(self._warped_uv(points_lps_mm, layers))
        apart = np.linalg.norm(self.sites_uv[:, None] - self.sites_uv[None], axis=2).astype(np.float32)
        between = np.maximum(apart.ravel().take(site * len(self.weights) + rival), np.float32(0.05))
        seam_mm = (second - first) / (2 * between) * layers.radius_mm
        corner_mm = (third - first) * layers.radius_mm
        uneven = np.exp(np.float32(0.7) * np.clip(self.gap.at(points_lps_mm), -2, 1.6))
        half_mm = np.float32(self.gap_mm / 2) * uneven + np.float32(1.2) * np.exp(-corner_mm / 3)
        belly_mm = _rounded_minimum(seam_mm - half_mm, layers.fascia_mm - np.float32(0.6))
        belly_mm = np.minimum(belly_mm, -layers.cavity_mm - np.float32(0.8))
        return MuscleSample(muscle=self.site_muscle[site], seam_mm=seam_mm, belly_mm=belly_mm)

    def _warped_uv(self, points_lps_mm: FloatArray, layers: Layers) -> FloatArray:
        push = np.float32(self.warp_mm) / layers.radius_mm
        u = layers.unit_uv[0] + push * self.warp[0].at(points_lps_mm)
        v = layers.unit_uv[1] + push * self.warp[1].at(points_lps_mm)
        turn = points_lps_mm[2] * np.float32(self.twist_rad_per_mm)
        cosine, sine = np.cos(turn), np.sin(turn)
        return np.stack([cosine * u - sine * v, sine * u + cosine * v])

    def _nearest(
        self, uv: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.int32], NDArray[np.int32]]:
        """Power distances of the three nearest muscles, and the nearest sites of the first two."""
        u, v = uv
        first = np.full_like(u, 1e6)
        second, third = first.copy(), first.copy()
        site, rival = np.zeros(u.shape, np.int32), np.zeros(u.shape, np.int32)
        for muscle in range(len(self.names)):
            own, own_site = self._to_muscle(u, v, muscle)
            wins, places = own < first, own < second
            np.minimum(third, np.maximum(second, own), out=third)
            np.copyto(rival, own_site, where=places)
            np.copyto(rival, site, where=wins)
            np.copyto(second, own, where=places)
            np.copyto(second, first, where=wins)
            np.copyto(site, own_site, where=wins)
            np.minimum(first, own, out=first)
        return first, second, third, site, rival

    def _to_muscle(self, u: FloatArray, v: FloatArray, muscle: int) -> tuple[FloatArray, NDArray[np.int32]]:
        best = np.full_like(u, 1e6)
        best_site = np.zeros(u.shape, np.int32)
        for site in np.flatnonzero(self.site_muscle == muscle):
            su, sv = self.sites_uv[site]
            distance = (u - su) ** 2 + (v - sv) ** 2 - self.weights[site]
            np.copyto(best_site, np.int32(site), where=distance < best)
            np.minimum(best, distance, out=best)
        return best, best_site


def _rounded_minimum(a: FloatArray, b: FloatArray) -> FloatArray:
    into_corner = np.hypot(np.maximum(ROUNDING_MM - a, 0), np.maximum(ROUNDING_MM - b, 0))
    rounded = np.where((a < ROUNDING_MM) & (b < ROUNDING_MM), ROUNDING_MM - into_corner, np.minimum(a, b))
    depth: FloatArray = rounded.astype(np.float32)
    return depth


def make_muscle_map(
    rng: np.random.Generator,
    sites: dict[str, tuple[tuple[float, float], ...]],
    *,
    weights: dict[str, float] | None = None,
    gap_mm: float = 1.0,
    warp_mm: float = 4.0,
    warp_length_mm: float = 55.0,
    jitter: float = 0.03,
) -> MuscleMap:
    """Draw a map from the nominal places of the muscles.

    Parameters
    ----------
    rng : numpy Generator
    sites : dict
        Muscle name to places ``(u, v)`` in the section: u to the left, v to the back, 1 the deep fascia.
    weights : dict, optional
        Muscle name to the square of the radius that it has more than its neighbours.
    gap_mm, warp_mm, warp_length_mm, jitter : float
        Width of the seams; size and length of their bends; random shift of the places.
    """
    names = tuple(sites)
    places = [(uv, n) for n, name in enumerate(names) for uv in sites[name]]
    sites_uv = np.asarray([uv for uv, _ in places]) + rng.normal(0, jitter, (len(places), 2))
    given = weights or {}
    return MuscleMap(
        names=names,
        sites_uv=sites_uv.astype(np.float32),
        site_muscle=np.asarray([n for _, n in places], dtype=np.int16),
        weights=np.asarray([given.get(names[n], 0.0) for _, n in places], dtype=np.float32),
        twist_rad_per_mm=float(rng.uniform(-0.0015, 0.0015)),
        warp=(
            make_wave_field(rng, warp_length_mm, z_stretch=3),
            make_wave_field(rng, warp_length_mm, z_stretch=3),
        ),
        warp_mm=warp_mm,
        gap=make_wave_field(rng, 30.0, z_stretch=3),
        gap_mm=gap_mm,
    )
