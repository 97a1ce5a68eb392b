"""How long writing takes: a study of 400 slices with 200 lesions, and SEG with thousands.

python -m benchmarks.outputs
python -m benchmarks.outputs --slices 40 --rounds 1
"""

import argparse
import tempfile
import time
from dataclasses import replace

import numpy as np
from pydicom import Dataset

from calciseg import Settings
from calciseg.ct.totals import sum_lesions
from calciseg.model import (
    CtVolume,
    Exclusion,
    ExclusionReason,
    ImageHeader,
    ImageResult,
    Lesion,
    LesionMaps,
    Morphology,
    PatientFacts,
    PlaneFractions,
    SourceHeaders,
    StudyResult,
    TissuePlane,
    VolumeGeometry,
)
from calciseg.outputs import DEFAULT_TYPES, write
from calciseg.settings import OutputSettings

SIDE = 512
PLANES = tuple(TissuePlane)[:4]


def made_result(n_slices: int, n_lesions: int, seed: int = 0) -> StudyResult:
    """A noisy cylinder of muscle in fat, with blocks of calcium strewn into it."""
    rng = np.random.default_rng(seed)
    geometry = VolumeGeometry(shape_zyx=(n_slices, SIDE, SIDE), spacing_mm_zyx=(1.0, 0.8, 0.8))
    y, x = np.ogrid[:SIDE, :SIDE]
    radius = np.hypot(y - SIDE / 2, x - SIDE / 2)
    slice_hu = np.select([radius < 150, radius < 200], [55.0, -100.0], -1000.0)
    noise = rng.normal(0, 15, (SIDE, SIDE))
    hu = np.stack([(slice_hu + np.roll(noise, 7 * z)).astype(np.int16) for z in range(n_slices)])
    labels = np.zeros(hu.shape, np.uint16)
    planes = np.zeros(hu.shape, np.uint8)
    lesions = [_lesion(label, rng, geometry, hu, labels, planes) for label in range(1, n_lesions + 1)]
    excluded = np.zeros(hu.shape, np.uint16)
    excluded[:, 240:272, 240:272] = 1
    line = Exclusion(
        label=1, reason=ExclusionReason.BONE, centroid_lps_mm=(0.0, 0.0, 0.0), volume_mm3=1.0, hu_max=900.0,
        n_components=1, evidence=(),
    )  # fmt: skip
    uids = tuple(f"2.25.7.{n}" for n in range(n_slices))
    image = ImageResult(
        n=1,
        image=CtVolume(
            header=ImageHeader(series_instance_uid="2.25.2", sop_instance_uids=uids), geometry=geometry, hu=hu
        ),
        lesions=tuple(lesions),
        excluded=(line,),
        totals=sum_lesions(tuple(lesions)),
        maps=LesionMaps(labels=labels, planes=planes, excluded=excluded),
    )
    return StudyResult(
        study_instance_uid="2.25.1", patient=PatientFacts(), images=(image,), issues=(), settings=Settings(),
        created="2026-01-01T00:00:00+00:00", source=SourceHeaders(lambda: _headers(geometry, uids)),
    )  # fmt: skip


def _lesion(label, rng, geometry, hu, labels, planes) -> Lesion:
    while True:
        size = rng.integers(2, 9, 3)
        low = np.array([rng.integers(0, n - s) for n, s in zip(hu.shape, (size[0], 160, 160), strict=True)])
        low[1:] = rng.integers(150, 350, 2)
        box = tuple(slice(int(a), int(a + s)) for a, s in zip(low, size, strict=True))
        wider = tuple(slice(max(0, one.start - 1), one.stop + 1) for one in box)
        if not labels[wider].any():
            break
    plane = PLANES[label % 4]
    labels[box], planes[box], hu[box] = label, plane.map_value, 500
    n_voxels = int(size.prod())
    volume_mm3 = n_voxels * geometry.voxel_volume_mm3
    x, y, z = geometry.lps_mm_from_zyx(low + (size - 1) / 2)
    shares = {one.value: float(one == plane) for one in TissuePlane}
    return Lesion(
        label=label, tissue_plane=plane, plane_fractions=PlaneFractions(**shares), plane_confidence=0.9,
        tags=(),
        morphology=Morphology.NODULE, site=None, laterality=None,
        centroid_lps_mm=(float(x), float(y), float(z)),
        bbox_zyx=tuple((one.start, one.stop) for one in box), n_voxels=n_voxels, volume_mm3=volume_mm3,
        volume_pv_mm3=volume_mm3, surface_mm2=10.0, max_diameter_mm=5.0, hu_mean=500.0, hu_max=500.0,
        hu_sd=0.0,
        agatston=10.0, agatston_unnormalised=30.0, mass_mg=4.0, depth_from_skin_mm=3.0,
        distance_to_fascia_mm=1.0, distance_to_bone_mm=9.0, flags=(),
        hu_median=500.0, hu_p5=500.0, hu_p95=500.0, threshold_hu=130.0, volume_threshold_sensitivity=0.0,
    )  # fmt: skip


def _headers(geometry: VolumeGeometry, uids: tuple[str, ...]):
    for n, uid in enumerate(uids):
        one = Dataset()
        one.SOPClassUID, one.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = "2.25.1", "2.25.2", "2.25.3"
        one.Modality, one.SeriesNumber, one.InstanceNumber = "CT", 1, n + 1
        one.Rows, one.Columns = SIDE, SIDE
        one.PixelSpacing, one.SliceThickness = list(geometry.spacing_mm_zyx[1:]), 1.0
        one.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        one.ImagePositionPatient = [0, 0, float(n)]
        yield one


def timed(result: StudyResult, types: tuple[str, ...], n_rounds: int) -> tuple[float, float, float]:
    """Seconds of the quickest run by the clock and by the processor, and MB written."""
    seconds, processor = [], []
    for _ in range(n_rounds):
        with tempfile.TemporaryDirectory() as folder:
            start, begun = time.perf_counter(), time.process_time()
            paths = write(result, folder, types)
            seconds.append(time.perf_counter() - start)
            processor.append(time.process_time() - begun)
            size = sum(path.stat().st_size for path in paths)
    return min(seconds), min(processor), size / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    study = made_result(options.slices, 200)
    many = made_result(options.slices, 5000)
    labelmap = Settings(outputs=OutputSettings(seg_type="labelmap"))
    jobs = [(f"200 lesions, {name}", study, (name,)) for name in (*DEFAULT_TYPES, "seg", "sr", "fhir")]
    jobs.append(("200 lesions, all default outputs", study, DEFAULT_TYPES))
    jobs.append(("5000 lesions, SEG, a segment a plane", many, ("seg",)))
    jobs.append(("5000 lesions, SEG, a segment a lesion", replace(many, settings=labelmap), ("seg",)))
    print(f"| {options.slices} slices of {SIDE} × {SIDE} | s | s of processor | MB |")
    print("|---|--:|--:|--:|")
    for name, result, types in jobs:
        seconds, processor, size_mb = timed(result, types, options.rounds)
        print(f"| {name} | {seconds:.2f} | {processor:.2f} | {size_mb:.2f} |", flush=True)


if __name__ == "__main__":
    main()
