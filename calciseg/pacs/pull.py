"""From a DICOMweb server into memory, or into a folder; what broke off goes on where it stopped."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import requests
from pydicom import Dataset, dcmwrite
from pydicom.errors import InvalidDicomError

from calciseg.errors import CalcisegError, InputError
from calciseg.outputs import output_error, whole_file
from calciseg.pacs.names import file_of, folder_of
from calciseg.pacs.web import WebInstance, WebPacs, may_pass

__all__ = ["IMAGE_MODALITIES", "retrieve", "save_study"]

IMAGE_MODALITIES = ("CT", "CR", "DX")
"""What an analysis reads."""


def retrieve(
    pacs: WebPacs, wanted: Sequence[WebInstance], progress: Callable[[int, int], None] | None = None
) -> list[Dataset]:
    """Retrieve objects into memory.

    Parameters
    ----------
    pacs : WebPacs
    wanted : sequence of WebInstance
        As :meth:`~calciseg.pacs.web.WebPacs.list_instances` gives them.
    progress : callable, optional
        Called with the number of objects that are there and their total.

    Returns
    -------
    list of Dataset

    Raises
    ------
    InputError
        If the server does not hand all of them over.
    """
    datasets: list[Dataset] = []

    def take(dataset: Dataset) -> None:
        datasets.append(dataset)
        if progress is not None:
            progress(len(datasets), len(wanted))

    _fetch(pacs, wanted, wanted, take)
    return datasets


def save_study(
    pacs: WebPacs,
    wanted: Sequence[WebInstance],
    folder: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Save objects of one study below a folder; those that are there already are not asked for again.

    Parameters
    ----------
    pacs : WebPacs
    wanted : sequence of WebInstance
    folder : Path
        Gets a folder a study, and in it one a series; their names are hashes of the UIDs.
    progress : callable, optional
        Called with the number of objects that are there and their total.

    Returns
    -------
    Path
        The folder of the study.

    Raises
    ------
    InputError
        If the server does not hand all of them over.
    OutputError
        If a file cannot be written.
    """
    places = {
        one.sop_instance_uid: folder
        / folder_of(one.study_instance_uid)
        / folder_of(one.series_instance_uid)
        / file_of(one.sop_instance_uid)
        for one in wanted
    }
    missing = [one for one in wanted if not places[one.sop_instance_uid].exists()]
    n_there = len(wanted) - len(missing)

    def take(dataset: Dataset) -> None:
        nonlocal n_there
        path = places[dataset.SOPInstanceUID]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(path.parent, error) from error
        with whole_file(path) as file:
            dcmwrite(file, dataset)
        n_there += 1
        if progress is not None:
            progress(n_there, len(wanted))

    _fetch(pacs, wanted, missing, take)
    return folder / folder_of(wanted[0].study_instance_uid)


def _fetch(
    pacs: WebPacs,
    listed: Sequence[WebInstance],
    wanted: Sequence[WebInstance],
    take: Callable[[Dataset], None],
) -> None:
    """Fetch until nothing is missing; only failures that bring nothing forward are counted."""
    missing = {one.sop_instance_uid: one for one in wanted}
    # A series of which a part is here, or whose stream broke off once, is asked for object by object.
    single = {one.series_instance_uid for one in listed if one.sop_instance_uid not in missing}
    n_failures = 0
    while missing:
        n_before = len(missing)
        cause: Exception | None = None
        try:
            for dataset in _offered(pacs, missing, single):
                if missing.pop(str(dataset.get("SOPInstanceUID")), None) is not None:
                    take(dataset)
        except CalcisegError:
            raise
        except (requests.RequestException, ValueError, EOFError, InvalidDicomError) as error:
            # What a stream that breaks off looks like to who parses it; the objects before it are whole.
            cause = error
        n_failures = n_failures + 1 if len(missing) == n_before else 0
        if n_failures == pacs.server.n_attempts or not _may_pass(cause):
            raise _given_up(pacs, missing, len(wanted), cause) from cause
        if missing:
            pacs.wait(max(n_failures, 1), cause)


def _offered(pacs: WebPacs, missing: Mapping[str, WebInstance], single: set[str]) -> Iterator[Dataset]:
    """Stream whole series once, and ask for single objects of the others."""
    for uid, instances in groupby(list(missing.values()), key=lambda one: one.series_instance_uid):
        if uid in single:
            yield from map(pacs.instance, instances)
        else:
            single.add(uid)
            yield from pacs.stream_series(next(instances).study_instance_uid, uid)


def _may_pass(cause: Exception | None) -> bool:
    return not isinstance(cause, requests.RequestException) or may_pass(cause)


def _given_up(
    pacs: WebPacs, missing: Mapping[str, WebInstance], n_wanted: int, cause: Exception | None
) -> InputError:
    if isinstance(cause, requests.RequestException):
        return pacs.in_words(cause)
    uid = next(iter(missing.values())).study_instance_uid
    return InputError(
        f"{pacs.name} lists {n_wanted} objects of study {uid} and did not hand over {len(missing)} of them;"
        " try later"
    )
