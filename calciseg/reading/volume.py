"""From a stack to a volume: pixels, header and the doubts about them."""

from collections.abc import Callable

import numpy as np

from calciseg.model import CtVolume, ImageHeader, Issue, IssueCode, VolumeGeometry
from calciseg.reading.decoded_slabs import SlabSink
from calciseg.reading.doubts import is_lossy, made_uid_issues
from calciseg.reading.grouping import StudyFiles
from calciseg.reading.pixels import Progress, Voxels, read_hu
from calciseg.reading.resampling import frames_yx
from calciseg.reading.stacks import Stack

__all__ = ["Watch", "read_volume"]

Watch = Callable[[ImageHeader, VolumeGeometry], SlabSink]
"""Called before the slices of a volume are read; gives what takes its slabs as they are decoded."""

_TWELVE_BIT_TOP_HU = 3071


def read_volume(
    stack: Stack,
    study: StudyFiles,
    progress: Progress | None = None,
    n_threads: int | None = None,
    watch: Watch | None = None,
) -> CtVolume:
    """Read the pixels of a stack.

    Raises
    ------
    RefusedError
        A file is truncated or its pixels cannot be decoded.
    """
    header, geometry = _header(stack), stack.patient_order.geometry_of(stack.geometry)
    sink = None if watch is None else watch(header, geometry)
    voxels = read_hu(stack.slices, stack.patient_order, stack.resampling, progress, n_threads, sink)
    return CtVolume(
        header=header,
        geometry=geometry,
        hu=voxels.hu,
        is_resampled=stack.resampling is not None,
        frames_yx=frames_yx(stack.slices, stack.patient_order, stack.resampling),
        issues=(
            *made_uid_issues(stack.series_instance_uid, study),
            *stack.issues,
            *_lossy_issues(stack),
            *_value_issues(stack, voxels),
        ),
    )


def _header(stack: Stack) -> ImageHeader:
    head = stack.head
    return ImageHeader(
        series_instance_uid=stack.series_instance_uid,
        # An Enhanced object holds all its slices under one UID.
        sop_instance_uids=tuple(dict.fromkeys(header.identity for header in stack.slices)),
        acquisition=None if stack.acquisition is None else str(stack.acquisition),
        laterality=head.laterality,
        body_part=head.body_part,
        kvp=head.kvp,
        is_monoenergetic=head.beam.is_monoenergetic,
        kev=head.beam.kev,
        has_tin_filter=head.beam.has_tin_filter,
        convolution_kernel=head.convolution_kernel,
        slice_thickness_mm=head.slice_thickness_mm,
        contrast_agent=head.contrast_agent,
    )


def _lossy_issues(stack: Stack) -> tuple[Issue, ...]:
    n_lossy = sum(map(is_lossy, stack.slices))
    if not n_lossy:
        return ()
    message = (
        f"{n_lossy} of {len(stack.slices)} slices were compressed with loss, so fine calcium may differ."
    )
    return (Issue(code=IssueCode.LOSSY_COMPRESSION, message=message),)


def _value_issues(stack: Stack, voxels: Voxels) -> tuple[Issue, ...]:
    issues = []
    if voxels.n_sign_corrected:
        message = (
            f"{voxels.n_sign_corrected} of {len(stack.slices)} slices hold signed values although their"
            " header says unsigned; they were read as signed."
        )
        issues.append(Issue(code=IssueCode.SIGN_CORRECTED, message=message))
    top_hu = int(voxels.hu.max())
    n_at_top = 0
    if top_hu == _TWELVE_BIT_TOP_HU:
        # Slice by slice: a mask of the whole volume would cost half of its memory again.
        n_at_top = sum(int(np.count_nonzero(one == top_hu)) for one in voxels.hu)
    if n_at_top > 1:
        message = (
            f"{n_at_top} voxels are clipped at {top_hu} HU, the top of 12 bits: metal and very dense calcium"
            " are not told apart there, and their HU are lower bounds."
        )
        issues.append(Issue(code=IssueCode.SATURATED, message=message))
    return tuple(issues)
