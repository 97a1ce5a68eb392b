"""Examples to fit the network to: phantoms and CT scans exposed in many ways, and real chest films.

    python -m benchmarks.film_network.examples OUT --seeds 11-18 --films 14 --chests FOLDER --scans FOLDER

``--chests`` names a folder of chest radiographs (PNG or JPEG), ``--scans`` one of CT series (DICOM), both
without soft-tissue calcification; shadows are put into them.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import io

from benchmarks.film_network.scans import project_scan
from benchmarks.film_network.shadows import draw
from calciseg import Settings, read_study
from calciseg.model import ImageHeader, Radiograph, SpacingBasis
from calciseg.phantom import FILM_KINDS, FilmRecipe
from calciseg.phantom.films.beam import beam_of
from calciseg.phantom.films.detector import (
    Response,
    expose,
    field_mask,
    grey_levels,
    marker_mm,
    stored_contrast,
)  # fmt: skip
from calciseg.phantom.films.make import BONE_MM, SHADOW_MM, Projected, project
from calciseg.radiograph.clues import make_clues
from calciseg.radiograph.film import make_film

TURNS_DEG = (-25, -12, 0, 12, 25, 45, 90)
SURE_CNR, FAINT_CNR = 4.0, 2.0
"""Shadows of less contrast to noise count less, or not at all."""
UNKNOWN = -1.0
"""Bone, where nobody knows it."""
NEAR_MM, INSIDE_MM, MIDDLE_MM = 4.0, 2.0, 3.0
"""The edge of bone reaches so far out, and in; where the body is thinner there are no lesions."""
SMALL_MM, RIM_MM = 4.0, 10.0
"""Small ones are no larger; some lie in skin, where the body is thinner than so much."""
Window = tuple[slice, slice]
Shadow = tuple[Window, NDArray[np.float32], NDArray[np.bool_]]
"""Where it lies, its millimetres of mineral, and what of it counts."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A film with shadows in it; bright is dense."""

    values: NDArray[np.uint16] = field(repr=False)
    labels: NDArray[np.uint16] = field(repr=False)
    contrast_to_noise: tuple[float, ...]
    """By label, that of the background first."""
    bone: NDArray[np.bool_] | None = field(repr=False)
    pixel_mm: float | None


def expose_somehow(scene: Projected, shadows: list[Shadow], rng: np.random.Generator) -> Drawn:
    """Expose a phantom with lesions in it, and what else may lie on a film."""
    grid, plan, thickness = scene.grid, scene.plan, scene.thickness
    half = (plan.half_mm_yx[0] - rng.uniform(9, 13), plan.half_mm_yx[1] - rng.uniform(5, 9))
    border = str(rng.choice(["white", "black", "none"], p=[0.4, 0.3, 0.3]))
    is_open = np.ones(grid.shape_yx, np.bool_)
    if border != "none":
        shift = (float(rng.uniform(-4, 4)), float(rng.uniform(-4, 4)))
        is_open = field_mask(grid, half, shift, float(rng.choice([0, rng.uniform(-4, 4)])))
    calcium_mm = np.zeros(grid.shape_yx, np.float32)
    for window, mineral_mm, _ in shadows:
        calcium_mm[window] += mineral_mm
    extra_mm = _letter(scene, is_open, rng)
    if rng.random() < 0.3:
        extra_mm = extra_mm + _strokes(grid.shape_yx, grid.pixel_mm, rng)
    beam = beam_of(plan.kvp + rng.uniform(-6, 10))
    exposure = replace(
        plan.exposure,
        photons_per_mm2=plan.exposure.photons_per_mm2 * np.exp(rng.uniform(-1, 1)),
        scatter_to_primary=plan.exposure.scatter_to_primary * rng.uniform(0.4, 1.3),
        blur_mm=plan.exposure.blur_mm * rng.uniform(0.7, 1.4),
    )
    bone_mm = thickness.mineral_mm * np.float32(np.exp(rng.uniform(-0.35, 0.2)))
    with_all = beam.transmission(thickness.water_mm, bone_mm + calcium_mm + extra_mm)
    without = beam.transmission(thickness.water_mm, bone_mm + extra_mm)
    log_exposure, sd = expose(with_all, is_open, exposure, grid.pixel_mm, rng)
    response = _response(log_exposure[is_open & (thickness.body_mm > 0)], log_exposure.max(), rng)
    cnr = stored_contrast(np.log(without / with_all), with_all, log_exposure, sd, response)
    grey = _enhanced(grey_levels(log_exposure, response), grid.pixel_mm, rng)
    values = np.clip(np.rint(grey), 0, 2**response.bits_stored - 1).astype(np.uint16)
    if border == "black":
        values[~is_open] = 0
    labels, contrasts = np.zeros(grid.shape_yx, np.uint16), [0.0]
    for window, _, shadow in shadows:
        seen = shadow & is_open[window] & (extra_mm[window] == 0)
        if seen.any():
            labels[window][seen] = len(contrasts)
            contrasts.append(float(cnr[window][seen].mean()))
    bone = (thickness.bone_mm >= BONE_MM) & is_open
    return Drawn(
        values=values, labels=labels, contrast_to_noise=tuple(contrasts), bone=bone, pixel_mm=grid.pixel_mm
    )


