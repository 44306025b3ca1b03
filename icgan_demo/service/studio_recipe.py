"""Recipes of the studio: blends, mixes and paths as JSON; read back as untrusted data.

Nothing here imports torch, as in ``recipe``, which writes those of the Generate tab; ``read_any`` reads both kinds.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import read_json
from icgan_demo.service.recipe import (
    CROP,
    MAX_RECIPE_BYTES,
    SYNTHETIC,
    PackedFeature,
    PrecisionName,
    Recipe,
    RecipeModel,
    ShortText,
    Versions,
    generator_hash,
    pack_feature,
    program_versions,
    read_recipe,
    unpack_feature,
)
from icgan_demo.service.requests import ModelInfo
from icgan_demo.service.studio_requests import (
    MAX_INSTANCES,
    MAX_PICTURES,
    MAX_STOPS,
    MAX_TARGETS,
    Blend,
    BlendRequest,
    Stop,
    Swap,
    TravelRequest,
)

SCHEMA: Literal[1] = 1
FOUND_SCHEMA: Literal[2] = 2
"""Of recipes that hold noise: programs that cannot draw it say that the recipe is newer than they are."""
MAX_NOISE_LENGTH = 4096
STRICT = ConfigDict(extra="forbid", strict=True)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class BlendValues:
    """A ``Blend`` as JSON; its features are rows of the recipe's list."""

    instances: Annotated[tuple[tuple[int, float], ...], Field(max_length=MAX_INSTANCES)]
    """(row of ``features``, weight)."""
    own: ShortText | None = None
    targets: Annotated[tuple[tuple[ShortText, float], ...], Field(max_length=MAX_TARGETS)] = ()
    position: float = 0.0
    balance: float = 0.5

    def blend(self, features: Sequence[np.ndarray]) -> Blend:
        """Return the blend; raises RequestError for a value out of range."""
        rows = [row for row, _ in self.instances]
        if not all(0 <= row < len(features) for row in rows):
            raise RequestError("The recipe names an instance that it does not hold.")
        return Blend(
            tuple(features[row] for row in rows),
            tuple(weight for _, weight in self.instances),
            Swap(self.own, self.targets, self.position),
            self.balance,
        )


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class StopValues:
    """A ``Stop`` as JSON."""

    blend: BlendValues
    seed: int


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class _Shared:
    schema: Literal[1] = SCHEMA
    note: ShortText = SYNTHETIC
    licence: ShortText = ""
    model: RecipeModel
    features: Annotated[tuple[PackedFeature, ...], Field(max_length=MAX_INSTANCES * MAX_STOPS)]
    """The instances, each once."""
    crop: ShortText = CROP
    truncation: float
    precision: PrecisionName = ""
    """In which it was drawn; empty if unknown."""
    versions: Versions = field(default_factory=dict)

    def _unpacked(self) -> list[np.ndarray]:
        return [unpack_feature(text) for text in self.features]


def pack_noise(noise: np.ndarray) -> str:
    """Return noise as base64 of little-endian float32."""
    return base64.b64encode(noise.astype("<f4").tobytes()).decode()


def unpack_noise(text: str) -> np.ndarray:
    """Return the finite float32 vector in base64 ``text``; raises ValueError if it is none."""
    try:
        noise = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is no base64 text of float32 numbers") from error
    if not 1 <= len(noise) <= MAX_NOISE_LENGTH or not np.isfinite(noise).all():
        raise ValueError("it is no noise")
    return noise


def _is_noise(text: str) -> str:
    unpack_noise(text)
    return text


