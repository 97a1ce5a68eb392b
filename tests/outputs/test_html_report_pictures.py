import base64
import dataclasses
import re
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from made_films import film, film_result
from report_pages import decoded, is_like

from calciseg.model import (
    CtVolume,
    Exclusion,
    ImageResult,
    RadiographResult,
    StudyResult,
    TissuePlane,
    VolumeGeometry,
)
from calciseg.outputs import write
from calciseg.outputs.html_report.blocks import BlockGrid, most_of_each_block
from calciseg.outputs.html_report.charts import HEIGHT, WIDTH, depth_chart, size_chart
from calciseg.outputs.html_report.film_view import FilmPictures
from calciseg.outputs.html_report.overview import overviews
from calciseg.outputs.html_report.patient_view import PatientView
from calciseg.outputs.html_report.picture import outline
from calciseg.outputs.html_report.viewer_layers import ViewerLayers, film_layers, volume_layers
from calciseg.outputs.html_report.volume_pictures import VolumePictures
from calciseg.outputs.palette import EXCLUDED_COLOUR, PLANE_COLOURS, rgb, rgb_of

# Slices run from left to right, rows to the head, columns to the front.
TURNED = (0.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def layers_of(
    image: ImageResult | RadiographResult, n_voxels: int = 10**6, n_characters: int = 10**6
) -> ViewerLayers:
    if isinstance(image, RadiographResult):
        return film_layers(image, n_pixels_at_most=n_voxels, n_characters_at_most=n_characters)
    return volume_layers(image, n_voxels_at_most=n_voxels, n_characters_at_most=n_characters)


def unpacked(layer: str, path: Path) -> np.ndarray:
    """Read a layer of the viewer as SimpleITK does, and see that nibabel agrees on its place."""
    path.write_bytes(zlib.decompress(base64.b64decode(layer)))
    image = sitk.ReadImage(path)
    ras = np.diag([-1.0, -1.0, 1.0]) @ np.array(image.TransformIndexToPhysicalPoint((1, 2, 1)))
    assert (nibabel.load(path).affine @ (1, 2, 1, 1))[:3] == pytest.approx(ras, abs=1e-3)
    return sitk.GetArrayFromImage(image)


def test_a_lesion_is_outlined_in_its_colour(result: StudyResult) -> None:
    image = result.images[0]
    fascial = image.lesions[2]
    picture = VolumePictures(image).of_lesion(fascial)
    pixels = decoded(picture.data_uri)
    assert is_like(pixels, TissuePlane.FASCIAL).sum() > 100
    assert not is_like(pixels, TissuePlane.SUBCUTANEOUS).any()
    assert picture.field_mm == 60
    assert (picture.n_slice, picture.n_slices) == (10, 16)


def test_a_wide_lesion_widens_the_field(result: StudyResult) -> None:
    image = result.images[0]
    wide = dataclasses.replace(image.lesions[2], bbox_zyx=((8, 11), (0, 60), (0, 72)))
    assert VolumePictures(image).of_lesion(wide).field_mm == pytest.approx(72 * 0.8 * 1.6)


def test_a_picture_leads_to_a_voxel_of_its_lesion(result: StudyResult) -> None:
    image = result.images[0]
    assert image.maps is not None
    inverse = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    for lesion in image.lesions:
        cutout = VolumePictures(image).of_lesion(lesion)
        x, y, z = cutout.ras_mm
        index = tuple(np.rint((inverse @ (-x, -y, z, 1.0))[:3]).astype(int))
        assert image.maps.labels[index] == lesion.label
        (left, down), (back, down_too) = cutout.place_percent
        shape = np.array(image.geometry.shape_zyx)
        assert (down, down_too) == (pytest.approx(100 * (shape[0] - 0.5 - index[0]) / shape[0]),) * 2
        assert (back, left) == pytest.approx(tuple(100 * (np.array(index[1:]) + 0.5) / shape[1:]))


def test_an_exclusion_is_outlined_wherever_it_lies(result: StudyResult) -> None:
    (image,) = result.images
    bone, noise = image.excluded
    drawing = VolumePictures(image)
    far = dataclasses.replace(bone, centroid_lps_mm=(1e4, 1e4, 1e4))
    nowhere = dataclasses.replace(bone, centroid_lps_mm=None)
    for exclusion in (bone, far, nowhere):
        picture = drawing.of_exclusion(exclusion)
        assert picture is not None
        near = np.abs(decoded(picture.data_uri) - rgb_of(EXCLUDED_COLOUR)).sum(axis=2) < 90
        assert near.sum() > 50
    assert drawing.of_exclusion(noise) is None
    assert drawing.of_exclusion(dataclasses.replace(bone, label=9)) is None


def test_pictures_of_a_film() -> None:
    (image,) = film_result(film()).radiographs
    picture = FilmPictures(image).of_lesion(image.lesions[0])
    assert is_like(decoded(picture.data_uri), TissuePlane.SUBCUTANEOUS).sum() > 50
    right, front, _ = picture.ras_mm
    assert image.maps is not None
    assert image.maps.labels[0, round(-front / 0.2), round(-right / 0.2)] == 1
    assert is_like(decoded(FilmPictures(image).whole()), TissuePlane.SUBCUTANEOUS).any()


def test_a_film_without_spacing_has_no_scale() -> None:
    (image,) = film_result(film(None)).radiographs
    assert FilmPictures(image).of_lesion(image.lesions[0]).field_mm is None


@pytest.mark.parametrize("name", ["from the front", "from the side"])
def test_the_overview_shows_every_plane(result: StudyResult, name: str) -> None:
    (overview,) = (overview for overview in overviews(result.images[0]) if overview.name == name)
    pixels = decoded(overview.data_uri)
    assert pixels.shape[:2] == overview.shape_yx
    for plane in (TissuePlane.CUTANEOUS, TissuePlane.SUBCUTANEOUS, TissuePlane.FASCIAL):
        assert (np.abs(pixels - rgb(plane)).sum(axis=2) < 120).sum() > 50


def test_the_view_points_to_feet_back_and_left() -> None:
    geometry = VolumeGeometry(shape_zyx=(2, 3, 4), spacing_mm_zyx=(5.0, 2.0, 1.0), direction=TURNED)
    view = PatientView.of_geometry(geometry)
    assert view.shape == (3, 4, 2)
    assert view.spacing_mm == (2.0, 1.0, 5.0)
    array = np.arange(24).reshape(2, 3, 4)
    turned = view.of_array(array)
    indices = np.argwhere(array >= 0).astype(float)
    x_mm, y_mm, z_mm = geometry.lps_mm_from_zyx(indices).T
    place_of = dict(zip(array.ravel(), zip(-z_mm, y_mm, x_mm, strict=True), strict=True))
    first, last = place_of[turned[0, 0, 0]], place_of[turned[-1, -1, -1]]
    assert all(a < b for a, b in zip(first, last, strict=True))
    ranges = ((0, 1), (1, 3), (0, 2))
    part = array[tuple(slice(*ends) for ends in ranges)]
    seen = turned[tuple(slice(*ends) for ends in view.of_ranges(ranges))]
    assert sorted(part.ravel()) == sorted(seen.ravel())
    for point in np.ndindex(turned.shape):
        assert array[view.zyx_of(point)] == turned[point]


def test_every_plane_has_its_own_colour() -> None:
    assert list(PLANE_COLOURS) == list(TissuePlane)
    assert len({*PLANE_COLOURS.values(), EXCLUDED_COLOUR}) == len(TissuePlane) + 1
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in PLANE_COLOURS.values())


