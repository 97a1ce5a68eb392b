"""From a recipe to a phantom."""

from dataclasses import replace
from hashlib import sha512

import numpy as np
from numpy.typing import NDArray

from calciseg._version import __version__
from calciseg.model import CtVolume, ImageHeader
from calciseg.phantom.anatomy import Scene, Table
from calciseg.phantom.distractors import list_distractors
from calciseg.phantom.fields import FloatArray, WaveField, make_wave_field
from calciseg.phantom.fill import Fill, fill_grid
from calciseg.phantom.grid import ScanGrid, make_grid
from calciseg.phantom.kinds.build import Kind
from calciseg.phantom.kinds.registry import make_kind
from calciseg.phantom.placement import Placed, place_lesions
from calciseg.phantom.recipe import PhantomRecipe, kv_factor
from calciseg.phantom.scanner import digitize, scan_noise_hu, stack_slices
from calciseg.phantom.streaks import add_metal_streaks, draw_rays
from calciseg.phantom.tissue import scene_hu
from calciseg.phantom.truth import Phantom, TrueLesion

__all__ = ["make_phantom", "make_uid", "stream"]

_ROWS_AT_ONCE = 96
"""Rows of a fine plane that are painted at once: keeps the arrays in the processor's cache."""


def make_phantom(recipe: PhantomRecipe) -> Phantom:
    """Make a synthetic CT study with known truth.

    Parameters
    ----------
    recipe : PhantomRecipe

    Returns
    -------
    Phantom
        The same for the same recipe, to the last bit.
    """
    kind = make_kind(recipe.kind, _stream(recipe, "anatomy"))
    spacing = recipe.spacing_mm_zyx or kind.spacing_mm_zyx
    thickness_mm = recipe.slice_thickness_mm or spacing[0]
    grid = make_grid(kind.field_mm_yx, kind.length_mm, spacing, thickness_mm, recipe.n_slices)
    scene = _with_table(kind.scene, grid, recipe)
    scene = scene if recipe.metal else replace(scene, screw=None)
    designs = kind.lesions if recipe.lesions is None else recipe.lesions
    placed = place_lesions(_stream(recipe, "lesions"), scene, grid, designs)
    tint = make_wave_field(_stream(recipe, "tint"), 6.0)
    hu = _scan(scene, recipe, grid, thickness_mm, placed, tint)
    tilted_hu = None
    if recipe.tilt_deg:
        tilted_hu = _scan(scene, recipe, replace(grid, tilt_deg=recipe.tilt_deg), thickness_mm, placed, tint)
    labels = _label_map(grid, placed)
    return Phantom(
        recipe=recipe,
        study_instance_uid=make_uid(recipe, "study"),
        volume=_volume(recipe, kind, grid, thickness_mm, hu),
        truth_labels=labels,
        lesions=_true_lesions(scene, recipe, grid, tint, placed, labels),
        distractors=list_distractors(scene, recipe, grid),
        structures=scene.structures,
        tilted_hu=tilted_hu,
    )


