"""From a recipe to a projected phantom."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from calciseg.model import ImageHeader, Radiograph, SpacingBasis
from calciseg.phantom.anatomy import Scene
from calciseg.phantom.distractors import list_distractors
from calciseg.phantom.fields import FloatArray
from calciseg.phantom.films.beam import Beam, beam_of
from calciseg.phantom.films.detector import Response, expose, field_mask, marker_mm, respond, stored_contrast
from calciseg.phantom.films.kinds import FilmKind, make_film_kind
from calciseg.phantom.films.projection import Chord, FilmGrid, Thickness, lesion_chord, scene_thickness
from calciseg.phantom.films.recipe import FilmRecipe
from calciseg.phantom.films.truth import FilmDistractor, FilmPhantom, TrueShadow
from calciseg.phantom.grid import ScanGrid, make_grid
from calciseg.phantom.make import make_uid, stream
from calciseg.phantom.placement import Placed, place_lesions
from calciseg.phantom.recipe import PhantomRecipe

__all__ = ["BONE_MM", "SHADOW_MM", "Projected", "make_film", "project"]

SHADOW_MM = 0.25
"""A ray that crosses less of a lesion is not in its shadow."""
BONE_MM = 0.5
"""A ray that crosses less of bone is not over it."""


def make_film(recipe: FilmRecipe) -> FilmPhantom:
    """Project a synthetic radiograph with known truth.

    Parameters
    ----------
    recipe : FilmRecipe

    Returns
    -------
    FilmPhantom
        The same for the same recipe, to the last bit.
    """
    return _develop(recipe, project(recipe))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projected:
    """What lies in the beam, before any exposure.

    Attributes
    ----------
    plan : FilmKind
    grid : FilmGrid
    scan : ScanGrid
        Of the CT that the lesions' truth is measured on.
    thickness : Thickness
        Without the lesions.
    shown : tuple of (Placed, Chord)
        The lesions that cast a shadow on the film.
    """

    plan: FilmKind
    grid: FilmGrid
    scan: ScanGrid
    thickness: Thickness = field(repr=False)
    shown: tuple[tuple[Placed, Chord], ...] = field(repr=False)


def project(recipe: FilmRecipe) -> Projected:
    """Lay a scene and its lesions into the beam.

    Parameters
    ----------
    recipe : FilmRecipe

    Returns
    -------
    Projected
    """
    choice = _stream(recipe, "choice")
    plan = make_film_kind(recipe.kind, _stream(recipe, "anatomy"), choice, has_screw=recipe.metal)
    scene = plan.kind.scene
    flat = PhantomRecipe(kind=recipe.kind.removeprefix("xr-"), seed=recipe.seed)
    spacing = plan.kind.spacing_mm_zyx
    scan = make_grid(plan.kind.field_mm_yx, plan.length_mm, spacing, spacing[0], None)
    designs = plan.kind.lesions if recipe.lesions is None else recipe.lesions
    placed = place_lesions(_stream(recipe, "lesions"), scene, scan, designs)
    grid = _film_grid(recipe, plan)
    thickness = scene_thickness(scene, flat, grid, max(plan.ray_step_mm, grid.pixel_mm))
    shown = [(one, chord) for one in placed if (chord := lesion_chord(one, scene, grid)) is not None]
    return Projected(
        plan=plan,
        grid=grid,
        scan=scan,
        thickness=thickness,
        shown=tuple((one, chord) for one, chord in shown if (chord.chord_mm >= SHADOW_MM).any()),
    )


def _stream(recipe: FilmRecipe, purpose: str) -> np.random.Generator:
    return stream(recipe.kind.removeprefix("xr-"), recipe.seed, purpose)


def _film_grid(recipe: FilmRecipe, plan: FilmKind) -> FilmGrid:
    pixel_mm = recipe.pixel_mm or plan.pixel_mm
    shape = (round(2 * plan.half_mm_yx[0] / pixel_mm), round(2 * plan.half_mm_yx[1] / pixel_mm))
    return FilmGrid(
        shape_yx=shape,
        pixel_mm=pixel_mm,
        centre_mm=(plan.centre_z_mm, 0.0),
        column_axis=0 if recipe.view == "AP" else 1,
    )


def _develop(recipe: FilmRecipe, projected: Projected) -> FilmPhantom:
    plan, grid, thickness, shown = projected.plan, projected.grid, projected.thickness, projected.shown
    choice = _stream(recipe, "exposure")
    beam = beam_of(plan.kvp)
    exposure = replace(plan.exposure, photons_per_mm2=plan.exposure.photons_per_mm2 * recipe.dose)
    is_open, border = _collimated(recipe, plan, grid, choice)
    calcium_mm = np.zeros(grid.shape_yx, np.float32)
    for lesion, chord in shown:
        calcium_mm[chord.window] += chord.chord_mm * np.float32((lesion.hu - 50) / 1000)
    extra_mm = _marker(recipe, grid, thickness, is_open, choice)
    through = beam.transmission(thickness.water_mm, thickness.mineral_mm + calcium_mm + extra_mm)
    log_exposure, sd = expose(through, is_open, exposure, grid.pixel_mm, _stream(recipe, "noise"))
    response = _response(recipe, thickness, is_open, log_exposure, choice)
    stored = respond(log_exposure, response)
    if border == "black":
        stored[~is_open] = 2**response.bits_stored - 1 if response.is_monochrome1 else 0
    lesions = tuple(
        _shadow(
            n,
            lesion,
            chord,
            thickness,
            calcium_mm,
            is_open,
            beam,
            grid,
            lambda contrast, part: stored_contrast(
                contrast, through[part], log_exposure[part], sd[part], response
            ),
        )
        for n, (lesion, chord) in enumerate(shown, start=1)
    )
    return FilmPhantom(
        recipe=recipe,
        study_instance_uid=make_uid(recipe, "study"),
        kvp=plan.kvp,
        bits_stored=response.bits_stored,
        is_monochrome1=response.is_monochrome1,
        stored=stored,
        radiograph=_radiograph(recipe, plan, grid, stored, response),
        truth_labels=_label_map(grid, shown, lesions),
        bone=np.asarray(thickness.bone_mm >= BONE_MM, np.bool_),
        lesions=lesions,
        distractors=_distractors(plan.kind.scene, recipe, projected.scan, grid),
    )


def _collimated(
    recipe: FilmRecipe, plan: FilmKind, grid: FilmGrid, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], str]:
    border = recipe.border or str(rng.choice(["white", "black", "none"], p=[0.4, 0.3, 0.3]))
    shift = (float(rng.uniform(-4, 4)), float(rng.uniform(-4, 4)))
    turn_deg = float(rng.choice([0.0, rng.uniform(-4, 4)]))
    # Narrower along the limb: the limb goes on under the blades.
    inset = (float(rng.uniform(9, 13)), float(rng.uniform(5, 9)))
    half = (plan.half_mm_yx[0] - inset[0], plan.half_mm_yx[1] - inset[1])
    if border == "none":
        return np.ones(grid.shape_yx, bool), border
    return field_mask(grid, half, shift, turn_deg), border


def _marker(
    recipe: FilmRecipe,
    grid: FilmGrid,
    thickness: Thickness,
    is_open: NDArray[np.bool_],
    rng: np.random.Generator,
) -> FloatArray:
    """Put a letter where the field is open and, if there is such a place, no body is."""
    cells = max(1, round(1.8 / grid.pixel_mm))
    size = (7 * cells, 5 * cells)
    best = (0, 0)
    for _ in range(400):
        row = int(rng.integers(0, grid.shape_yx[0] - size[0]))
        column = int(rng.integers(0, grid.shape_yx[1] - size[1]))
        part = (slice(row, row + size[0]), slice(column, column + size[1]))
        if is_open[part].all() and thickness.body_mm[part].max() == 0:
            best = (row, column)
            break
    if not recipe.has_marker or best == (0, 0):
        return np.zeros(grid.shape_yx, np.float32)
    return marker_mm(grid, "L" if recipe.seed % 2 else "R", *best)


def _response(
    recipe: FilmRecipe,
    thickness: Thickness,
    is_open: NDArray[np.bool_],
    log_exposure: FloatArray,
    rng: np.random.Generator,
) -> Response:
    bits = recipe.bits_stored or int(rng.choice([10, 12, 15]))
    is_inverse = bool(rng.integers(2)) if recipe.is_monochrome1 is None else recipe.is_monochrome1
    shape = recipe.response or str(rng.choice(["linear", "s_curve"]))
    behind = log_exposure[is_open & (thickness.body_mm > 0)]
    low, high = (float(one) for one in np.percentile(behind, (0.2, 98)))
    darkest = float(min(high + rng.uniform(0.3, 1.0), log_exposure.max() + 0.05))
    return Response(
        darkest=darkest,
        densest=low - float(rng.uniform(0.4, 1.2)),
        is_s_curve=shape == "s_curve",
        bits_stored=bits,
        is_monochrome1=is_inverse,
    )


def _shadow(
    label: int,
    lesion: Placed,
    chord: Chord,
    thickness: Thickness,
    calcium_mm: FloatArray,
    is_open: NDArray[np.bool_],
    beam: Beam,
    grid: FilmGrid,
    to_noise: Callable[[FloatArray, tuple[slice, slice]], FloatArray],
) -> TrueShadow:
    window, shadow = chord.window, chord.chord_mm >= SHADOW_MM
    own_mm = chord.chord_mm * np.float32((lesion.hu - 50) / 1000)
    mineral_mm = thickness.mineral_mm[window] + calcium_mm[window]
    water_mm = thickness.water_mm[window]
    contrast = np.log(
        beam.transmission(water_mm, mineral_mm - own_mm) / beam.transmission(water_mm, mineral_mm)
    )
    return TrueShadow(
        label=label,
        tissue_plane=lesion.design.tissue_plane,
        plane_fractions=lesion.fill.planes,
        volume_mm3=lesion.fill.volume_mm3,
        morphology=lesion.design.morphology,
        hu=lesion.hu,
        window=window,
        shadow=shadow,
        area_mm2=float(shadow.sum()) * grid.pixel_mm**2,
        max_diameter_mm=_diameter_mm(shadow, grid.pixel_mm),
        contrast_to_noise=float(to_noise(contrast, window)[shadow].mean()),
        bone_fraction=float((thickness.bone_mm[window][shadow] >= BONE_MM).mean()),
        open_fraction=float(is_open[window][shadow].mean()),
        is_in_profile=bool((thickness.muscle_mm[window][shadow] < 0.5).mean() >= 0.75),
    )


def _diameter_mm(mask: NDArray[np.bool_], pixel_mm: float) -> float:
    corners = np.argwhere(mask)
    corners = np.concatenate([corners + np.array([dy, dx]) for dy in (0, 1) for dx in (0, 1)])
    return float(pdist(corners[ConvexHull(corners).vertices]).max()) * pixel_mm


def _label_map(
    grid: FilmGrid, shown: tuple[tuple[Placed, Chord], ...], lesions: tuple[TrueShadow, ...]
) -> NDArray[np.uint16]:
    labels = np.zeros(grid.shape_yx, np.uint16)
    strongest = np.zeros(grid.shape_yx, np.float32)
    for (one, chord), lesion in zip(shown, lesions, strict=True):
        strength = np.where(lesion.shadow, chord.chord_mm * np.float32(one.hu), 0)
        is_stronger = strength > strongest[chord.window]
        labels[chord.window][is_stronger] = lesion.label
        strongest[chord.window][is_stronger] = strength[is_stronger]
    return labels


def _radiograph(
    recipe: FilmRecipe, plan: FilmKind, grid: FilmGrid, stored: NDArray[np.uint16], response: Response
) -> Radiograph:
    top = np.uint16(2**response.bits_stored - 1)
    n_rows, n_columns = grid.shape_yx
    return Radiograph(
        header=ImageHeader(
            series_instance_uid=make_uid(recipe, "series"),
            sop_instance_uids=(make_uid(recipe, "image"),),
            modality="CR",
            laterality=plan.kind.laterality,
            view=recipe.view if recipe.view == "AP" else "LL",
            body_part=plan.kind.body_part,
            kvp=plan.kvp,
        ),
        values=top - stored if response.is_monochrome1 else stored.copy(),
        spacing_mm_yx=(grid.pixel_mm, grid.pixel_mm),
        spacing_basis=SpacingBasis.DETECTOR,
        field_yx=((0, n_rows), (0, n_columns)),
    )


def _distractors(
    scene: Scene, recipe: FilmRecipe, scan: ScanGrid, grid: FilmGrid
) -> tuple[FilmDistractor, ...]:
    flat = PhantomRecipe(kind=recipe.kind.removeprefix("xr-"), seed=recipe.seed, metal=recipe.metal)
    found = []
    for one in list_distractors(scene, flat, scan):
        (low, high), axis = np.asarray(one.box_lps_mm), grid.column_axis
        rows = sorted(
            (grid.centre_mm[0] - z) / grid.pixel_mm + (grid.shape_yx[0] - 1) / 2 for z in (low[2], high[2])
        )
        columns = [
            (x - grid.centre_mm[1]) / grid.pixel_mm + (grid.shape_yx[1] - 1) / 2
            for x in (low[axis], high[axis])
        ]
        ends = [
            (int(np.clip(np.floor(a), 0, n)), int(np.clip(np.ceil(b) + 1, 0, n)))
            for (a, b), n in zip((rows, columns), grid.shape_yx, strict=True)
        ]
        if all(a < b for a, b in ends):
            found.append(FilmDistractor(kind=one.kind, name=one.name, bbox_yx=(ends[0], ends[1])))
    return tuple(found)