def test_an_outline_covers_nothing() -> None:
    mask = np.zeros((9, 9), np.bool_)
    mask[4, 3:6] = True
    line = outline(mask, 2)
    assert not (line & mask).any()
    rows, columns = np.nonzero(line | mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 6, 1, 7)
    assert (line | mask)[2:7, 1:8].all()


def test_the_layers_of_a_small_image_are_its_maps(result: StudyResult, tmp_path: Path) -> None:
    (image,) = result.images
    assert image.maps is not None
    assert image.hu is not None
    layers = layers_of(image)
    assert layers.grid.factors_zyx == (1, 1, 1)
    box = tuple(slice(*ends) for ends in layers.grid.box_zyx)
    assert np.array_equal(unpacked(layers.lesions, tmp_path / "a.nii"), image.maps.labels[box])
    assert np.array_equal(unpacked(layers.planes, tmp_path / "a.nii"), image.maps.planes[box])
    assert np.array_equal(unpacked(layers.excluded, tmp_path / "a.nii") == 1, image.maps.excluded[box] == 1)
    shown = unpacked(layers.image, tmp_path / "a.nii")
    kept = np.clip(image.hu[box], -300, 975)
    assert np.abs(shown - kept).max() <= 2.5


def test_layers_lie_where_the_written_maps_lie(result: StudyResult, tmp_path: Path) -> None:
    (image,) = result.images
    assert image.hu is not None
    geometry = dataclasses.replace(image.geometry, direction=TURNED, origin_lps_mm=(7.0, -3.0, 900.0))
    volume = CtVolume(header=image.header, geometry=geometry, hu=image.hu)
    turned = dataclasses.replace(image, image=volume)
    layers = layers_of(turned)
    write(dataclasses.replace(result, images=(turned,)), tmp_path, types=("nifti",))
    whole = sitk.ReadImage(tmp_path / "labels-1.nii.gz")
    unpacked(layers.lesions, tmp_path / "a.nii")
    part = sitk.ReadImage(tmp_path / "a.nii")
    for x, y, z in np.argwhere(sitk.GetArrayFromImage(part).T > 0)[::7].tolist():
        index = whole.TransformPhysicalPointToIndex(part.TransformIndexToPhysicalPoint((x, y, z)))
        assert whole[index] == part[x, y, z]


