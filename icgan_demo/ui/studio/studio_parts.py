"""The tools of the Studio, each with a link: those on tabs of its page, and those on pages of their own."""

from pathlib import Path

from icgan_demo.ui.common.pages import DIRECTIONS, EDIT, GRIDS, TRAVEL, Page, navigation
from icgan_demo.ui.common.services import Services

TABS = ("swap", "mix", "map", "search", "history")
"""What an address may say as its ``part``."""
TOOLS: tuple[Page, ...] = (TRAVEL, EDIT, DIRECTIONS, GRIDS)
"""Each ``within`` the Studio: the parts' navigation shows that as the current one."""

_FOLLOW_TABS = Path(__file__).with_name("addresses.js").read_text(encoding="utf-8")
"""Gradio's own tabs hide some behind a menu."""


def tabs(services: Services) -> list[str]:
    """Return the tabs that there are, in their order."""
    return [name for name in TABS if name != "map" or services.banks is not None]


def add_links(services: Services, here: Page | None = None) -> None:
    """Add a link to each tool to the page that is being laid out: that of ``here``, or that of the tabs."""
    on_tabs = [(name, f"studio?part={name}", f"page_{name}") for name in tabs(services)]
    on_pages = [(tool.name, tool.path, tool.key) for tool in TOOLS]
    links = [*on_tabs[:-1], *on_pages, on_tabs[-1]]  # the history, of all of them, is the last
    if here is None:
        navigation("studio-parts", "studio_parts", links, TABS[0], js_on_load=_FOLLOW_TABS)
    else:
        navigation("studio-parts", "studio_parts", links, here.name)
