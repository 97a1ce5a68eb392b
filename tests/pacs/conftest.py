from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from archive import put_study, thinned_slices
from peers import Orthanc, running_orthanc


@pytest.fixture(scope="session")
def slices(repository: Path) -> list[pydicom.Dataset]:
    return thinned_slices(repository / "sample_data" / "thigh_ct")


@pytest.fixture
def study(slices: list[pydicom.Dataset], tmp_path: Path) -> Path:
    """The sample study, thinned, of a patient whose name must not leak."""
    put_study(slices, tmp_path / "study", 1)
    return tmp_path / "study"


@pytest.fixture(scope="session")
def shared_orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as peer:
        yield peer


@pytest.fixture
def orthanc(shared_orthanc: Orthanc) -> Orthanc:
    """An Orthanc that holds nothing."""
    shared_orthanc.empty()
    return shared_orthanc
