"""A family of images as HTML: the chosen one, its children to click, and the tree of all."""

from collections.abc import Callable, Sequence
from html import escape

from icgan_demo.service.recipes.lineage import Lineage, image_id
from icgan_demo.service.recipes.recipe import Recipe
from icgan_demo.ui.stage.stage import png_url
from icgan_demo.ui.texts.language import say

UrlOf = Callable[[str], str]
"""Gives the address of an image's small picture."""


def chosen_html(png: bytes, name: str, alt: str, save: str) -> str:
    """Return the chosen image, which a click saves with its recipe as the file ``name``."""
    url = png_url(png)
    return (
        f'<a href="{url}" download="{escape(name, quote=True)}" title="{escape(save, quote=True)}">'
        f'<img src="{url}" alt="{escape(alt, quote=True)}"></a>'
    )


def litter_html(recipes: Sequence[Recipe], count: int, url_of: UrlOf, language: str) -> str:
    """Return children as buttons; of ``count`` places, those without an image yet are left empty."""
    buttons = []
    for place, recipe in enumerate(recipes):
        image = image_id(recipe)
        label = escape(say(language, "explore_child", place=place + 1), quote=True)
        buttons.append(f'<button data-name="{image}"><img src="{url_of(image)}" alt="{label}"></button>')
    empty = ["<i></i>"] * (count - len(recipes))
    return f'<div class="litter">{"".join([*buttons, *empty])}</div>'


def tree_html(lineage: Lineage, chosen: str, partner: str, url_of: UrlOf, language: str) -> str:
    """Return the whole family: an only child stands beside its parent, several below it."""
    branches = "".join(f"<li>{_branch(lineage, image, chosen, partner, url_of, language)}</li>"
                       for image in lineage.founders())  # fmt: skip
    return f"<ul>{branches}</ul>" if branches else ""


def _branch(lineage: Lineage, image: str, chosen: str, partner: str, url_of: UrlOf, language: str) -> str:
    line, children = [image], lineage.children(image)
    while len(children) == 1:
        line.append(children[0])
        children = lineage.children(children[0])
    buttons = "".join(_button(lineage, each, chosen, partner, url_of, language) for each in line)
    below = "".join(f"<li>{_branch(lineage, each, chosen, partner, url_of, language)}</li>" for each in children)
    return f'<div class="line">{buttons}</div>' + (f"<ul>{below}</ul>" if below else "")


def _button(lineage: Lineage, image: str, chosen: str, partner: str, url_of: UrlOf, language: str) -> str:
    member = lineage.members[image]
    place = list(lineage.members).index(image) + 1
    label = member.name or say(language, "explore_image", place=place)
    if len(member.parents) == 2:
        label += f" ({say(language, 'explore_crossed')})"
    marks = ' aria-current="true"' if image == chosen else ""
    marks += ' class="partner"' if image == partner else ""
    shown = escape(member.name)
    text = f"<span>{shown}</span>" if shown else ""
    return (
        f'<button data-name="{image}" title="{escape(label, quote=True)}"{marks}>'
        f'<img src="{url_of(image)}" alt="{escape(label, quote=True)}">{text}</button>'
    )