def put_into_chest(values: NDArray[np.uint16], rng: np.random.Generator, n_most: int) -> Drawn:
    """Put drawn shadows into a real film, as attenuation, in its own grey levels."""
    pixel_mm = Settings().radiograph.assumed_length_mm / max(values.shape)
    grey = values.astype(np.float64)
    low, high = np.percentile(grey, (1, 99))
    inside = (grey > low + 0.15 * (high - low)) & (grey < low + 0.97 * (high - low))
    places = np.argwhere(ndimage.minimum_filter(inside, int(4 / pixel_mm) + 1, mode="constant"))
    unrest = np.abs(grey - ndimage.gaussian_filter(grey, 1))
    labels, contrasts = np.zeros(values.shape, np.uint16), [0.0]
    for _ in range(rng.integers(0, n_most)):
        chord = ndimage.gaussian_filter(draw(rng, pixel_mm), 0.2 / pixel_mm)
        window, part = _laid(chord, places[rng.integers(len(places))], values.shape)
        if not part.size or part.max() < SHADOW_MM:
            continue
        step = rng.uniform(0.03, 0.2) * (high - low) * part / part.max()
        shadow = part >= 0.12 * part.max()
        noise = 1.5 * np.median(unrest[window][shadow]) + 0.002 * (high - low)
        grey[window] += step
        labels[window][shadow] = len(contrasts)
        contrasts.append(float(step[shadow].mean() / noise))
    stored = np.clip(np.rint(grey), 0, np.iinfo(np.uint16).max).astype(np.uint16)
    return Drawn(values=stored, labels=labels, contrast_to_noise=tuple(contrasts), bone=None, pixel_mm=None)