def test_a_large_image_is_shown_in_blocks_and_no_lesion_is_lost(result: StudyResult, tmp_path: Path) -> None:
    (image,) = result.images
    layers = layers_of(image, n_voxels=4000)
    assert layers.grid.n_blocks <= 4000
    assert layers.is_reduced
    shown = unpacked(layers.lesions, tmp_path / "a.nii")
    assert set(np.unique(shown)) == {0, 1, 2, 3, 4}
    planes = unpacked(layers.planes, tmp_path / "a.nii")
    assert np.array_equal(planes > 0, shown > 0)
    # Every block shown lies on its lesion.
    assert image.maps is not None
    inverse = np.linalg.inv(image.geometry.affine_lps_mm_from_zyx)
    reach = np.array(layers.grid.factors_zyx) / 2
    for index in np.argwhere(shown > 0):
        centre = (inverse @ (*layers.geometry.lps_mm_from_zyx(index.astype(float)), 1.0))[:3]
        block = tuple(
            slice(max(0, int(np.ceil(c - r))), int(np.floor(c + r)) + 1)
            for c, r in zip(centre, reach, strict=True)
        )
        assert shown[tuple(index)] in image.maps.labels[block]


def test_noise_makes_the_image_coarser_not_the_page_larger(result: StudyResult) -> None:
    (image,) = result.images
    first = layers_of(image)
    second = layers_of(image, n_characters=len(first.image) // 2)
    assert second.grid.n_blocks < first.grid.n_blocks
    assert len(second.image) <= len(first.image) // 2


def test_an_image_of_air_is_shown_whole(result: StudyResult) -> None:
    (image,) = result.images
    air = CtVolume(
        header=image.header,
        geometry=image.geometry,
        hu=np.full(image.geometry.shape_zyx, -1000, np.int16),
    )
    layers = layers_of(dataclasses.replace(image, image=air))
    assert layers.grid.shape_zyx == image.geometry.shape_zyx
    assert not layers.is_cropped


def test_the_layers_of_a_film(tmp_path: Path) -> None:
    (image,) = film_result(film()).radiographs
    assert image.maps is not None
    layers = layers_of(image)
    path = tmp_path / "a.nii"
    path.write_bytes(zlib.decompress(base64.b64decode(layers.lesions)))
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(path)), image.maps.labels)
    reduced = layers_of(image, n_voxels=1000)
    assert reduced.grid.factors_zyx == (1, 3, 3)
    smaller = layers_of(image, n_voxels=1000, n_characters=len(reduced.image) // 2)
    assert smaller.grid.factors_zyx > (1, 3, 3)


@given(
    ends=st.tuples(*[st.tuples(st.integers(0, 5), st.integers(6, 20))] * 3),
    factors=st.tuples(*[st.integers(1, 7)] * 3),
)
def test_blocks_hold_every_voxel_once(
    ends: tuple[tuple[int, int], ...], factors: tuple[int, int, int]
) -> None:
    grid = BlockGrid(box_zyx=(ends[0], ends[1], ends[2]), factors_zyx=factors)
    voxels = np.nonzero(np.ones([end - start for start, end in ends], np.bool_))
    placed = tuple(axis + start for axis, (start, _) in zip(voxels, ends, strict=True))
    counts = np.bincount(grid.block_of(placed), minlength=grid.n_blocks)
    assert np.array_equal(counts, grid.voxels_of(np.arange(grid.n_blocks)))
    layers = [grid.voxels_of_layer(i) for i in range(grid.shape_zyx[0])]
    assert np.array_equal(np.stack(layers).ravel(), counts)
    raster = np.zeros((20, 20, 20), np.uint16)
    raster[placed] = grid.block_of(placed)
    assert np.array_equal(grid.sampled(raster).ravel(), np.arange(grid.n_blocks))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5)), max_size=40))
