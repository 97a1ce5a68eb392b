"""CT scans laid into the beam in place of a phantom: real bone, lungs and bowel for the network to see."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calciseg.model import CtVolume
from calciseg.phantom.films.make import Projected
from calciseg.phantom.films.projection import FilmGrid, Thickness

_BODY_HU, _BONE_HU, _SOFT_HU, _MINERAL_HU = -300.0, 170.0, 60.0, 110.0
_LEAST_BONE_MM3 = 120.0
_MARGIN_MM = 12.0
PIXEL_MM = 0.3


def project_scan(volume: CtVolume, turn_deg: float, like: Projected) -> Projected:
    """Send parallel rays through a scan.

    Parameters
    ----------
    volume : CtVolume
        HU; slices lie across the body.
    turn_deg : float
        The body is turned by so much about its long axis.
    like : Projected
        Its tube voltage and exposure are taken.

    Returns
    -------
    Projected
        Without lesions.
    """
    spacing_mm_zyx = volume.geometry.spacing_mm_zyx
    body = _body(volume.hu > _BODY_HU)
    hu = np.where(body, volume.hu, -1000).astype(np.float32)
    mineral = np.where(hu > _MINERAL_HU, np.clip((hu - _SOFT_HU) / 1000, 0, 2), 0)
    layers = {
        "water_mm": np.clip(hu, -1000, _SOFT_HU) / 1000 + 1,
        "mineral_mm": mineral,
        "bone_mm": _large(hu > _BONE_HU, _LEAST_BONE_MM3 / np.prod(spacing_mm_zyx)),
        "body_mm": body,
    }
    films = {name: _ray_sums(layer, spacing_mm_zyx, turn_deg) for name, layer in layers.items()}
    shape = films["body_mm"].shape
    grid = FilmGrid(shape_yx=(shape[0], shape[1]), pixel_mm=PIXEL_MM, centre_mm=(0.0, 0.0), column_axis=0)
    half = (shape[0] * PIXEL_MM / 2, shape[1] * PIXEL_MM / 2)
    return replace(
        like,
        plan=replace(like.plan, half_mm_yx=half),
        grid=grid,
        thickness=Thickness(**films, muscle_mm=np.zeros(shape, np.float32)),
        shown=(),
    )


def _body(is_dense: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the largest part, its holes filled slice by slice."""
    labels, _ = ndimage.label(ndimage.binary_opening(is_dense, iterations=2))
    largest = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    return np.stack([ndimage.binary_fill_holes(one) for one in largest])


def _large(mask: NDArray[np.bool_], n_least: float) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(sizes[labels] >= n_least, np.bool_)


def _ray_sums(
    layer: NDArray[np.generic], spacing_mm_zyx: tuple[float, float, float], turn_deg: float
) -> NDArray[np.float32]:
    """Sum along the rays, in millimetres, on the pixels of the film, with air at both sides."""
    turned = ndimage.rotate(layer.astype(np.float32), turn_deg, axes=(1, 2), order=1)
    step_z, step_y, step_x = spacing_mm_zyx
    sums = turned.sum(axis=1) * step_y
    film = np.clip(ndimage.zoom(sums[::-1], (step_z / PIXEL_MM, step_x / PIXEL_MM), order=3), 0, None)
    side = round(_MARGIN_MM / PIXEL_MM)
    return np.asarray(np.pad(film, ((0, 0), (side, side))), np.float32)