def on_blocks(drawn: Drawn, block_mm: float) -> dict[str, NDArray[np.generic]] | None:
    """Return what the network sees, and what it should say, in blocks of this size or the next larger."""
    n_rows, n_columns = drawn.values.shape
    film = make_film(
        Radiograph(
            header=ImageHeader(series_instance_uid="1", sop_instance_uids=("1",), modality="CR"),
            values=drawn.values,
            spacing_mm_yx=None if drawn.pixel_mm is None else (drawn.pixel_mm,) * 2,
            spacing_basis=SpacingBasis.DETECTOR,
            field_yx=((0, n_rows), (0, n_columns)),
        ),
        Settings().radiograph.model_copy(update={"pixel_mm": block_mm, "max_pixels": 10**8}),
    )
    if film is None:
        return None
    n, (rows, columns) = film.grid.n_block, film.image.shape

    def share(mask: NDArray[np.bool_]) -> NDArray[np.float16]:
        laid = film.turning.lay(mask)[: rows * n, : columns * n].reshape(rows, n, columns, n)
        return np.asarray(laid.mean(axis=(1, 3)), np.float16)

    labels = film.turning.lay(drawn.labels)[n // 2 :: n, n // 2 :: n][:rows, :columns]
    weight = _weights(labels, np.array(drawn.contrast_to_noise), film.is_open)
    bone = np.full(film.image.shape, UNKNOWN, np.float16) if drawn.bone is None else share(drawn.bone)
    return {
        "clues": make_clues(film).astype(np.float16),
        "lesion": share(drawn.labels > 0),
        "bone": bone,
        "weight": weight,
        "labels": labels,
        "contrast_to_noise": np.array(drawn.contrast_to_noise),
        "is_body": film.is_body,
    }


def _weights(
    labels: NDArray[np.uint16], cnr: NDArray[np.float64], is_open: NDArray[np.bool_]
) -> NDArray[np.float16]:
    """Let a dot count as much as a mass, and what cannot be seen not at all."""
    areas = np.bincount(labels.ravel(), minlength=len(cnr))
    certainty = np.where(cnr >= SURE_CNR, 1.0, np.where(cnr >= FAINT_CNR, 0.4, 0.0))
    by_label = certainty * np.clip(200 / np.maximum(areas, 1), 0.15, 10)
    by_label[0] = 1
    weight = by_label[labels]
    weight[ndimage.binary_dilation(labels > 0) & (labels == 0)] = 0.5
    weight[~is_open & (labels == 0)] = 0.1
    return weight.astype(np.float16)


def own_lesions(scene: Projected, rng: np.random.Generator) -> Iterator[Shadow]:
    """Choose some of the phantom's own lesions, or drawn ones, or both."""
    choice = rng.random()
    if choice < 0.75 and scene.shown:
        n = min(len(scene.shown), int(rng.integers(3, 10)))
        for i in rng.choice(len(scene.shown), n, replace=False):
            placed, chord = scene.shown[i]
            share = np.float32((placed.hu - 50) / 1000)
            yield chord.window, chord.chord_mm * share, chord.chord_mm >= SHADOW_MM
    if choice > 0.4:
        over = [np.argwhere(mm > 1) for mm in (scene.thickness.bone_mm, scene.thickness.body_mm)]
        for _ in range(rng.integers(2, 14)):
            places = over[int(rng.random() < 0.5 or not len(over[0]))]
            where = places[rng.integers(len(places))]
            window, part = _laid(draw(rng, scene.grid.pixel_mm), where, scene.grid.shape_yx)
            if part.size and part.max() >= SHADOW_MM:
                yield window, part * np.float32(rng.uniform(0.25, 1.1)), part >= SHADOW_MM


def small_lesions(scene: Projected, rng: np.random.Generator) -> Iterator[Shadow]:
    """Lay many small ones over bone, half beside its edges, in skin and elsewhere."""
    pixel_mm, body_mm = scene.grid.pixel_mm, scene.thickness.body_mm
    bone, edge = _bone_and_edge(scene)
    thin = (body_mm > 0.5) & (body_mm < RIM_MM)
    over = [np.argwhere(mask) for mask in (bone, edge & (body_mm > MIDDLE_MM), thin, body_mm > MIDDLE_MM)]
    shares = np.array([0.3, 0.35, 0.15, 0.2]) * [len(one) > 0 for one in over]
    for _ in range(rng.integers(8, 25)):
        chord = draw(rng, pixel_mm, most_mm=SMALL_MM)
        places = over[int(rng.choice(4, p=shares / shares.sum()))]
        window, part = _laid(chord, places[rng.integers(len(places))], scene.grid.shape_yx)
        if part.size and part.max() >= SHADOW_MM:
            yield window, part * np.float32(rng.uniform(0.25, 1.1)), part >= SHADOW_MM


def _bone_and_edge(scene: Projected) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    bone = scene.thickness.bone_mm > 1
    edge = ndimage.binary_dilation(bone, iterations=max(1, int(NEAR_MM / scene.grid.pixel_mm)))
    inner = ndimage.binary_erosion(bone, iterations=max(1, int(INSIDE_MM / scene.grid.pixel_mm)))
    return bone, edge & ~inner


def many_lesions(scene: Projected, all_scenes: list[Projected], rng: np.random.Generator) -> Iterator[Shadow]:
    """Lay many lesions of phantoms, turned and scaled, and drawn ones over bone, its edges, and elsewhere."""
    pixel_mm, body_mm = scene.grid.pixel_mm, scene.thickness.body_mm
    bone, edge = _bone_and_edge(scene)
    inside = body_mm > MIDDLE_MM
    over = [np.argwhere(mask) for mask in (bone, edge & inside, inside)]
    at_bone = rng.uniform(0.3, 0.8)
    shares = np.array([0.6 * at_bone, 0.4 * at_bone, 1 - at_bone]) * [len(one) > 0 for one in over]
    for _ in range(rng.integers(6, 19)):
        chord = _borrowed(all_scenes, pixel_mm, rng) if rng.random() < 0.55 else draw(rng, pixel_mm)
        places = over[int(rng.choice(3, p=shares / shares.sum()))]
        window, part = _laid(chord, places[rng.integers(len(places))], scene.grid.shape_yx)
        if part.size and part.max() >= SHADOW_MM:
            yield window, part * np.float32(rng.uniform(0.25, 1.1)), part >= SHADOW_MM


def _borrowed(scenes: list[Projected], pixel_mm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Take a lesion of any phantom, and turn and scale it."""
    scene = scenes[rng.integers(len(scenes))]
    chord_mm = np.pad(scene.shown[rng.integers(len(scene.shown))][1].chord_mm, 2)
    turned = ndimage.rotate(chord_mm, rng.uniform(0, 360), order=1)
    scale = scene.grid.pixel_mm / pixel_mm * np.exp(rng.normal(0, 0.2))
    return np.asarray(ndimage.zoom(turned, scale, order=1) * np.exp(rng.normal(0, 0.2)), np.float32)


def _laid(
    chord: NDArray[np.float32], where: NDArray[np.intp], shape: tuple[int, ...]
) -> tuple[Window, NDArray[np.float32]]:
    """Lay a square with its middle at a pixel; what lies beside the film is cut."""
    top, left = (int(at) - n // 2 for at, n in zip(where, chord.shape, strict=True))
    rows = slice(max(0, top), min(shape[0], top + chord.shape[0]))
    columns = slice(max(0, left), min(shape[1], left + chord.shape[1]))
    return (rows, columns), chord[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]


def _letter(scene: Projected, is_open: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    grid = scene.grid
    side = round(15 / grid.pixel_mm)
    for _ in range(20):
        row, column = (int(rng.integers(0, n - side)) for n in grid.shape_yx)
        part = (slice(row, row + side), slice(column, column + side))
        if is_open[part].all() and not scene.thickness.body_mm[part].any():
            return marker_mm(grid, "LR"[int(rng.integers(2))], row, column)
    return np.zeros(grid.shape_yx, np.float32)


def _strokes(shape: tuple[int, int], pixel_mm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Lay wires over the film: metal is no calcification."""
    metal_mm = np.zeros(shape, np.float32)
    for _ in range(rng.integers(1, 5)):
        row, column = (int(rng.integers(0, n)) for n in shape)
        long, wide = int(rng.uniform(4, 30) / pixel_mm), max(1, int(rng.uniform(0.5, 2) / pixel_mm))
        height, width = (long, wide) if rng.random() < 0.5 else (wide, long)
        metal_mm[row : row + height, column : column + width] = 60
    return metal_mm


def _response(behind: NDArray[np.float32], lightest: float, rng: np.random.Generator) -> Response:
    low, high = np.percentile(behind, (0.2, 98))
    return Response(
        darkest=float(min(high + rng.uniform(0.2, 1.0), lightest + 0.05)),
        densest=float(low - rng.uniform(0.1, 1.2)),
        is_s_curve=bool(rng.integers(2)),
        bits_stored=int(rng.choice([8, 10, 12, 15])),
        is_monochrome1=False,
    )


def _enhanced(grey: NDArray[np.float32], pixel_mm: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Sharpen edges now and then, as the makers of computed radiography do."""
    if rng.random() < 0.6:
        return grey
    smooth = ndimage.gaussian_filter(grey, rng.uniform(0.8, 6) / pixel_mm)
    return grey + np.float32(rng.uniform(0.2, 1.2)) * (grey - smooth)


def from_phantoms(kinds: Sequence[str], seeds: range, n_films: int) -> Iterator[tuple[str, Drawn]]:
    """Expose each with few lesions, with many, which phantoms of the same kind lend, and with small ones."""
    for kind in kinds:
        scenes = [project(_recipe(kind, seed)) for seed in seeds]
        for seed, scene in zip(seeds, scenes, strict=True):
            for n in range(n_films):
                rng = np.random.default_rng([seed, n])
                yield f"{kind}-{seed}-{n}", expose_somehow(scene, list(own_lesions(scene, rng)), rng)
                many = list(many_lesions(scene, scenes, rng))
                yield f"{kind}-{seed}-{n}-many", expose_somehow(scene, many, rng)
                small = list(small_lesions(scene, rng))
                yield f"{kind}-{seed}-{n}-small", expose_somehow(scene, small, rng)


def _recipe(kind: str, seed: int) -> FilmRecipe:
    is_aside = kind in ("xr-thigh", "xr-forearm") and seed % 3 == 0
    return FilmRecipe(kind=kind, seed=seed, view="LAT" if is_aside else "AP")


def from_scans(folder: Path, n_films: int) -> Iterator[tuple[str, Drawn]]:
    like = project(FilmRecipe(kind="xr-pelvis"))
    for number, volume in enumerate(read_study(folder).images):
        for turn_deg in TURNS_DEG:
            scene = project_scan(volume, turn_deg, like)
            for n in range(n_films):
                rng = np.random.default_rng([number, n, 180 + turn_deg])
                yield (
                    f"scan-{number}-{turn_deg}-{n}",
                    expose_somehow(scene, list(own_lesions(scene, rng)), rng),
                )


def from_chests(folder: Path, n_films: int) -> Iterator[tuple[str, Drawn]]:
    for path in sorted(folder.iterdir()):
        grey = io.imread(path, as_gray=True)
        values = np.rint(grey * (255 if grey.dtype.kind == "f" else 1)).astype(np.uint16)
        for n in range(n_films):
            rng = np.random.default_rng([n, *path.name.encode()])
            yield f"{path.stem}-{n}", put_into_chest(values, rng, 18)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--kinds", nargs="*", default=FILM_KINDS)
    parser.add_argument("--seeds", default="11-18")
    parser.add_argument("--blocks-mm", type=float, nargs="+", default=[0.25, 0.4])
    parser.add_argument("--films", type=int, default=14, help="exposures of each phantom, scan and chest")
    parser.add_argument("--chests", type=Path)
    parser.add_argument("--scans", type=Path)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    first, last = (int(end) for end in chosen.seeds.split("-"))
    sources = [from_phantoms(chosen.kinds, range(first, last + 1), chosen.films)]
    if chosen.scans:
        sources.append(from_scans(chosen.scans, chosen.films))
    if chosen.chests:
        sources.append(from_chests(chosen.chests, chosen.films))
    for name, drawn in chain.from_iterable(sources):
        for block_mm in chosen.blocks_mm:
            blocks = on_blocks(drawn, block_mm)
            if blocks is not None:
                np.savez(chosen.out / f"{name}-{block_mm}.npz", **blocks)


if __name__ == "__main__":
    main()
