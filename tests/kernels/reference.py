"""Slow, obvious twins of the kernels: plain loops and scipy, each under the name of its kernel."""

import heapq
import itertools
import math

import numpy as np
from scipy import ndimage

RANKS = {2: {4: 1, 8: 2}, 3: {6: 1, 18: 2, 26: 3}}


def connected_components(image, threshold, *, connectivity=None, seed_threshold=None, min_voxels=1):
    """Return dense labels and a table as a dict of arrays."""
    connectivity = connectivity or (26 if image.ndim == 3 else 8)
    structure = ndimage.generate_binary_structure(image.ndim, RANKS[image.ndim][connectivity])
    dense, n = ndimage.label(image >= threshold, structure)
    out, kept = np.zeros_like(dense), 0
    for label in range(1, n + 1):
        mask = dense == label
        if mask.sum() < min_voxels or (seed_threshold is not None and image[mask].max() < seed_threshold):
            continue
        kept += 1
        out[mask] = kept
    return out, measure(image, image >= threshold, out)


def measure(image, foreground, labels):
    """Measure each label of a dense array voxel by voxel."""
    axes = "zyx" if image.ndim == 3 else "yx"
    rows = [_measure_one(image, foreground, labels == i + 1) for i in range(labels.max(initial=0))]
    names = ("n_voxels", "bbox", f"centroid_{axes}", "second_moments", "sum", "sum_sq", "min", "max")
    names += ("exposed_faces", "border_voxels", "first_voxel")
    return {name: np.array([row[i] for row in rows]) for i, name in enumerate(names)}


def _measure_one(image, foreground, mask):
    at = np.argwhere(mask)
    values = [int(v) for v in image[mask]]
    centre = at.mean(axis=0)
    spread = (at - centre).T @ (at - centre) / len(at)
    pairs = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] if image.ndim == 3 else [(0, 0), (1, 1), (0, 1)]
    border = [int((at[:, k] == end).sum()) for k, n in enumerate(image.shape) for end in (0, n - 1)]
    bbox = [int(b) for k in range(image.ndim) for b in (at[:, k].min(), at[:, k].max() + 1)]
    return (
        len(at),
        bbox,
        centre,
        [spread[i, j] for i, j in pairs],
        sum(values),
        sum(v * v for v in values),
        min(values),
        max(values),
        [_count_faces(foreground, at, axis) for axis in range(image.ndim)],
        border,
        int(np.ravel_multi_index(tuple(at[0]), image.shape)),
    )


def _count_faces(foreground, at, axis):
    padded = np.pad(foreground, 1)
    step = np.eye(foreground.ndim, dtype=int)[axis]
    return sum(int(not padded[tuple(p + 1 + sign * step)]) for p in at for sign in (-1, 1))


def distance_mm(mask, spacing_mm, *, max_distance_mm=None):
    """Try every voxel against every True voxel."""
    squares = _squares_to(np.argwhere(mask), mask.shape, spacing_mm)
    nearest = np.sqrt(squares.min(axis=0, initial=np.inf)).reshape(mask.shape)
    return np.where(nearest <= (math.inf if max_distance_mm is None else max_distance_mm), nearest, np.inf)


def feret_mm(mask, spacing_mm):
    """Try every corner of a voxel against every other."""
    steps = list(itertools.product((0, 1), repeat=mask.ndim))
    corners = {tuple(np.add(voxel, step)) for voxel in np.argwhere(mask).tolist() for step in steps}
    points = np.array(sorted(corners)).reshape(-1, mask.ndim) * spacing_mm
    return max((float(np.linalg.norm(points - point, axis=1).max()) for point in points), default=0.0)


def dilate_mm(mask, spacing_mm, radius_mm):
    """Try every voxel against every True voxel."""
    squares = _squares_to(np.argwhere(mask), mask.shape, spacing_mm)
    return (np.sqrt(squares.min(axis=0, initial=np.inf)) <= radius_mm).reshape(mask.shape)


def erode_mm(mask, spacing_mm, radius_mm):
    """Dilate what is outside."""
    return ~dilate_mm(~mask, spacing_mm, radius_mm)


