"""One typed door to numba: kernels compile to machine code once and are kept on disk.

``nogil`` lets callers run blocks in threads; ``error_model="numpy"`` drops the zero-division branch that
would otherwise sit in every inner loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile a function of numbers and arrays; the type that mypy sees stays that of the function.

    Parameters
    ----------
    function : callable
        Plain Python on scalars, arrays and named tuples of them.

    Returns
    -------
    callable
        The compiled function.
    """
    return cast("Function", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """Compile as `kernel` does, into whatever kernel calls it: for a few statements in the innermost loop."""
    return cast("Function", numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(function))
