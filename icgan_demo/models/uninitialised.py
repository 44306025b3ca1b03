"""Networks with names and shapes but without numbers, to be filled from a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


@contextmanager
def uninitialised() -> Iterator[None]:
    """Have the networks that are made inside lie on the device "meta", without being initialised there.

    An initialisation goes nowhere on that device; with normal numbers, torch 2.13 imports its compiler for it, which
    takes two seconds.
    """
    with torch.device("meta"), _NoInitialisation():
        yield


class _NoInitialisation(TorchFunctionMode):
    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Return the tensor as it is where ``func`` would fill it."""
        named = kwargs or {}
        if func is torch.Tensor.normal_ or getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else named["tensor"]
        return func(*args, **named)
