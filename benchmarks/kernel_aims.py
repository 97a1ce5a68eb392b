"""What the kernels are meant to reach, beside what a run of the benchmark saw."""

import time
from dataclasses import dataclass

from calciseg.kernels import connected_components

TABLE, BOTH, LABELS = "calciseg runs + table", "calciseg table + uint32 labels", "calciseg labels"
STATISTICS, COMPOSED = "cc3d + statistics", "cc3d + statistics + numpy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Quickest times (ms) and peaks (bytes) of the jobs on one volume with one connectivity."""

    name: str
    connectivity: int
    n_components: int
    n_voxels: int
    table_bytes: int
    """What the returned columns hold: that is no extra memory."""
    best: dict[str, float]
    peaks: dict[str, int | None]

    @property
    def title(self):
        """Name and connectivity."""
        return f"{self.name}, {self.connectivity}"

    @property
    def passes(self):
        """Time of runs and table in read passes."""
        return self.best[TABLE] / self.best["read floor"]

    def times(self, peer, ours):
        """Say how many times as quick ours is, or None without the peer."""
        return self.best[peer] / self.best[ours] if peer in self.best else None

    @property
    def extra(self):
        """Bytes a voxel above the image and the table, or None where it cannot be known."""
        peak = self.peaks[TABLE]
        return None if peak is None else max(0, peak - self.table_bytes) / self.n_voxels


def row(seen):
    """Return a row of the table of figures."""
    figures = (
        seen.passes,
        seen.times(STATISTICS, TABLE),
        seen.times(COMPOSED, TABLE),
        seen.times(STATISTICS, BOTH),
        seen.times("cc3d labels", LABELS),
    )
    shown = " | ".join("–" if figure is None else f"{figure:.3g}" for figure in figures)
    table = seen.table_bytes / seen.n_voxels
    extra = "–" if seen.extra is None else f"{seen.extra:.2f}"
    return f"| {seen.title} | {seen.n_components:,} | {shown} | {table:.2f} | {extra} |"


HEAD = (
    "| volume, connectivity | components | table, in read passes | table, against cc3d + statistics "
    "| table, against cc3d + numpy | table + uint32 labels, against cc3d + statistics "
    "| labels, against cc3d labels | table, B/voxel | beyond the table, B/voxel |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def judge(all_seen):
    """Yield rows of the table of aims: aim, volume, what was seen, whether that is enough."""
    for seen in all_seen:
        is_ct = seen.name in ("ct", "chest")
        if is_ct:
            yield _at_most(seen, "read passes, table", seen.passes, 3 if seen.name == "ct" else 5)
            yield _at_least(seen, "table, against cc3d + statistics", seen.times(STATISTICS, TABLE), 20)
            yield _at_least(seen, "table, against cc3d + numpy", seen.times(COMPOSED, TABLE), 30)
            yield _at_least(
                seen, "table + uint32 labels, against cc3d + statistics", seen.times(STATISTICS, BOTH), 10
            )
            yield _at_least(seen, "labels, against cc3d labels", seen.times("cc3d labels", LABELS), 3)
        elif seen.name == "xray":
            peer = seen.times("OpenCV labels + statistics", BOTH)
            yield _at_least(seen, "labels + table, against OpenCV with statistics", peer, 1)
            continue
        else:
            yield _at_least(seen, "table, against cc3d + statistics", seen.times(STATISTICS, TABLE), 1)
        yield _at_most(seen, "bytes a voxel beyond the table", seen.extra, 0.4 if is_ct else 3)


def _at_least(seen, what, value, aim):
    return _row(what, seen.title, "≥", aim, value, value is not None and value >= aim)


def _at_most(seen, what, value, aim):
    return _row(what, seen.title, "≤", aim, value, value is not None and value <= aim)


def _row(what, title, sign, aim, value, is_met):
    figure, verdict = ("–", "–") if value is None else (f"{value:.3g}", "yes" if is_met else "no")
    return f"| {what} | {title} | {sign} {aim} | {figure} | {verdict} |"


def print_growth(image, threshold, threads, rounds):
    """Print the time a voxel of a third of a volume, and of all of it."""
    parts, best = (image[: len(image) // 3], image), [float("inf")] * 2
    for _ in range(rounds + 1):  # the first round warms up; in turns
        for i, part in enumerate(parts):
            start = time.perf_counter()
            found = connected_components(part, threshold, n_threads=threads)
            for name in found.table:
                found.table[name]
            best[i] = min(best[i], time.perf_counter() - start)
    small, large = (1e9 * t / part.size for t, part in zip(best, parts, strict=True))
    print(
        f"runs + table of {len(parts[0])} slices {small:.3f} ns a voxel, of {len(image)} {large:.3f}: "
        f"{large / small:.2f} times (linear is 1)\n"
    )
