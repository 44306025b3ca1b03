"""Directions in files: those that were named, kept with the model on this machine, or taken elsewhere."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, with_config

from icgan_demo.atomic_files import write_json
from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT, read_json
from icgan_demo.service.drawing.direction_requests import Direction
from icgan_demo.service.recipes.recipe import RecipeModel, generator_hash
from icgan_demo.service.recipes.recipe_values import MAX_NAME, DirectionValues
from icgan_demo.service.values import ModelInfo

MAX_KEPT = 40
"""Directions of one model; more would no longer be found in a list."""
MAX_BYTES = 8 << 20


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class DirectionsFile:
    """Directions of one model as JSON."""

    schema: Literal[1] = 1
    kind: Literal["directions"] = "directions"
    model: RecipeModel
    directions: Annotated[tuple[DirectionValues, ...], Field(max_length=MAX_KEPT)]


_ADAPTER = TypeAdapter(DirectionsFile)


def write_directions(directions: Sequence[Direction], info: ModelInfo, path: Path) -> None:
    """Write directions of the model of ``info`` to a JSON file; raises OSError if the disk fails."""
    model = RecipeModel(info.name, generator_hash(info))
    values = DirectionsFile(model=model, directions=tuple(map(DirectionValues.of, directions)))
    write_json(_ADAPTER.dump_python(values, mode="json"), path)


def read_directions(path: Path, info: ModelInfo) -> list[Direction]:
    """Return the directions in a file that may come from anyone.

    Raises:
        RequestError: if it holds none, or those of another model than that of ``info``, or of another version of it.
    """
    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RequestError("The file of directions is larger than 8 MB, so it was not written by this program.")
    values = read_json(content, _ADAPTER, "The file of directions", RequestError, schema=1)
    if values.model.generator_sha256 not in ("", generator_hash(info)) or values.model.name != info.name:
        raise RequestError(f"The directions belong to another model than {info.title}. Look for them again with it.")
    return [each.direction() for each in values.directions]


class KeptDirections:
    """Directions that were given a name, of each model a list, over restarts of the app."""

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``."""
        self._folder = folder
        self._lock = threading.Lock()

    def of(self, info: ModelInfo) -> list[Direction]:
        """Return those of a model, in the order of their names' first use; none if their file is damaged."""
        try:
            return read_directions(self._path(info), info)
        except (OSError, RequestError):
            return []

    def keep(self, info: ModelInfo, direction: Direction, name: str) -> Direction:
        """Keep a direction as ``name``, in place of what had that name; returns it with that name.

        Raises:
            RequestError: for an empty or too long name, or too many of them.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
            raise RequestError(f"Give the direction a name of 1 to {MAX_NAME} characters.")
        named = replace(direction, name=name)
        with self._lock:
            kept = {each.name: each for each in self.of(info)} | {name: named}
            if len(kept) > MAX_KEPT:
                raise RequestError(f"At most {MAX_KEPT} directions of a model can be kept. Delete one first.")
            write_directions(list(kept.values()), info, self._path(info))
        return named

    def delete(self, info: ModelInfo, name: str) -> None:
        """Forget the direction of that name, if there is one."""
        with self._lock:
            write_directions([each for each in self.of(info) if each.name != name], info, self._path(info))

    def _path(self, info: ModelInfo) -> Path:
        version = generator_hash(info) or hashlib.sha256(info.name.encode()).hexdigest()
        return self._folder / f"{version[:32]}.json"
