"""What is no address of a Dask scheduler is refused before anybody waits for an answer."""

import pytest
from distributed import Client

from calciseg import Settings
from calciseg.batch.dask_crew import DaskCrew
from calciseg.errors import UsageError
from calciseg.workers import Job

JOB = Job(settings=Settings(), types=("json",))


@pytest.mark.parametrize(
    "address", ["", "foo", "127.0.0.1", "tcp://host", "http://host:8786", "tcp://host:x"]
)
def test_no_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calciseg.batch.dask_crew.Client", None)
    with pytest.raises(
        UsageError, match=rf"^--scheduler '{address}': is no address of a scheduler; give it as"
    ):
        DaskCrew(address, JOB, seconds=1.0)


@pytest.mark.parametrize("address", ["tcp://host:8786", "host:8786", "tls://host:8786", "inproc://host/1/1"])
def test_an_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(given: str, **_: object) -> Client:
        raise OSError(given)

    monkeypatch.setattr("calciseg.batch.dask_crew.Client", nobody)
    with pytest.raises(UsageError, match=rf"^--scheduler {address}: no Dask scheduler answers there"):
        DaskCrew(address, JOB, seconds=1.0)
