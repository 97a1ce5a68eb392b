"""numba, said once: every compiled function of calciseg is decorated here.

``nogil`` lets slabs run in a thread pool; ``error_model="numpy"`` keeps the test for division by zero out of
loops; ``fastmath`` stays off, since sums must not depend on how a loop was vectorised. There are no explicit
signatures: those refuse read-only arrays. ``parallel=True`` is not used: a parfors compile costs seconds and
its reductions would depend on the thread count.

numba's cache key is the time stamp and the size of the one file that holds the function, so a helper inlined
from another file does not invalidate its callers: while developing, clear ``__pycache__`` after such an edit.
"""

import logging
from collections.abc import Callable
from typing import TypeVar, cast

import numba

from calciseg.kernels._cache import cache_folder, is_package_cache

Function = TypeVar("Function", bound=Callable[..., object])

_FOLDER = cache_folder()

if not is_package_cache(_FOLDER):
    logging.getLogger(__name__).info(
        "compiled kernels are kept in %s", _FOLDER or "memory only: no cache folder can be written"
    )


def kernel(function: Function) -> Function:
    """Compile ``function`` when it is first called, release the GIL, keep the result in the cache folder.

    ``median``, ``max`` and ``argsort`` of numpy take seconds to compile: kernels sort plain float64, once for
    all, and look for the largest in a loop.
    """
    return cast(Function, numba.njit(cache=_FOLDER is not None, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Compile ``function`` into its callers, always.

    Hot loops must not pass arrays to a function that stays a call: each array is seven arguments. A literal
    has a type of its own and compiles another copy: hand large functions ``np.int64(0)``, not 0.
    """
    return cast(Function, numba.njit(forceinline=True, nogil=True, error_model="numpy")(function))
