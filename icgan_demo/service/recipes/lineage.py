"""The family tree of images: which came from which; written as one file and read back as untrusted data."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT, read_json
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.recipe import MAX_RECIPE_BYTES, NeighboursRecipe, Recipe, read_recipe, read_recipe_file

MAX_IMAGES = 200
MAX_NAME = 60
MAX_LINEAGE_BYTES = 4 << 20
ID_LENGTH = 16
KIND = b'"kind": "lineage"'
"""Near the beginning of every family's file."""


@dataclass(frozen=True)
class Member:
    """One image of a family."""

    recipe: Recipe
    """Of this image alone."""
    parents: tuple[str, ...] = ()
    """Ids of none, one or two others of the family."""
    name: str = ""
    """What the visitor calls it."""

    @property
    def request(self) -> DrawRequest:
        """What draws it."""
        request = self.recipe.request()
        assert isinstance(request, DrawRequest)
        return request


@dataclass(frozen=True)
class Lineage:
    """Images by id, parents before their children; every change returns another one, so that it can be undone."""

    members: dict[str, Member] = field(default_factory=dict)

    def find(self, image: str) -> Member:
        """Return one image; raises RequestError if it is not in the family."""
        if image not in self.members:
            raise RequestError("This image is no longer in the family tree. Choose another one.")
        return self.members[image]

    def with_image(self, recipe: Recipe, parents: Sequence[str] = ()) -> "Lineage":
        """Return the family with one more image; one that is there already stays as it is.

        Raises:
            RequestError: if there are ``MAX_IMAGES``, the recipe is of several images, or a parent is missing.
        """
        _check_single(recipe)
        image = image_id(recipe)
        for parent in parents:
            self.find(parent)
        if image in self.members:
            return self
        if len(self.members) >= MAX_IMAGES:
            raise RequestError(f"A family tree holds {MAX_IMAGES} images. Save it, then remove a branch.")
        return Lineage({**self.members, image: Member(recipe, tuple(parents))})

    def named(self, image: str, name: str) -> "Lineage":
        """Return the family with an image called ``name``; empty for no name."""
        name = " ".join(str(name).split())[:MAX_NAME]
        return Lineage({**self.members, image: replace(self.find(image), name=name)})

    def pruned(self, image: str) -> "Lineage":
        """Return the family without an image and without those that came from it alone."""
        self.find(image)
        gone = {image}
        for one, member in self.members.items():  # parents come first
            if member.parents and all(parent in gone for parent in member.parents):
                gone.add(one)
        return Lineage(
            {
                one: replace(member, parents=tuple(parent for parent in member.parents if parent not in gone))
                for one, member in self.members.items()
                if one not in gone
            }
        )

    def children(self, image: str) -> list[str]:
        """Return the ids of the children of an image; an image with two parents is listed below the first."""
        return [one for one, member in self.members.items() if member.parents[:1] == (image,)]

    def founders(self) -> list[str]:
        """Return the ids of the images that came from no other."""
        return [one for one, member in self.members.items() if not member.parents]

    def to_json(self) -> str:
        """Return the family as JSON text; parents are places in the list."""
        places = {image: place for place, image in enumerate(self.members)}
        images = [
            {
                "recipe": member.recipe.values(),
                "parents": [places[parent] for parent in member.parents],
                "name": member.name,
            }
            for member in self.members.values()
        ]
        return json.dumps({"schema": 1, "kind": "lineage", "images": images}, ensure_ascii=False, allow_nan=False)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class _ImageValues:
    """A ``Member`` as JSON."""

    recipe: dict[str, Any]
    parents: Annotated[tuple[int, ...], Field(max_length=2)] = ()
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class _LineageValues:
    """A ``Lineage`` as JSON."""

    schema: Literal[1]
    kind: Literal["lineage"]
    images: Annotated[tuple[_ImageValues, ...], Field(max_length=MAX_IMAGES)]


_ADAPTER = TypeAdapter(_LineageValues)


def read_lineage(content: str | bytes) -> Lineage:
    """Return the family in JSON ``content``, which may come from anyone.

    Raises:
        RequestError: if it is too long, no family tree, or one of its recipes is not a recipe of one image.
    """
    if len(content) > MAX_LINEAGE_BYTES:
        raise RequestError("The family tree is larger than 4 MB, so it was not written by this program.")
    values = read_json(content, _ADAPTER, "The family tree", RequestError, schema=1)
    lineage, ids = Lineage(), list[str]()
    for place, image in enumerate(values.images):
        if not all(0 <= parent < place for parent in image.parents):
            raise RequestError("The family tree is damaged: an image comes before its parent.")
        text = json.dumps(image.recipe)
        if len(text) > MAX_RECIPE_BYTES:
            raise RequestError("A recipe in the family tree is larger than 1 MB.")
        recipe = read_recipe(text)
        lineage = lineage.with_image(recipe, [ids[parent] for parent in image.parents])
        ids.append(image_id(recipe))
        if image.name:
            lineage = lineage.named(ids[-1], image.name)
    return lineage


def read_lineage_file(path: Path) -> Lineage:
    """Return the family in a file that may come from anyone; of a saved image, or a recipe, a family of one.

    Raises:
        RequestError: as ``read_lineage`` and ``read_recipe_file``, also for an empty family.
    """
    with path.open("rb") as stream:
        content = stream.read(MAX_LINEAGE_BYTES + 1)
    if KIND in content[:100]:
        lineage = read_lineage(content)
        if not lineage.members:
            raise RequestError("The family tree in this file is empty.")
        return lineage
    return Lineage().with_image(read_single(path))


def read_single(path: Path) -> Recipe:
    """Return the recipe of one image in a saved PNG or a ``.json`` file; of a set, that of the first image.

    Raises:
        RequestError: as ``read_recipe_file``, also for a path.
    """
    recipe = read_recipe_file(path)
    request = recipe.request()
    if isinstance(request, DrawRequest):
        kept = recipe.seeds if isinstance(recipe, NeighboursRecipe) else ()
        recipe = recipe.of_seed((kept or request.seeds)[0])
    _check_single(recipe)
    return recipe


def image_id(recipe: Recipe) -> str:
    """Return the name of an image in a family: a hash of what decides its pixels."""
    values = {key: value for key, value in recipe.values().items() if key not in ("versions", "note", "licence")}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:ID_LENGTH]


def _check_single(recipe: Recipe) -> None:
    request = recipe.request()
    if not isinstance(request, DrawRequest) or request.count != 1:
        raise RequestError("An image is wanted here; this recipe is of several, or of a path.")
