"""What is known of a volume when its bones are, and where what is dense lies in it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calciseg.ct.body import Body
from calciseg.ct.bone import Skeleton
from calciseg.ct.candidates import DensityThresholds
from calciseg.ct.cavity import looks_around
from calciseg.ct.evidence import Evidence, told
from calciseg.ct.grid import AnatomyGrid
from calciseg.kernels import Components, distance_mm
from calciseg.model import CtVolume
from calciseg.settings import Settings

__all__ = ["Places", "Scene", "extents_mm", "places_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What is known of a volume when its bones are.

    Attributes
    ----------
    volume : CtVolume
    coarse_hu : ndarray of int16
        The HU on the anatomy grid.
    grid : AnatomyGrid
    body : Body
    skeleton : Skeleton
    to_bone_mm : ndarray of float32
        Distance to the skeleton, on the anatomy grid.
    thresholds : DensityThresholds
    """

    volume: CtVolume
    coarse_hu: NDArray[np.int16] = field(repr=False)
    grid: AnatomyGrid
    body: Body
    skeleton: Skeleton
    to_bone_mm: NDArray[np.float32] = field(repr=False)
    thresholds: DensityThresholds

    @property
    def muscle_hu(self) -> float | None:
        """Mean of the image's own muscle; None where none was found."""
        noise = self.thresholds.noise
        return None if noise is None else noise.mean_hu


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where components lie; one row a component.

    Attributes
    ----------
    looks_mm : ndarray of float32, shape ``(n_components, n_looks)``
        From the middle to the next bone in each direction of the slice, infinite if none.
    to_bone_mm, to_air_mm, depth_mm : ndarray of float32, shape ``(n_components,)``
        Of the middle: to the skeleton, to air inside the body, to the surface of the skin.
    air_share : ndarray of float64, shape ``(n_components,)``
        Of the body's area in the slice: lungs fill much of it.
    extent_mm : ndarray of float64, shape ``(n_components, 3)``
        Length, width and thickness: four SD along the axes of inertia.
    """

    looks_mm: NDArray[np.float32]
    to_bone_mm: NDArray[np.float32]
    to_air_mm: NDArray[np.float32]
    air_share: NDArray[np.float64]
    depth_mm: NDArray[np.float32]
    extent_mm: NDArray[np.float64]

    def told(self, is_so: NDArray[np.bool_], *sentences: str, **figures: NDArray[Any]) -> list[Evidence]:
        """Say of each component that meets a criterion what met it, with its place and extent."""
        length_mm, width_mm, thickness_mm = self.extent_mm.T
        return told(
            is_so,
            *sentences,
            enclosed=100 * np.isfinite(self.looks_mm).mean(axis=1),
            bone_mm=self.to_bone_mm,
            air_mm=self.to_air_mm,
            depth_mm=self.depth_mm,
            length_mm=length_mm,
            width_mm=width_mm,
            thickness_mm=thickness_mm,
            **figures,
        )


def places_of(found: Components, scene: Scene, settings: Settings) -> Places:
    """Tell where components lie.

    Parameters
    ----------
    found : Components
    scene : Scene
    settings : Settings
        Its groups ``cartilage``, ``cavity`` and ``ribs``, and the HU of air of ``body``.

    Returns
    -------
    Places
    """
    grid, body = scene.grid, scene.body
    middles = np.rint(found.table["centroid_zyx"]).astype(np.intp)
    at = grid.block_of(middles)
    # The body's own limit: with a higher one the blurred surface of the skin would be air inside it.
    is_air = (scene.coarse_hu < settings.body.surface_hu) & body.mask
    extent_mm = extents_mm(found, scene.volume.geometry.spacing_mm_zyx)
    reach_mm = max(settings.cartilage.max_airway_mm, settings.ribs.max_lung_mm) + float(extent_mm.max())
    to_air_mm = distance_mm(is_air, grid.spacing_mm_zyx, max_distance_mm=reach_mm)
    return Places(
        looks_mm=looks_around(middles, scene.skeleton.mask, body.mask, grid, settings.cavity),
        to_bone_mm=scene.to_bone_mm[at],
        to_air_mm=to_air_mm[at],
        air_share=_share_in_slices(is_air, body.mask)[at[0]],
        depth_mm=body.depth_mm[at],
        extent_mm=extent_mm,
    )


def _share_in_slices(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> NDArray[np.float64]:
    counts = [np.count_nonzero(mask, axis=(1, 2)) for mask in (part, whole)]
    return np.asarray(counts[0] / np.maximum(counts[1], 1), np.float64)


def extents_mm(found: Components, spacing_mm_zyx: tuple[float, float, float]) -> NDArray[np.float64]:
    """Tell length, width and thickness of each component, from its second moments and the voxel's own.

    Parameters
    ----------
    found : Components
    spacing_mm_zyx : tuple of float

    Returns
    -------
    ndarray of float64, shape ``(n_components, 3)``
        Four SD along the axes of inertia, largest first.
    """
    zz, yy, xx, zy, zx, yx = found.table["second_moments"].T
    tensors = np.stack([zz, zy, zx, zy, yy, yx, zx, yx, xx], axis=1).reshape(-1, 3, 3)
    spacing = np.asarray(spacing_mm_zyx)
    tensors = tensors * np.outer(spacing, spacing) + np.diag(spacing**2 / 12)
    return np.asarray(4 * np.sqrt(np.linalg.eigvalsh(tensors)[:, ::-1]), np.float64)