def test_a_block_is_what_most_of_its_voxels_are(voxels: list[tuple[int, int]]) -> None:
    block = np.array([b for b, _ in voxels], np.intp)
    code = np.array([c for _, c in voxels], np.int64)
    blocks, codes, n_voxels = most_of_each_block(block, code)
    assert blocks.tolist() == sorted(set(block.tolist()))
    for b, c, n in zip(blocks, codes, n_voxels, strict=True):
        own = code[block == b].tolist()
        assert n == len(own)
        assert own.count(c) == max(own.count(other) for other in own)


def image_with_sizes(result: StudyResult, sizes_mm3: list[float]) -> ImageResult:
    (image,) = result.images
    lesions = tuple(
        dataclasses.replace(image.lesions[i % 4], label=i + 1, volume_mm3=size)
        for i, size in enumerate(sizes_mm3)
    )
    return dataclasses.replace(image, lesions=lesions)


@pytest.mark.parametrize("sizes_mm3", [[1.0], [0.02, 5, 5, 5, 5, 5, 900], [10.0] * 37])
def test_plots_show_every_lesion_inside_their_frame(result: StudyResult, sizes_mm3: list[float]) -> None:
    lesions = image_with_sizes(result, sizes_mm3).lesions
    sizes, depths = size_chart(lesions), depth_chart(lesions)
    assert sizes is not None
    one_mm = HEIGHT / float(sizes.y_ticks[-1].text)
    assert sum(mark.height for mark in sizes.marks) / one_mm == pytest.approx(len(lesions))
    for mark in sizes.marks:
        assert 0 <= mark.x < mark.x + mark.width <= WIDTH
        assert -1e-9 <= mark.y < mark.y + mark.height <= HEIGHT + 1e-9
    if len(lesions) < 2:
        assert depths is None
        return
    assert depths is not None
    assert [mark.label for mark in depths.marks] == [lesion.label for lesion in lesions]
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT for mark in depths.marks)
    assert float(sizes.x_ticks[0].text) <= min(sizes_mm3)


def test_plots_of_nothing() -> None:
    assert size_chart([]) is None
    assert depth_chart([]) is None
    (image,) = film_result(film(None)).radiographs
    assert size_chart(image.lesions) is None


def test_reasons_of_unlabelled_exclusions_stay_out(result: StudyResult, tmp_path: Path) -> None:
    (image,) = result.images
    only_noise = tuple(one for one in image.excluded if one.label is None)
    assert all(isinstance(one, Exclusion) for one in only_noise)
    layers = layers_of(dataclasses.replace(image, excluded=only_noise))
    assert not unpacked(layers.excluded, tmp_path / "a.nii").any()
