"""Recipes: everything needed to draw pictures again, as JSON; read back as untrusted data.

There are three layouts of one recipe: of a set of neighbours (the oldest, without a ``kind``), of a blend, of a path.
Nothing here imports torch: the page reads and writes recipes while the networks are still being imported.
"""

import json
from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, with_config

import icgan_demo
from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT, read_json
from icgan_demo.guards.png_text import read_png_text
from icgan_demo.service.drawing.drawing_requests import (
    MAX_INSTANCES,
    MAX_PICTURES,
    MAX_STOPS,
    DrawRequest,
    Request,
    Stop,
    TravelRequest,
)
from icgan_demo.service.recipes.recipe_values import (
    BlendValues,
    PackedFeature,
    PackedFeatures,
    PackedNoise,
    SearchValues,
    ShortText,
    StopValues,
    pack,
    unpack,
)
from icgan_demo.service.requests import ModelInfo

MAX_RECIPE_BYTES = 1 << 20
CHUNK = "recipe"
"""Name of the text chunk of a PNG that holds its recipe."""
FOUND: Literal[2] = 2
"""Version of recipes that hold noise: programs that cannot draw it say that the recipe is newer than they are."""

SYNTHETIC = "Synthetic picture, drawn by a neural network (IC-GAN). It does not show a real scene."
CROP = "The instance is the feature of the photo's centre square, as the model's encoder sees it; no pixel is kept."


