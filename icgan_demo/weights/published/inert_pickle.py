"""Pickles from strangers, read without running anything: each name that they ask for gets an inert stand-in."""

import pickle
from collections.abc import Mapping
from typing import Any, BinaryIO

from icgan_demo.weights.torch_files import shown


class RefusedError(Exception):
    """Why a file is refused; its name is put in front of it."""


class InertUnpickler(pickle.Unpickler):
    """Builds plain data and the stand-ins that it is given for (module, name); any other name raises RefusedError."""

    def __init__(self, stream: BinaryIO, stand_ins: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(stream)
        self._stand_ins = stand_ins

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name."""
        try:
            return self._stand_ins[module, name]
        except KeyError:
            raise RefusedError(f"contains code ({shown(f'{module}.{name}')}) and was not loaded") from None

    def persistent_load(self, reference: Any) -> Any:
        """Return a reference as the plain data that it is."""
        return reference