def nearest_label(labels, spacing_mm, *, max_distance_mm=None):
    """Try every voxel against every labelled one; of equally near labels take the smallest."""
    at = np.argwhere(labels)
    squares = _squares_to(at, labels.shape, spacing_mm)
    nearest = squares.min(axis=0, initial=np.inf)
    names = np.array([labels[tuple(p)] for p in at], dtype=np.int64).reshape(-1, 1)
    winner = np.where(squares <= nearest, names, 2**40).min(axis=0, initial=2**40)
    limit = math.inf if max_distance_mm is None else max_distance_mm**2
    return np.where((nearest <= limit) & (winner < 2**40), winner, 0).reshape(labels.shape)


def _squares_to(at, shape, spacing_mm):
    """Return squared distances (points, voxels)."""
    voxels = np.argwhere(np.ones(shape, bool)) * np.asarray(spacing_mm)
    points = at.reshape(-1, len(shape)) * np.asarray(spacing_mm)
    return ((points[:, None, :] - voxels[None, :, :]) ** 2).sum(axis=2)


def sum_in_blocks(image, box, factors):
    """Add voxel after voxel to its block."""
    z0, z1, y0, y1, x0, x1 = box
    fz, fy, fx = factors
    out = np.zeros((-(-(z1 - z0) // fz), -(-(y1 - y0) // fy), -(-(x1 - x0) // fx)), np.int32)
    for z, y, x in itertools.product(range(z0, z1), range(y0, y1), range(x0, x1)):
        out[(z - z0) // fz, (y - y0) // fy, (x - x0) // fx] += image[z, y, x]
    return out


def fill_holes_in_slices(mask):
    """Flood each slice from its edge, one pixel after the other."""
    out = np.ones_like(mask)
    for one_slice, filled in zip(mask, out, strict=True):
        n_rows, n_columns = one_slice.shape
        todo = [(y, x) for y in range(n_rows) for x in range(n_columns) if y in (0, n_rows - 1)]
        todo += [(y, x) for y in range(n_rows) for x in (0, n_columns - 1)]
        while todo:
            y, x = todo.pop()
            if 0 <= y < n_rows and 0 <= x < n_columns and filled[y, x] and not one_slice[y, x]:
                filled[y, x] = False
                todo += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return out


def geodesic_distance_mm(seeds, mask, spacing_mm, max_distance_mm=None):
    """Dijkstra with a dictionary and a heap."""
    limit = math.inf if max_distance_mm is None else max_distance_mm
    best = {tuple(int(i) for i in p): 0.0 for p in np.argwhere(seeds)}
    heap = [(0.0, p) for p in best]
    heapq.heapify(heap)
    while heap:
        way, at = heapq.heappop(heap)
        for step in itertools.product((-1, 0, 1), repeat=3):
            to = tuple(a + s for a, s in zip(at, step, strict=True))
            if not all(0 <= t < n for t, n in zip(to, mask.shape, strict=True)) or not mask[to]:
                continue
            longer = way + math.sqrt(sum((s * d) ** 2 for s, d in zip(step, spacing_mm, strict=True)))
            if longer < best.get(to, math.inf) and longer <= limit:
                best[to] = longer
                heapq.heappush(heap, (longer, to))
    out = np.full(mask.shape, np.inf)
    for at, way in best.items():
        out[at] = way
    return out


def fit_tube(plane, spacing_mm, near_mm, margin_mm, look):
    """Try every circle; return the best as a tuple, or None."""
    radii = np.arange(look.min_radius, look.max_radius + 1e-6, 0.4)
    return _best_circle(plane, spacing_mm, near_mm, (margin_mm, 1.0, 0.0), 0.8, radii, look)


def follow_tube(volume, spacing_mm, start, n_slices, look, *, slope_mm=(0.0, 0.0), min_worth=0.4):
    """Go slice by slice, one circle after the other."""
    number, section = start
    centre, radius, slope = np.array(section[:2]), section[2], np.array(slope_mm, float)
    pace, reach = min(0.15 * spacing_mm[0], 0.5), max(1.12, 0.8 * spacing_mm[0])
    out = []
    step = 1 if n_slices >= 0 else -1
    for k in range(number + step, number + step * (abs(n_slices) + 1), step):
        if not 0 <= k < len(volume):
            break
        centre = centre + slope
        radii = [max(radius - 0.3, look.min_radius), radius, min(radius + 0.3, look.max_radius)]
        found = _best_circle(volume[k], spacing_mm[1:], centre, (reach, 0.0, 0.03), 0.4, radii, look)
        if found is not None and _worth(found) >= min_worth:
            slope = slope + pace * (np.array(found[:2]) - centre)
            centre, radius = np.array(found[:2]), radius + pace * (found[2] - radius)
            out.append((*centre, radius, *found[3:]))
        else:
            slope = 0.9 * slope
            out.append((*centre, radius, 0.0, 0.0))
    return out


def _worth(section):
    return section[3] * (1 - section[4]) + 0.8 * section[4]


def _best_circle(plane, spacing, near, reach, step, radii, look):
    best, best_worth = None, -1e9
    for radius in radii:
        limit = reach[0] + reach[1] * radius
        n = int(limit / step)
        for i, j in itertools.product(range(-n, n + 1), repeat=2):
            square = (i * i + j * j) * step**2
            if square > limit**2:
                continue
            section = _section(plane, spacing, (near[0] + i * step, near[1] + j * step), radius, look)
            if section is not None and _worth(section) - reach[2] * square > best_worth:
                best, best_worth = section, _worth(section) - reach[2] * square
    return best


def _section(plane, spacing, centre, radius, look):
    """Tell the edge and the dense share of one circle, or None if its inside is no lumen."""
    rows, columns = (np.arange(-40, 41) for _ in range(2))
    i, j = np.meshgrid(rows, columns, indexing="ij")
    inside = (i * spacing[0]) ** 2 + (j * spacing[1]) ** 2 <= max(radius - 1.1, 0.9) ** 2
    at = np.stack([centre[0] / spacing[0] + i[inside], centre[1] / spacing[1] + j[inside]])
    values = _interpolated(plane, at)
    n_dense = (values >= 0.7 * look.dense).sum()
    blood = values[(values >= look.dark) & (values < 0.7 * look.dense)]
    n_dark = len(values) - n_dense - len(blood)
    if len(blood) < 3 or n_dense > 1.5 * len(blood) or n_dark > 0.1 * len(blood):
        return None
    if not look.low <= blood.mean() <= look.high:
        return None
    turns = np.arange(24) / 24 * 2 * np.pi

    def rays(*lengths_mm):
        rows = [centre[0] / spacing[0] + mm * np.sin(turns) / spacing[0] for mm in lengths_mm]
        columns = [centre[1] / spacing[1] + mm * np.cos(turns) / spacing[1] for mm in lengths_mm]
        return _interpolated(plane, np.array([rows, columns])).reshape(len(lengths_mm), 24)

    start = max(radius - 1.6, 0.0)
    tried = [start + 0.4 * k for k in range(20) if start + 0.4 * k <= radius + 0.41]
    is_dense = (rays(*tried) >= look.dense).any(axis=0)
    inner = np.minimum(rays(radius - 1.0)[0], blood.mean())
    outer = np.fmin(*rays(radius + 0.1, radius + 0.8))
    edges = np.nan_to_num(np.clip((inner - outer) / look.step, 0.0, 1.0))[~is_dense]
    return (*centre, radius, edges.sum() / max(len(edges), 1), is_dense.mean())


def _interpolated(plane, at):
    at = np.reshape(at, (2, -1))
    values = ndimage.map_coordinates(plane.astype(float), at, order=1, mode="nearest")
    beyond = (at < 0) | (at > np.array(plane.shape)[:, None] - 1)
    return np.where(beyond.any(axis=0), np.nan, values)


def relax(values, unknown, spacing_mm, n_sweeps):
    """One voxel after the other, each sweep from the values of the last."""
    weights = [1 / step**2 for step in spacing_mm]
    for _ in range(n_sweeps):
        before = values.copy()
        for at in np.argwhere(unknown):
            total = 0.0
            for axis, weight in enumerate(weights):
                for step in (-1, 1):
                    beside = at.copy()
                    beside[axis] = np.clip(at[axis] + step, 0, values.shape[axis] - 1)
                    total += weight * before[tuple(beside)]
            values[tuple(at)] = total / (2 * sum(weights))
    return values


def bridge(values, known, barred, wanted, spacing_mm, *, agree, lonely):
    """Walk all lines voxel by voxel."""
    out = []
    for at in np.argwhere(wanted):
        weighed = []
        for way in itertools.product((-1, 0, 1), repeat=3):
            if way <= (0, 0, 0):
                continue
            ends = [_end_of_line(values, known, barred, at, np.array(way) * side) for side in (-1, 1)]
            (first, n_first), (last, n_last) = ends
            if first is None and last is None:
                continue
            length = float(np.linalg.norm(np.array(way) * spacing_mm))
            if first is None or last is None:
                value, n, apart = last if first is None else first, 2 * (n_first + n_last), lonely
            else:
                value, n = (first * n_last + last * n_first) / (n_first + n_last), n_first + n_last
                apart = last - first
            weighed.append((1 / (n * length * (apart**2 + agree**2)), value))
        total = sum(weight for weight, _ in weighed)
        out.append(sum(weight * value for weight, value in weighed) / total if weighed else np.nan)
    return np.array(out)


def _end_of_line(values, known, barred, at, way):
    n = 0
    while True:
        n += 1
        place = at + n * way
        if (place < 0).any() or (place >= values.shape).any():
            return None, 0
        if known[tuple(place)]:
            return float(values[tuple(place)]), n
        if barred[tuple(place)]:
            return None, 0


def open_along_lines(image, length, *, n_directions=12):
    """Take every line through every pixel in every direction; keep the best of its darkest pixels."""
    best = np.full(image.shape, -np.inf, np.float32)
    for k in range(n_directions):
        angle = np.pi * k / n_directions
        is_flat = abs(np.sin(angle)) <= abs(np.cos(angle)) + 1e-9
        slope = np.tan(angle) if is_flat else 1 / np.tan(angle)
        width = max(1, math.floor(length / math.hypot(1, slope) + 0.5))
        pixels, out = (image, best) if is_flat else (image.T, best.T)
        climb = np.rint(slope * np.arange(pixels.shape[1])).astype(int)
        for start in range(-climb.max(), pixels.shape[0] - climb.min()):
            line = [
                (start + climb[x], x) for x in range(len(climb)) if 0 <= start + climb[x] < pixels.shape[0]
            ]
            w = min(width, len(line))
            for first in range(len(line) - w + 1):
                part = tuple(zip(*line[first : first + w], strict=True))
                out[part] = np.maximum(out[part], pixels[part].min()) if w else out[part]
    return best


def convolve(image, weights, constants):
    """Correlate each channel by itself and sum; what lies in the frame is zero."""
    sums = [
        sum(
            ndimage.correlate(channel, kernel, mode="constant")[1:-1, 1:-1]
            for channel, kernel in zip(image, kernels, strict=True)
        )
        for kernels in weights
    ]
    return np.pad(np.maximum(np.array(sums) + constants[:, None, None], 0), ((0, 0), (1, 1), (1, 1)))


def smooth(image, sd, truncate, mode):
    """Weigh all pixels around each one."""
    reach = int(truncate * sd + 0.5)
    weights = np.array([math.exp(-0.5 * (n / sd) ** 2) if reach else 1.0 for n in range(-reach, reach + 1)])
    window = np.outer(weights, weights) / weights.sum() ** 2
    wide = np.pad(np.asarray(image, np.float64), reach, mode="symmetric" if mode == "reflect" else "edge")
    side = 2 * reach + 1
    return np.array(
        [
            [
                (window * wide[row : row + side, column : column + side]).sum()
                for column in range(image.shape[1])
            ]
            for row in range(image.shape[0])
        ]
    )


def basins_around_peaks(values, solid):
    """Flood with a heap, voxel by voxel."""
    wide = ndimage.maximum_filter(values, size=3, mode="nearest")
    labels, _ = ndimage.label((values == wide) & solid, np.ones((3, 3, 3)))
    levels = 65535 - np.rint(values / (max(float(values.max()), 1.0) / 65535))
    heap = [(levels[tuple(at)], n, tuple(at)) for n, at in enumerate(np.argwhere(labels))]
    heapq.heapify(heap)
    n = len(heap)
    while heap:
        _, _, at = heapq.heappop(heap)
        for axis, step in itertools.product((2, 1, 0), (-1, 1)):
            to = list(at)
            to[axis] += step
            to = tuple(to)
            if 0 <= to[axis] < values.shape[axis] and solid[to] and not labels[to]:
                labels[to] = labels[at]
                heapq.heappush(heap, (levels[to], n, to))
                n += 1
    return labels.astype(np.int32)


def look_out(mask, within, ending, values, n_steps, rise):
    """Walk every look step by step."""
    ways = [way for way in itertools.product((-1, 0, 1), repeat=3) if any(way)]
    n_looks = n_free = n_ended = 0
    held, crossed = np.zeros(len(ways), np.int64), np.zeros_like(mask)
    for start in np.argwhere(mask):
        for k, way in enumerate(ways):
            path = [
                tuple(np.clip(start + step * np.array(way), 0, np.array(mask.shape) - 1))
                for step in range(n_steps[k] + 1)
            ]
            if mask[tuple(np.clip(start + way, 0, np.array(mask.shape) - 1))]:
                continue
            n_looks += 1
            is_free = False
            for n, at in enumerate(path[1:], start=1):
                n_ended += int(ending[at])
                if not within[at]:
                    is_free = True
                    for before in path[1:n]:
                        crossed[before] = True
                if not within[at] or ending[at] or values[at] > min(values[p] for p in path[:n]) + rise:
                    break
            n_free += is_free
            held[k] += not is_free
    return n_looks, n_free, n_ended, held, crossed


def heart_of(mask, values, spacing_mm, *, least, share, percent):
    """Sort all voxels by their depth."""
    depths = distance_mm(~np.pad(mask, 1), spacing_mm)[1:-1, 1:-1, 1:-1][mask].astype(np.float32)
    own = values[mask].astype(float)
    n = min(own.size, max(least, int(share * own.size)))
    inmost = own[np.argsort(-depths, kind="stable")[:n]]
    is_upper = own >= np.percentile(own, percent)
    return depths.max(), inmost.mean(), inmost.std(), depths[is_upper].mean() / depths.mean()


def around_body(mask, room, others, spacing_mm, *, rim_mm, shell_mm):
    """Dilate twice by trying all voxels."""
    whole = dilate_mm(mask, spacing_mm, rim_mm) & room
    dz, dy, dx = spacing_mm
    shell = (
        dilate_mm(whole, (min(dz, 0.999 * shell_mm), dy, dx), shell_mm) & ~whole
    )  # the next slice is in it
    return shell.sum(), *(other[shell].sum() for other in others)


def mean_in_window(values, size, *, steps=(1, 1, 1), is_whole=False):
    """Let scipy average."""
    means = values.astype(np.float32)
    for axis, width in enumerate(size):
        means = ndimage.uniform_filter1d(means, width, axis, output=np.int16 if is_whole else np.float32)
    return means[tuple(slice(None, None, step) for step in steps)].astype(np.float32)


def shells_of(found, image, spacing_mm, *, inner_mm, outer_mm, low, high):
    """Measure the distance of all voxels from each component."""
    rows = []
    for label in range(1, found.n_components + 1):
        away_mm = distance_mm(found.labels() == label, spacing_mm)
        shell = image[(away_mm > inner_mm) & (away_mm <= outer_mm)]
        n_between = int(((shell > low) & (shell < high)).sum())
        rows.append((shell.size, n_between, np.median(shell) if shell.size else np.nan))
    return np.array(rows).reshape(-1, 3).T


def passages_between(basins, depths):
    """Look at every face."""
    peaks = [depths[basins == n].max(initial=0) if n else 0 for n in range(basins.max(initial=0) + 1)]
    widest = {}
    for axis in range(3):
        a, b = np.moveaxis(basins, axis, 0)[:-1], np.moveaxis(basins, axis, 0)[1:]
        low = np.minimum(np.moveaxis(depths, axis, 0)[:-1], np.moveaxis(depths, axis, 0)[1:])
        for one, other, width in zip(a.ravel(), b.ravel(), low.ravel(), strict=True):
            if one != other and one and other:
                pair = min(one, other), max(one, other)
                widest[pair] = max(width, widest.get(pair, 0))
    pairs = sorted(widest)
    return peaks, np.array(pairs, np.int64).reshape(-1, 2), [widest[pair] for pair in pairs]


def joined_basins(peaks, pairs, passages, ratio):
    """Keep the basins that were joined as sets."""
    groups = [{n} for n in range(len(peaks))]
    highest = list(peaks)
    for (first, second), passage in zip(pairs, passages, strict=True):
        one, other = (next(g for g in groups if n in g) for n in (first, second))
        a, b = min(one), min(other)
        if one is not other and passage >= ratio * min(highest[a], highest[b]):
            groups.remove(other)
            one |= other
            highest[min(a, b)] = max(highest[a], highest[b])
    return [min(next(g for g in groups if n in g)) for n in range(len(peaks))], highest
