"""A DICOMweb server, spoken to with patience: what fails for a moment is tried again."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import requests
from dicomweb_client.web import DICOMwebClient
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from calciseg.errors import InputError, OutputError, UsageError
from calciseg.pacs.web_server import WebServer, session_with

__all__ = ["WebInstance", "WebPacs", "may_pass"]

_ANY_STORED = (("application/dicom", "*"),)
"""As the server keeps it: decoding there and sending it large helps nobody."""
_PAGE = 500
_CHUNK_BYTES = 1 << 18
"""What has come of a stream is parsed each time: small, or a stream that breaks off has brought little."""
_LONGEST_WAIT_SECONDS = 60.0
_PASSING = (408, 429, 500, 502, 503, 504)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebInstance:
    """An object that a server says it has."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    modality: str


class WebPacs:
    """The requests that pulling and pushing need; each raises a sentence, never a URL with a query in it.

    Parameters
    ----------
    server : WebServer

    Raises
    ------
    UsageError
        If the address or the way to be known does not fit.
    """

    def __init__(self, server: WebServer) -> None:
        self.server = server
        self._session = session_with(server)
        try:
            self._client = DICOMwebClient(
                server.url.rstrip("/"),
                session=self._session,
                permissive_uid=True,
                timeout=server.timeout_seconds,
                chunk_size=_CHUNK_BYTES,
            )
        except ValueError as error:
            raise UsageError(
                f"{server.url} is no address of a DICOMweb server; give it as https://host:port/dicom-web"
            ) from error
        self._client.set_http_retry_params(retry=False)
        self.name = f"the DICOMweb server {self._client.host}:{self._client.port}"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def find_studies(self, query: Mapping[str, str]) -> list[str]:
        """Return the UIDs of the studies that match, each once.

        Parameters
        ----------
        query : mapping
            Values by DICOM keyword, as ``{"ModalitiesInStudy": "CT", "StudyDate": "20260101-"}``.

        Raises
        ------
        UsageError
            If a keyword is not one of DICOM.
        InputError
            If the server does not answer, or refuses.
        """
        for keyword in query:
            if tag_for_keyword(keyword) is None:
                raise UsageError(f"--query {keyword}: is no DICOM keyword; give one such as PatientID")
        found = self._pages(
            lambda offset: self._client.search_for_studies(
                search_filters=dict(query), limit=_PAGE, offset=offset
            ),
            "0020000D",
        )
        return list(found)

    def list_instances(self, study_instance_uid: str) -> list[WebInstance]:
        """Return what the server has of a study; nothing if it does not know it.

        Raises
        ------
        InputError
            If the server does not answer, or refuses.
        """
        series = self._pages(
            lambda offset: self._client.search_for_series(
                study_instance_uid, fields=["Modality"], limit=_PAGE, offset=offset
            ),
            "0020000E",
        )
        return [
            WebInstance(
                study_instance_uid=study_instance_uid,
                series_instance_uid=uid,
                sop_instance_uid=sop_uid,
                modality=_value(entry, "00080060"),
            )
            for uid, entry in series.items()
            for sop_uid in self.list_series(study_instance_uid, uid)
        ]

    def list_series(self, study_instance_uid: str, series_instance_uid: str) -> list[str]:
        """Return the SOP Instance UIDs that the server has of a series; raises as :meth:`list_instances`."""
        found = self._pages(
            lambda offset: self._client.search_for_instances(
                study_instance_uid, series_instance_uid, limit=_PAGE, offset=offset
            ),
            "00080018",
        )
        return list(found)

    def stream_series(self, study_instance_uid: str, series_instance_uid: str) -> Iterator[Dataset]:
        """Retrieve a series, one object after the other; what breaks off, breaks off."""
        return self._client.iter_series(study_instance_uid, series_instance_uid, media_types=_ANY_STORED)

    def instance(self, wanted: WebInstance) -> Dataset:
        """Retrieve one object."""
        return self._client.retrieve_instance(
            wanted.study_instance_uid,
            wanted.series_instance_uid,
            wanted.sop_instance_uid,
            media_types=_ANY_STORED,
        )

    def store(self, dataset: Dataset) -> None:
        """Store an object.

        Raises
        ------
        OutputError
            If the server does not take it.
        """
        try:
            answer = self.patiently(lambda: self._client.store_instances([dataset]))
        except InputError as error:
            raise OutputError(str(error)) from error
        if failed := answer.get("FailedSOPSequence"):
            reason = failed[0].get("FailureReason")
            code = "no reason" if reason is None else f"reason {int(reason):04X}H"
            raise OutputError(f"{self.name} did not store an object ({code}); ask its administrator")

    def patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask again, each time after a longer while, as long as the failure may pass.

        Raises
        ------
        InputError
            If it does not pass, or the server refuses.
        """
        n_failures = 0
        while True:
            try:
                return ask()
            except requests.RequestException as error:
                n_failures += 1
                if n_failures >= self.server.n_attempts or not may_pass(error):
                    raise self.in_words(error) from error
                self.wait(n_failures, error)

    def wait(self, n_failures: int, error: Exception | None = None) -> None:
        """Wait after so many failures in a row, or as long as the server asks for."""
        seconds = self.server.first_wait_seconds * 2 ** (n_failures - 1)
        response = getattr(error, "response", None)
        if response is not None:
            with suppress(KeyError, ValueError):
                seconds = max(seconds, float(response.headers["Retry-After"]))
        time.sleep(min(seconds, _LONGEST_WAIT_SECONDS))

    def in_words(self, error: requests.RequestException) -> InputError:
        """Say what a failed request means; its own message may quote what was asked for."""
        status = _status(error)
        if status in (401, 403):
            what = f"does not let us in (HTTP {status}); check --user, --token and --cert"
        elif status == 404:
            what = "does not have it (HTTP 404); check the address and the UIDs"
        elif status is not None:
            what = f"refused (HTTP {status}); ask its administrator"
        elif isinstance(error, requests.exceptions.SSLError):
            what = "cannot be trusted, or does not trust us (certificates); check --ca and --cert"
        elif isinstance(error, requests.Timeout):
            what = "did not answer in time; try later"
        else:
            what = f"cannot be reached ({type(error).__name__}); check the address, or try later"
        return InputError(f"{self.name} {what}")

    def _pages(
        self, ask: Callable[[int], list[dict[str, dict[str, Any]]]], tag: str
    ) -> dict[str, dict[str, Any]]:
        """Ask for page after page until one holds nothing new: some servers know no pages."""
        found: dict[str, dict[str, Any]] = {}
        n_entries = 0
        while True:
            page = self.patiently(partial(ask, n_entries)) or []
            fresh = {uid: entry for entry in page if (uid := _value(entry, tag)) and uid not in found}
            if not fresh:
                return found
            found |= fresh
            n_entries += len(page)


def may_pass(error: requests.RequestException) -> bool:
    """Whether the same request may succeed later."""
    status = _status(error)
    if status is None:
        return not isinstance(error, (requests.exceptions.SSLError, requests.exceptions.InvalidURL))
    return status in _PASSING


def _status(error: requests.RequestException) -> int | None:
    return None if error.response is None else int(error.response.status_code)


def _value(entry: Mapping[str, Any], tag: str) -> str:
    values = entry.get(tag, {}).get("Value") or [""]
    return str(values[0])
