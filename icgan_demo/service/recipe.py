"""Recipes: everything needed to draw a set of pictures again, as JSON; read back as untrusted data.

Nothing here imports torch: the page reads and writes recipes while the networks are still being imported.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config

import icgan_demo
from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import read_json
from icgan_demo.service.requests import ModelInfo, Sample, SampleRequest

SCHEMA: Literal[1] = 1
MAX_RECIPE_BYTES = 1 << 20
MAX_FEATURE_LENGTH = 16_384

SYNTHETIC = "Synthetic picture, drawn by a neural network (IC-GAN). It does not show a real scene."
CROP = "The instance is the feature of the photo's centre square, as the model's encoder sees it; no pixel is kept."

ShortText = Annotated[str, Field(max_length=1000)]
PrecisionName = Annotated[str, Field(pattern="^(float32|bfloat16)?$")]
Versions = Annotated[dict[ShortText, ShortText], Field(max_length=20)]


def pack_feature(feature: np.ndarray) -> str:
    """Return a feature as base64 of little-endian float32."""
    return base64.b64encode(feature.astype("<f4").tobytes()).decode()


def unpack_feature(text: str) -> np.ndarray:
    """Return the unit-length float32 vector in base64 ``text``; raises ValueError if it is none."""
    try:
        feature = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is no base64 text of float32 numbers") from error
    if not 1 <= len(feature) <= MAX_FEATURE_LENGTH or not 0.99 < np.linalg.norm(feature.astype(np.float64)) < 1.01:
        raise ValueError("it is no feature of unit length")
    return feature


def _is_feature(text: str) -> str:
    unpack_feature(text)
    return text


PackedFeature = Annotated[str, Field(max_length=8 * MAX_FEATURE_LENGTH), AfterValidator(_is_feature)]
"""A feature of unit length: float32, little-endian, base64."""


@dataclass(frozen=True)
class RecipeModel:
    """Which model drew."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    generator_sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
    """Of the generator's file; empty if unknown."""


@with_config(ConfigDict(extra="forbid", strict=True))
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One set of pictures; a single picture is a set of one."""

    schema: Literal[1] = SCHEMA
    """Version of this layout."""
    note: ShortText = SYNTHETIC
    """Says that the pictures are synthetic."""
    licence: ShortText = ""
    """What may be done with them."""
    model: RecipeModel
    feature: PackedFeature
    """The instance."""
    crop: ShortText = CROP
    """What the feature is a feature of."""
    count: int
    """Pictures kept."""
    seed: int
    """Base seed of the candidates."""
    truncation: float
    precision: PrecisionName = ""
    """In which the pictures were drawn; another one draws them nearly, but not exactly, alike. Empty if unknown."""
    label: ShortText | None = None
    best_of: int = 1
    """Candidates for each picture kept."""
    seeds: Annotated[tuple[int, ...], Field(max_length=1000)] = ()
    """Seeds of the pictures kept, in their order; they follow from the rest and are here for the reader."""
    versions: Versions = field(default_factory=dict)
    """Of the programs that drew."""

    def request(self) -> SampleRequest:
        """Return the request that draws the set again; raises RequestError if a setting is out of range."""
        return SampleRequest(
            self.model.name,
            unpack_feature(self.feature),
            count=self.count,
            seed=self.seed,
            truncation=self.truncation,
            label=self.label,
            best_of=self.best_of,
        )

    def to_json(self, indent: int | None = None) -> str:
        """Return the recipe as JSON text."""
        return json.dumps(_ADAPTER.dump_python(self, mode="json"), indent=indent, ensure_ascii=False, allow_nan=False)


_ADAPTER = TypeAdapter(Recipe)


def write_recipe(request: SampleRequest, samples: Sequence[Sample], info: ModelInfo) -> Recipe:
    """Return the recipe of the pictures that ``request`` drew with the model of ``info``."""
    return Recipe(
        licence=info.licence_note,
        model=RecipeModel(request.model, generator_hash(info)),
        feature=pack_feature(request.feature),
        count=request.count,
        seed=request.seed,
        truncation=request.truncation,
        precision=info.precision,
        label=request.label,
        best_of=request.best_of,
        seeds=tuple(sample.seed for sample in samples),
        versions=program_versions(),
    )


def recipe_of_one(recipe: Recipe, seed: int) -> Recipe:
    """Return the recipe of one picture of a set, found by its own seed alone."""
    return Recipe(**{**vars(recipe), "count": 1, "best_of": 1, "seed": seed, "seeds": (seed,)})


def read_recipe(text: str | bytes) -> Recipe:
    """Return the recipe in JSON ``text``, which may come from anyone.

    Raises:
        RequestError: if it is too long, not a recipe, of a newer version, or holds a value of the wrong kind.
    """
    if len(text) > MAX_RECIPE_BYTES:
        raise RequestError("The recipe is larger than 1 MB, so it is not one of ours.")
    return read_json(text, _ADAPTER, "The recipe", RequestError, schema=SCHEMA)


def from_recipe(text: str | bytes, info: ModelInfo | None = None) -> SampleRequest:
    """Return the request in JSON ``text``, which may come from anyone; it draws the same pictures again.

    Args:
        text: of ``recipe.json`` or of a picture's ``recipe`` chunk.
        info: the model it will be drawn with; if its generator is not the recipe's, that is an error.
    Raises:
        RequestError: as ``read_recipe``; if a setting is out of range; or if the generator is another one.
    """
    recipe = read_recipe(text)
    if info is not None and recipe.model.generator_sha256 not in ("", generator_hash(info)):
        raise RequestError(
            f"The recipe was drawn by another version of {recipe.model.name[:100]}; this one would draw other pictures."
        )
    return recipe.request()


def program_versions() -> dict[str, str]:
    """Return the versions of the programs that draw."""
    return {"icgan_demo": icgan_demo.__version__, "torch": version("torch")}


def generator_hash(info: ModelInfo) -> str:
    """Return the SHA-256 of a model's generator file, empty if unknown."""
    files = (info.card or {}).get("files", {})
    return str(files.get("generator.safetensors", {}).get("sha256", ""))