@dataclass(frozen=True)
class RecipeModel:
    """Which model drew."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    generator_sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    """Of the generator's file; empty if unknown."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """What every recipe says; a single picture is a set of one."""

    NEWEST: ClassVar[int] = 1
    """The last version of the layout that is understood."""

    note: ShortText = SYNTHETIC
    """Says that the pictures are synthetic."""
    licence: ShortText = ""
    """What may be done with them."""
    model: RecipeModel
    crop: ShortText = CROP
    """What the features are features of."""
    truncation: float
    precision: Annotated[str, Field(pattern="^(float32|bfloat16)?$")] = ""
    """In which the pictures were drawn; another one draws them nearly, but not exactly, alike. Empty if unknown."""
    versions: Annotated[dict[ShortText, ShortText], Field(max_length=20)] = field(default_factory=dict)
    """Of the programs that drew."""

    @abstractmethod
    def request(self) -> Request:
        """Return the request that draws the pictures again; raises RequestError for a value out of range."""

    def of_seed(self, seed: int) -> "Recipe":
        """Return the recipe of one picture of a set, found by its own seed alone; a path's frames have all its own."""
        return self

    def drawn_by(self, info: ModelInfo) -> "Recipe":
        """Return the recipe as it is when the model of ``info`` draws the pictures again, here and now."""
        return replace(self, **_drawn_by(info))

    def values(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        values: dict[str, Any] = _ADAPTERS[type(self)].dump_python(self, mode="json")
        return values

    def to_json(self, indent: int | None = None) -> str:
        """Return the recipe as JSON text."""
        return json.dumps(self.values(), indent=indent, ensure_ascii=False, allow_nan=False)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class NeighboursRecipe(Recipe):
    """A set of neighbours of one instance."""

    schema: Literal[1] = 1
    feature: PackedFeature
    """The instance."""
    count: int
    """Pictures kept."""
    seed: int
    """Base seed of the candidates."""
    label: ShortText | None = None
    best_of: int = 1
    """Candidates for each picture kept."""
    seeds: Annotated[tuple[int, ...], Field(max_length=1000)] = ()
    """Seeds of the pictures kept, in their order; they follow from the rest and are here for the reader."""

    def request(self) -> DrawRequest:
        """See ``Recipe.request``."""
        return DrawRequest.neighbours(
            self.model.name, unpack(self.feature), self.count, self.seed, self.truncation, self.label, self.best_of
        )

    def of_seed(self, seed: int) -> "NeighboursRecipe":
        """See ``Recipe.of_seed``."""
        return replace(self, count=1, best_of=1, seed=seed, seeds=(seed,))


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class BlendRecipe(Recipe):
    """Pictures of one blend."""

    NEWEST: ClassVar[int] = FOUND

    schema: Literal[1, 2] = 1
    kind: Literal["blend"] = "blend"
    features: Annotated[tuple[PackedFeature, ...], Field(max_length=MAX_INSTANCES * MAX_STOPS)]
    """The instances, each once."""
    blend: BlendValues
    seeds: Annotated[tuple[int, ...], Field(max_length=MAX_PICTURES)]
    fine: BlendValues | None = None
    fine_from: int = DrawRequest.fine_from
    noise: PackedNoise | None = None
    """What a search found for its one picture."""
    search: SearchValues | None = None
    """How it was found."""

    def request(self) -> DrawRequest:
        """See ``Recipe.request``."""
        if (self.noise is not None) != (self.schema == FOUND):
            raise RequestError("The recipe holds noise that its version does not know, or lacks what it must hold.")
        return DrawRequest(
            self.model.name,
            self.blend.blend(self.features),
            self.seeds,
            self.truncation,
            None if self.fine is None else self.fine.blend(self.features),
            self.fine_from,
            None if self.noise is None else unpack(self.noise),
        )

    def of_seed(self, seed: int) -> "BlendRecipe":
        """See ``Recipe.of_seed``."""
        return replace(self, seeds=(seed,))

    def values(self) -> dict[str, Any]:
        """See ``Recipe.values``; what only a search fills is left out of others."""
        values = super().values()
        if self.noise is None:
            del values["noise"], values["search"]
        return values


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class TravelRecipe(Recipe):
    """A path, drawn as a film or as a strip of some of its frames."""

    schema: Literal[1] = 1
    kind: Literal["travel"] = "travel"
    features: Annotated[tuple[PackedFeature, ...], Field(max_length=MAX_INSTANCES * MAX_STOPS)]
    """The instances, each once."""
    stops: Annotated[tuple[StopValues, ...], Field(max_length=MAX_STOPS)]
    frames_per_leg: int
    loop: bool
    smooth: bool

    def request(self) -> TravelRequest:
        """See ``Recipe.request``."""
        stops = tuple(Stop(stop.blend.blend(self.features), stop.seed) for stop in self.stops)
        return TravelRequest(self.model.name, stops, self.frames_per_leg, self.loop, self.smooth, self.truncation)


_LAYOUTS: dict[Any, type[Recipe]] = {"blend": BlendRecipe, "travel": TravelRecipe}
_ADAPTERS: dict[type[Recipe], TypeAdapter[Any]] = {
    layout: TypeAdapter(layout) for layout in (NeighboursRecipe, BlendRecipe, TravelRecipe)
}


def write_recipe(
    request: Request, info: ModelInfo, kept: Sequence[int] = (), search: SearchValues | None = None
) -> Recipe:
    """Return the recipe of the pictures that ``request`` draws with the model of ``info``.

    Args:
        request: what is drawn.
        info: of the model that draws.
        kept: seeds of the pictures that stayed, for a set of neighbours.
        search: how the request's noise was found, if it was.
    """
    shared = {"truncation": float(request.truncation), **_drawn_by(info)}
    packed = PackedFeatures()
    if isinstance(request, TravelRequest):
        stops = tuple(StopValues(blend=packed.values(stop.blend), seed=stop.seed) for stop in request.stops)
        return TravelRecipe(
            **shared,
            features=tuple(packed.rows),
            stops=stops,
            frames_per_leg=request.frames_per_leg,
            loop=request.loop,
            smooth=request.smooth,
        )
    if request.best_of is not None:
        return NeighboursRecipe(
            **shared,
            feature=pack(request.blend.features[0]),
            count=request.count,
            seed=request.seeds[0],
            label=request.label,
            best_of=request.best_of,
            seeds=tuple(kept),
        )
    blend = packed.values(request.blend)
    fine = None if request.fine is None else packed.values(request.fine)
    return BlendRecipe(
        **shared,
        schema=1 if request.noise is None else FOUND,
        features=tuple(packed.rows),
        blend=blend,
        seeds=request.seeds,
        fine=fine,
        fine_from=request.fine_from,
        noise=None if request.noise is None else pack(request.noise),
        search=search,
    )


def read_recipe(text: str | bytes) -> Recipe:
    """Return the recipe in JSON ``text``, which may come from anyone, in whichever layout it is.

    Raises:
        RequestError: if it is too long, not a recipe, of a newer version, or holds a value of the wrong kind.
    """
    if len(text) > MAX_RECIPE_BYTES:
        raise RequestError("The recipe is larger than 1 MB, so it is not one of ours.")
    layout = _LAYOUTS.get(_kind(text), NeighboursRecipe)
    recipe: Recipe = read_json(text, _ADAPTERS[layout], "The recipe", RequestError, schema=layout.NEWEST)
    return recipe


def recipe_text(path: Path) -> str | None:
    """Return the recipe in a PNG's text chunk, None if it has none; raises RequestError for what is no PNG."""
    return read_png_text(path, CHUNK, MAX_RECIPE_BYTES)


def read_recipe_file(path: Path) -> Recipe:
    """Return the recipe in a PNG or in a ``.json`` file; both may come from anyone.

    Raises:
        RequestError: if there is none, or it is no recipe that this version understands.
    """
    with path.open("rb") as stream:
        if stream.read(64).removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
            stream.seek(0)
            return read_recipe(stream.read(MAX_RECIPE_BYTES + 1).removeprefix(BOM_UTF8))  # as Windows' Notepad writes
    text = recipe_text(path)
    if text is None:
        raise RequestError(
            "This picture carries no recipe; copying and pasting it loses that. Drop the PNG that this page or its "
            "command line saved, or recipe.json."
        )
    return read_recipe(text)


def version_problem(recipe: Recipe, info: ModelInfo | None) -> str | None:
    """Return a sentence if the model here is another version than the recipe's, else None.

    Args:
        recipe: what would be drawn again.
        info: the model that would draw, None if there is none.
    Raises:
        RequestError: if there is none, or it is not on this machine yet.
    """
    if info is None or info.state == "downloadable":
        raise RequestError(f"The recipe needs the model {recipe.model.name[:100]!r}, which is not on this machine.")
    if recipe.model.generator_sha256 in ("", generator_hash(info)):
        return None
    return f"The recipe was drawn by another version of {info.title}; this one draws other pictures from it."


def checked_request(recipe: Recipe, info: ModelInfo | None) -> Request:
    """Return the request that draws the recipe's pictures again with the model of ``info``.

    Raises:
        RequestError: as ``Recipe.request`` and ``version_problem``, also for another version of the model.
    """
    if problem := version_problem(recipe, info):
        raise RequestError(problem)
    assert info is not None
    return replace(recipe.request(), model=info.name)


def generator_hash(info: ModelInfo) -> str:
    """Return the SHA-256 of a model's generator file, empty if unknown."""
    files = (info.card or {}).get("files", {})
    return str(files.get("generator.safetensors", {}).get("sha256", ""))


def _drawn_by(info: ModelInfo) -> dict[str, Any]:
    return {
        "licence": info.licence_note,
        "model": RecipeModel(info.name, generator_hash(info)),
        "precision": info.precision,
        "versions": {"icgan_demo": icgan_demo.__version__, "torch": version("torch")},
    }


def _kind(text: str | bytes) -> str | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kind = values.get("kind") if isinstance(values, dict) else None
    return kind if isinstance(kind, str) else None
