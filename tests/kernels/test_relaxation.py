"""Values relax as their slow twin does, and to a plane where a plane fits."""

import numpy as np
import pytest
import reference

from calciseg.errors import UsageError
from calciseg.kernels import relax

SPACING = (2.0, 0.8, 1.1)


def test_relax_equals_its_twin():
    rng = np.random.default_rng(4)
    values = rng.normal(size=(5, 6, 7)).astype(np.float32)
    unknown = rng.random(values.shape) < 0.6
    before = values.copy()
    ours = relax(values, unknown, SPACING, 6)
    np.testing.assert_allclose(ours, reference.relax(values.astype(float), unknown, SPACING, 6), atol=1e-5)
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(ours[~unknown], values[~unknown])


def test_a_plane_is_drawn_on():
    z, y, x = np.indices((9, 9, 9))
    plane = (z + 2.0 * y - x).astype(np.float32)
    unknown = np.zeros(plane.shape, bool)
    unknown[2:7, 2:7, 2:7] = True
    hidden = np.where(unknown, np.float32(0), plane)
    np.testing.assert_allclose(relax(hidden, unknown, SPACING, 500), plane, atol=1e-3)


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="one shape"):
        relax(np.zeros((2, 2, 2), np.float32), np.zeros((2, 2, 3), bool), SPACING, 1)
    with pytest.raises(UsageError, match="volume of float32"):
        relax(np.zeros((2, 2, 2)), np.zeros((2, 2, 2), bool), SPACING, 1)
