"""What the sweep adds up for every component: columns of the table that need the image."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComponentSums:
    """Columns with a row for each component, in three dimensions; see ``table`` for what they hold."""

    n_voxels: NDArray[np.int64]
    sum: NDArray[np.int64]
    sum_sq: NDArray[np.int64]
    min: NDArray[np.int32]
    max: NDArray[np.int32]
    exposed_faces: NDArray[np.int64]

    @classmethod
    def empty(cls, n: int) -> "ComponentSums":
        """Return columns for `n` components that hold nothing in particular."""
        return cls(
            n_voxels=np.empty(n, np.int64),
            sum=np.empty(n, np.int64),
            sum_sq=np.empty(n, np.int64),
            min=np.empty(n, np.int32),
            max=np.empty(n, np.int32),
            exposed_faces=np.empty((n, 3), np.int64),
        )

    @property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """The columns in their order."""
        return tuple(getattr(self, column.name) for column in fields(self))

    def merged(self, finals: NDArray[np.uint32]) -> "ComponentSums":
        """Return a row for each new label: what its members add up to.

        Parameters
        ----------
        finals : ndarray of uint32
            New label of each row, consecutive from 1; 0 drops it.
        """
        kept = np.flatnonzero(finals)
        order = kept[np.argsort(finals[kept], kind="stable")]
        first = np.flatnonzero(np.diff(finals[order], prepend=np.uint32(0)))

        def reduced(by: np.ufunc, column: NDArray[Any]) -> NDArray[Any]:
            members = column[order]
            return members if first.size == members.shape[0] else by.reduceat(members, first, axis=0)

        return ComponentSums(
            n_voxels=reduced(np.add, self.n_voxels),
            sum=reduced(np.add, self.sum),
            sum_sq=reduced(np.add, self.sum_sq),
            min=reduced(np.minimum, self.min),
            max=reduced(np.maximum, self.max),
            exposed_faces=reduced(np.add, self.exposed_faces),
        )