def make_uid(recipe: object, *what: object) -> str:
    """Make a UID of the 2.25 root from version and recipe: the same UID means the same bytes."""
    digest = sha512(f"calciseg {__version__} phantom {recipe!r} {what!r}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big') >> 1}"


def _stream(recipe: PhantomRecipe, purpose: str) -> np.random.Generator:
    # A normal thigh is the thigh of the same seed without its lesions, a sheet thigh has others.
    return stream(recipe.kind.removeprefix("normal-").removeprefix("sheet-"), recipe.seed, purpose)


def stream(anatomy: str, seed: int, purpose: str) -> np.random.Generator:
    """Return the random numbers of one purpose: what is drawn for another does not move them."""
    words = np.frombuffer(sha512(f"{anatomy} {purpose}".encode()).digest()[:16], dtype="<u4")
    return np.random.default_rng([seed, *(int(word) for word in words)])


def _with_table(scene: Scene, grid: ScanGrid, recipe: PhantomRecipe) -> Scene:
    """Put the table under the lowest point of the body, close or a hand's breadth away."""
    rows, columns = (np.arange(0, n, 3) for n in grid.shape_zyx[1:])
    lowest_mm, at_x_mm = -np.inf, 0.0
    for plane in np.linspace(0, grid.shape_zyx[0] * grid.n_fine - 1, 5):
        points = grid.points(np.array(plane), rows[:, None], columns[None, :])
        inside = points[:, scene.places(points).depth_mm > 0]
        if inside.shape[1] and inside[1].max() > lowest_mm:
            lowest_mm = float(inside[1].max())
            at_x_mm = float(inside[0, inside[1].argmax()])
    gap_mm = -2.0 if recipe.is_table_touching else 9.0
    half_width_mm = grid.shape_zyx[2] * grid.spacing_mm_zyx[2] * 0.55
    table = Table(
        centre_x_mm=at_x_mm / 2, top_mm=lowest_mm + gap_mm, radius_mm=620.0, half_width_mm=half_width_mm
    )
    return replace(scene, table=table)


def _scan(
    scene: Scene,
    recipe: PhantomRecipe,
    grid: ScanGrid,
    thickness_mm: float,
    placed: tuple[Placed, ...],
    tint: WaveField,
) -> NDArray[np.int16]:
    fills = [(_fill_on(lesion, scene, grid), lesion.hu * kv_factor(recipe.kvp)) for lesion in placed]

    def render_plane(plane: int) -> FloatArray:
        image = _paint_plane(scene, recipe, grid, plane)
        for fill, hu in fills:
            if fill is not None:
                _add_lesion(image, plane, fill, hu, grid, tint)
        return image

    rays = draw_rays(_stream(recipe, "streaks"))
    noise = scan_noise_hu(_stream(recipe, "noise"), grid, thickness_mm, recipe.blur_mm, recipe.noise_hu)
    scanned = np.empty(grid.shape_zyx, dtype=np.int16)
    for n, image in enumerate(stack_slices(grid, thickness_mm, recipe.blur_mm, render_plane)):
        if scene.screw is not None:
            add_metal_streaks(image, rays, grid)
        scanned[n] = digitize(image + next(noise))
    return scanned


def _fill_on(lesion: Placed, scene: Scene, grid: ScanGrid) -> Fill | None:
    return lesion.fill if not grid.tilt_deg else fill_grid(lesion.shape, scene, grid, 0.34)


def _paint_plane(scene: Scene, recipe: PhantomRecipe, grid: ScanGrid, plane: int) -> FloatArray:
    """Paint a fine plane from half of its sub-samples, as the white or the black fields of a chessboard.

    The next plane takes the other half; a slice blends several planes.
    """
    n = grid.n_sub
    _, n_rows, n_columns = grid.shape_zyx
    image = np.empty((n_rows, n_columns), dtype=np.float32)
    for first in range(0, n_rows, _ROWS_AT_ONCE):
        last = min(first + _ROWS_AT_ONCE, n_rows)
        row = np.arange(first * n, last * n)[:, None]
        column = 2 * np.arange(n_columns * n // 2)[None, :] + (row + plane) % 2
        points = grid.points(np.array(plane), (row + 0.5) / n - 0.5, (column + 0.5) / n - 0.5)
        hu = scene_hu(points, scene, recipe)
        image[first:last] = hu.reshape(last - first, n, n_columns, n // 2).mean(axis=(1, 3))
    return image


def _add_lesion(
    image: FloatArray, plane: int, fill: Fill, hu: float, grid: ScanGrid, tint: WaveField
) -> None:
    layer = plane - fill.start[0]
    if not 0 <= layer < fill.fraction.shape[0]:
        return
    fraction = fill.fraction[layer]
    rows, columns = (start + n for start, n in zip(fill.start[1:], np.nonzero(fraction), strict=True))
    if not len(rows):
        return
    uneven = _uneven(tint, grid.points(np.array(plane), rows, columns))
    share = fraction[rows - fill.start[1], columns - fill.start[2]]
    image[rows, columns] += share * (np.float32(hu) * uneven - image[rows, columns])


def _uneven(tint: WaveField, points_lps_mm: FloatArray) -> FloatArray:
    """Factor of the HU within a lesion: calcium is never quite even."""
    factor: FloatArray = 1 + np.float32(0.06) * np.clip(tint.at(points_lps_mm), -2, 2)
    return factor


def _mean_hu(lesion: Placed, recipe: PhantomRecipe, grid: ScanGrid, tint: WaveField) -> float:
    cells = np.nonzero(lesion.fill.fraction)
    where = [cell + first for cell, first in zip(cells, lesion.fill.start, strict=True)]
    uneven = _uneven(tint, grid.points(where[0], where[1], where[2]))
    mean = float(np.average(uneven, weights=lesion.fill.fraction[cells]))
    return lesion.hu * kv_factor(recipe.kvp) * mean


def _label_map(grid: ScanGrid, placed: tuple[Placed, ...]) -> NDArray[np.uint16]:
    labels = np.zeros(grid.shape_zyx, np.uint16)
    for number, lesion in enumerate(placed, start=1):
        window = tuple(
            slice(first, first + n)
            for first, n in zip(lesion.labels_start, lesion.is_voxel.shape, strict=True)
        )
        labels[window][lesion.is_voxel] = number
    return labels


def _volume(
    recipe: PhantomRecipe, kind: Kind, grid: ScanGrid, thickness_mm: float, hu: NDArray[np.int16]
) -> CtVolume:
    n_slices = grid.shape_zyx[0]
    header = ImageHeader(
        series_instance_uid=make_uid(recipe, "series"),
        sop_instance_uids=tuple(make_uid(recipe, "image", n) for n in range(n_slices)),
        acquisition="1",
        laterality=kind.laterality,
        body_part=kind.body_part,
        kvp=recipe.kvp,
        convolution_kernel="PHANTOM",
        slice_thickness_mm=thickness_mm,
        contrast_agent=True if recipe.contrast or recipe.iodine else None,
    )
    return CtVolume(header=header, geometry=grid.geometry(make_uid(recipe, "frame")), hu=hu)


def _true_lesions(
    scene: Scene,
    recipe: PhantomRecipe,
    grid: ScanGrid,
    tint: WaveField,
    placed: tuple[Placed, ...],
    labels: NDArray[np.uint16],
) -> tuple[TrueLesion, ...]:
    counts = np.bincount(labels.ravel(), minlength=len(placed) + 1)
    return tuple(
        TrueLesion(
            label=number,
            tissue_plane=lesion.design.tissue_plane,
            plane_fractions=lesion.fill.planes,
            volume_mm3=lesion.fill.volume_mm3,
            morphology=lesion.design.morphology,
            centroid_lps_mm=lesion.fill.centroid_lps_mm,
            box_lps_mm=lesion.fill.box_lps_mm,
            hu=_mean_hu(lesion, recipe, grid, tint),
            touches_bone=lesion.design.is_touching_bone,
            territory=_territory(scene, lesion),
            n_voxels=int(counts[number]),
        )
        for number, lesion in enumerate(placed, start=1)
    )


def _territory(scene: Scene, lesion: Placed) -> str | None:
    body, muscle = lesion.fill.main_muscle
    if lesion.design.tissue_plane != "intramuscular" or muscle < 0:
        return None
    muscles = scene.bodies[body].muscles
    return muscles.names[muscle] if muscles is not None else None
