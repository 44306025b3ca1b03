"""Where a recipe opens, as the name of a place, and as a link that a click copies."""

from html import escape
from pathlib import Path

from icgan_demo.service.drawing.drawing_requests import TravelRequest
from icgan_demo.service.recipes.recipe import BlendRecipe, Recipe
from icgan_demo.service.recipes.recipe_link import link_fragment
from icgan_demo.ui.common.head_script import head_script
from icgan_demo.ui.common.pages import DIRECTIONS, TRAVEL
from icgan_demo.ui.texts.language import say

_ICON = (
    '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10 14a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1 1'
    'M14 10a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1-1"/></svg>'
)

PAGES = {tool.name: tool.path for tool in (TRAVEL, DIRECTIONS)}
"""Paths of the tools that open recipes on pages of their own."""


def place_of(recipe: Recipe) -> str:
    """Return the name of the tool of the Studio that a recipe opens on; raises RequestError as its ``request``."""
    request = recipe.request()
    if isinstance(request, TravelRequest):
        return TRAVEL.name
    if request.moves:
        return DIRECTIONS.name
    if isinstance(recipe, BlendRecipe) and request.noise is not None:
        return "search"
    return "mix" if len(request.blend.features) > 1 or request.fine is not None else "swap"


def link_to(recipe: Recipe) -> str:
    """Return the address, below the app's, that opens a recipe; empty where it would be too long for a link."""
    fragment, place = link_fragment(recipe), place_of(recipe)
    page = PAGES.get(place, f"studio?part={place}")
    return f"{page}#{fragment}" if fragment else ""


def copy_link(recipe: Recipe, language: str) -> str:
    """Return a link to an image, which a click copies, as HTML; empty where a link would be too long."""
    address = link_to(recipe)
    if not address:
        return ""
    name = escape(say(language, "copy_link"), quote=True)
    return f'<a class="copy-link" href="{address}" title="{name}">{_ICON}<span>{name}</span></a>'


def link_script() -> str:
    """Return an element for the head of the pages, which copies links and opens those that are pasted."""
    return head_script(Path(__file__).with_suffix(".js"), {"copied": "link_copied", "by_hand": "link_by_hand"})
