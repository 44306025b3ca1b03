"""The parts of the app, each a page with an address of its own, and the head of them all: name, tagline, the way on."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from icgan_demo.ui.texts.language import LANGUAGES, text

NAME = "Neighbours · IC-GAN"

_NAVIGATION = """<nav aria-label="${(LABELS)[value]}" lang="${value}">${LINKS.map(([name, address, texts]) =>
  `<a href="${address}" data-part="${name}"${name === "HERE" ? ' aria-current="page"' : ""}>${texts[value]}</a>`
).join("")}</nav>"""

_ON_LOAD = """
const replace = history.replaceState.bind(history);  // Gradio's "?view=settings" would lead to the app's first page
history.replaceState = (state, title, url) => replace(state, title, url?.[0] === "?" ? location.pathname + url : url);
const query = new URLSearchParams(location.search);
const theme = query.get("__theme");
if (theme) element.querySelectorAll("a").forEach((link) => link.search = new URLSearchParams({__theme: theme}));
if (MOVED.some((key) => query.has(key)))
  location.replace(element.querySelector("a[data-part=studio]").href.split("?")[0] + location.search);
const spoken = element.querySelector("nav").lang;
if (TITLES[spoken]) document.documentElement.lang = spoken;  // for a screen reader's voice
const title = TITLES[spoken] ?? document.title;
const name = () => { if (document.title !== title) document.title = title; };
name();
new MutationObserver(name).observe(document.head, {subtree: true, childList: true, characterData: true});
"""


@dataclass(frozen=True)
class Page:
    """One part."""

    name: str
    """In ids and in ``go_to``."""
    path: str
    """Below the app's address, empty for the first page. Gradio's pages have that address as the base of links."""
    within: str = ""
    """Name of the part to which it belongs, for a page that the navigation of parts does not list."""

    @property
    def key(self) -> str:
        """The text that names it."""
        return f"tab_{self.name}"


GENERATE, STUDIO, TRAIN = Page("generate", ""), Page("studio", "studio"), Page("train", "train")
EXPLORE = Page("explore", "explore")
EDIT = Page("edit", "edit", within="studio")
DIGITS, TAGS, ABOUT = Page("digits", "digits"), Page("tags", "tags"), Page("about", "about")
TRAVEL = Page("travel", "travel", within="studio")
GRIDS = Page("grids", "grids", within="studio")
DIRECTIONS = Page("directions", "directions", within="studio")
COMPARE = Page("compare", "compare")
API = Page("api", "api")
"""Not in the navigation: the foot of each page leads to it."""


def go_to(part: str) -> str:
    """Return the script that opens a part as a click on its name does."""
    return f"() => document.querySelector('#parts a[data-part={part}]').click()"


@contextmanager
def lay_out_page(demo: gr.Blocks, part: Page, parts: Sequence[Page], moved: Sequence[str] = ()) -> Iterator[None]:
    """Lay out one page of ``demo``, which is being built, with the head above it.

    This is what ``gr.Blocks.route`` does, without leaving the building in between: each time, Gradio 6.31 makes
    configuration and server of all pages so far.

    Args:
        demo: the app.
        part: which page.
        parts: all that there are, in the order of the navigation.
        moved: keys of an address that lead on to the studio: links to it from when all parts had one address.
    """
    if part.path:
        demo.pages.append((part.path, part.name, True))
    demo.current_page = part.path
    gr.HTML(text("title"), elem_id="title", html_template="<h1>${value}</h1>")
    gr.HTML(text("tagline"), elem_id="tagline", html_template="<p>${value}</p>")
    links = [(each.name, each.path or "./", each.key) for each in parts]
    titles = {
        language: f"{name} · {NAME}" if part.path else NAME for language, name in _in_all_languages(part.key).items()
    }
    script = _ON_LOAD.replace("TITLES", _script_value(titles)).replace("MOVED", _script_value(list(moved)))
    navigation("parts", "parts", links, part.within or part.name, js_on_load=script)
    with gr.Column(elem_id=f"{part.name}-page"):
        yield
    if part != API:
        gr.HTML(text("tab_api"), elem_id="foot", html_template='<a href="api">${value}</a>')


def navigation(elem_id: str, label: str, links: Sequence[tuple[str, str, str]], here: str, **more: Any) -> gr.HTML:
    """Return links beside each other, as many lines of them as it takes: none goes behind a menu.

    The browser's language decides their names, which therefore stand there in every language.

    Args:
        elem_id: of the whole.
        label: key of the text that says what is listed.
        links: name in the page, address and text's key of each.
        here: name of the one that leads to the page itself.
        more: for ``gr.HTML``.
    """
    values = {
        "LABELS": _in_all_languages(label),
        "LINKS": [(name, address, _in_all_languages(key)) for name, address, key in links],
        "HERE": here,
    }
    template = _NAVIGATION
    for key, value in values.items():
        template = template.replace(key, value if isinstance(value, str) else _script_value(value))
    return gr.HTML(text("language"), elem_id=elem_id, elem_classes="parts", html_template=template, **more)


def _in_all_languages(key: str) -> dict[str, str]:
    return {language: known[key] for language, known in LANGUAGES.items()}


def _script_value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