PackedNoise = Annotated[str, Field(max_length=8 * MAX_NOISE_LENGTH), AfterValidator(_is_noise)]
"""Noise of one picture: float32, little-endian, base64."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class SearchValues:
    """What a search was asked for; the picture is drawn again without it."""

    target: PackedFeature | None = None
    """The picture to resemble, as the model's encoder sees it."""
    words: ShortText = ""
    """The words to resemble instead."""
    guide: Annotated[str, Field(pattern="^(model|openclip)$")]
    """Whose features were compared."""
    method: Annotated[str, Field(pattern="^(gradient|evolution)$")]
    rounds: int
    """Done when the picture was found."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class BlendRecipe(_Shared):
    """Pictures of one blend."""

    schema: Literal[1, 2] = SCHEMA  # type: ignore[assignment]  # wider than that of other recipes
    kind: Literal["blend"] = "blend"
    blend: BlendValues
    seeds: Annotated[tuple[int, ...], Field(max_length=MAX_PICTURES)]
    fine: BlendValues | None = None
    fine_from: int = BlendRequest.fine_from
    noise: PackedNoise | None = None
    """What a search found for its one picture."""
    search: SearchValues | None = None
    """How it was found."""

    def request(self) -> BlendRequest:
        """Return the request that draws the pictures again; raises RequestError for a value out of range."""
        features = self._unpacked()
        if (self.noise is not None) != (self.schema == FOUND_SCHEMA):
            raise RequestError("The recipe holds noise that its version does not know, or lacks what it must hold.")
        return BlendRequest(
            self.model.name,
            self.blend.blend(features),
            self.seeds,
            self.truncation,
            None if self.fine is None else self.fine.blend(features),
            self.fine_from,
            None if self.noise is None else unpack_noise(self.noise),
        )

    def to_json(self, indent: int | None = None) -> str:
        """Return the recipe as JSON text; fields that only a search fills are left out of others."""
        values = _BLEND.dump_python(self, mode="json")
        if self.noise is None:
            del values["noise"], values["search"]
        return json.dumps(values, indent=indent, ensure_ascii=False, allow_nan=False)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class TravelRecipe(_Shared):
    """A path, drawn as a film or as a strip of some of its frames."""

    kind: Literal["travel"] = "travel"
    stops: Annotated[tuple[StopValues, ...], Field(max_length=MAX_STOPS)]
    frames_per_leg: int
    loop: bool
    smooth: bool

    def request(self) -> TravelRequest:
        """Return the request that walks the path again; raises RequestError for a value out of range."""
        features = self._unpacked()
        return TravelRequest(
            self.model.name,
            tuple(Stop(stop.blend.blend(features), stop.seed) for stop in self.stops),
            self.frames_per_leg,
            self.loop,
            self.smooth,
            self.truncation,
        )

    def to_json(self, indent: int | None = None) -> str:
        """Return the recipe as JSON text."""
        return _dumped(_TRAVEL, self, indent)


_BLEND = TypeAdapter(BlendRecipe)
_TRAVEL = TypeAdapter(TravelRecipe)
AnyRecipe = Recipe | BlendRecipe | TravelRecipe


class _Features:
    """Collects features, each once."""

    def __init__(self) -> None:
        self.packed: dict[str, int] = {}

    def values(self, blend: Blend) -> BlendValues:
        instances = tuple(
            (self.packed.setdefault(pack_feature(feature), len(self.packed)), float(weight))
            for feature, weight in zip(blend.features, blend.weights, strict=True)
        )
        swap = blend.swap
        targets = tuple((name, float(weight)) for name, weight in swap.targets)
        return BlendValues(
            instances=instances,
            own=swap.own,
            targets=targets,
            position=float(swap.position),
            balance=float(blend.balance),
        )


def write_blend_recipe(request: BlendRequest, info: ModelInfo, search: SearchValues | None = None) -> BlendRecipe:
    """Return the recipe of the pictures that ``request`` draws with the model of ``info``.

    Args:
        request: what is drawn.
        info: of the model that draws.
        search: how the request's noise was found, if it was.
    """
    features = _Features()
    blend = features.values(request.blend)
    fine = None if request.fine is None else features.values(request.fine)
    return BlendRecipe(
        schema=SCHEMA if request.noise is None else FOUND_SCHEMA,
        licence=info.licence_note,
        model=RecipeModel(request.model, generator_hash(info)),
        features=tuple(features.packed),
        truncation=float(request.truncation),
        precision=info.precision,
        versions=program_versions(),
        blend=blend,
        seeds=request.seeds,
        fine=fine,
        fine_from=request.fine_from,
        noise=None if request.noise is None else pack_noise(request.noise),
        search=search,
    )


def write_travel_recipe(request: TravelRequest, info: ModelInfo) -> TravelRecipe:
    """Return the recipe of the path that ``request`` walks with the model of ``info``."""
    features = _Features()
    stops = tuple(StopValues(blend=features.values(stop.blend), seed=stop.seed) for stop in request.stops)
    return TravelRecipe(
        licence=info.licence_note,
        model=RecipeModel(request.model, generator_hash(info)),
        features=tuple(features.packed),
        truncation=float(request.truncation),
        precision=info.precision,
        versions=program_versions(),
        stops=stops,
        frames_per_leg=request.frames_per_leg,
        loop=request.loop,
        smooth=request.smooth,
    )


def read_any(text: str | bytes) -> AnyRecipe:
    """Return the recipe in JSON ``text``, which may come from anyone, of whichever kind it is.

    Raises:
        RequestError: if it is too long, not a recipe, of a newer version, or holds a value of the wrong kind.
    """
    if len(text) > MAX_RECIPE_BYTES:
        raise RequestError("The recipe is larger than 1 MB, so it is not one of ours.")
    match _kind(text):
        case "blend":
            return read_json(text, _BLEND, "The recipe", RequestError, schema=FOUND_SCHEMA)
        case "travel":
            return read_json(text, _TRAVEL, "The recipe", RequestError, schema=SCHEMA)
        case _:
            return read_recipe(text)


def version_problem(recipe: AnyRecipe, info: ModelInfo | None) -> str | None:
    """Return a sentence if the model here is another version than the recipe's, else None.

    Args:
        recipe: what would be drawn again.
        info: the model of that name here, None if there is none.
    Raises:
        RequestError: if there is none, or it is not on this machine yet.
    """
    if info is None or info.state == "downloadable":
        raise RequestError(f"The recipe needs the model {recipe.model.name[:100]!r}, which is not on this machine.")
    if recipe.model.generator_sha256 in ("", generator_hash(info)):
        return None
    return f"The recipe was drawn by another version of {info.title}; this one draws other pictures from it."


def _kind(text: str | bytes) -> Any:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values.get("kind") if isinstance(values, dict) else None


def _dumped(adapter: TypeAdapter[Any], recipe: Any, indent: int | None) -> str:
    return json.dumps(adapter.dump_python(recipe, mode="json"), indent=indent, ensure_ascii=False, allow_nan=False)
