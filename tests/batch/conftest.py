from pathlib import Path

import pydicom
import pytest
from archive import put_study, thinned_slices


@pytest.fixture(scope="session")
def slices(repository: Path) -> list[pydicom.Dataset]:
    return thinned_slices(repository / "sample_data" / "thigh_ct")


@pytest.fixture
def root(slices: list[pydicom.Dataset], tmp_path: Path) -> Path:
    """Three studies, each in a folder of its own."""
    for number in (1, 2, 3):
        put_study(slices, tmp_path / "root" / f"Doe_Jane{number}" / "ct", number)
    return tmp_path / "root"
