"""A recipe as the end of an address, so that a link alone generates an image again, wherever its model is.

It stands behind the "#", which browsers keep to themselves: no server or proxy sees it but the page that opens it.
"""

import base64
import zlib
from urllib.parse import unquote

from icgan_demo.errors import RequestError
from icgan_demo.guards.inflating import inflate
from icgan_demo.service.recipes.recipe import MAX_RECIPE_BYTES, Recipe, read_recipe

KEY = "recipe="
"""Begins the fragment of an address that holds a recipe."""
MAX_LINK = 64_000
"""Characters of a fragment: browsers take more, messengers and mail less."""


def link_fragment(recipe: Recipe) -> str:
    """Return a recipe as the fragment of an address, without its "#"; empty where it would be too long for a link."""
    packed = base64.urlsafe_b64encode(zlib.compress(recipe.to_json().encode(), 9)).decode().rstrip("=")
    return KEY + packed if len(packed) <= MAX_LINK else ""


def is_link(address: str) -> bool:
    """Return whether an address, or a fragment alone, says that it holds a recipe."""
    return KEY in unquote(address)


def read_link(address: str) -> Recipe:
    """Return the recipe in an address, or in a fragment alone; it may come from anyone.

    Raises:
        RequestError: if there is none, a part of it is missing, or it is no recipe that this version understands.
    """
    _, _, packed = unquote(address).rpartition(KEY)
    try:
        if not packed or len(packed) > MAX_LINK:
            raise ValueError("it has another length than links of this program")
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        text = inflate(content, MAX_RECIPE_BYTES)
    except ValueError as error:
        raise RequestError("This link is damaged: a part of it is missing. Copy the whole link again.") from error
    return read_recipe(text)
