"""The icon of the pages, which they hold whole: no path can be wrong for it, behind whatever proxy."""

from typing import Any
from urllib.parse import quote

import gradio.routes
from jinja2.ext import Extension

# A photo and its neighbours.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" fill="#34875a">'
    '<rect x="4" y="4" width="25" height="25" rx="6" fill="#1c4631"/><rect x="35" y="4" width="25" height="25" rx="6"/>'
    '<rect x="4" y="35" width="25" height="25" rx="6"/><rect x="35" y="35" width="25" height="25" rx="6"/></svg>'
)
LINK = f'<link rel="icon" href="data:image/svg+xml,{quote(_ICON)}">'
MANIFEST = '<link rel="manifest" href="/manifest.json" />'
"""Of Gradio 6.31's page, for an app that can be installed, which ours is not; below a path it leads nowhere."""


class _PageIcon(Extension):
    """Changes the source of Gradio's page: a browser asks for an icon before a script could say that there is one."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the source with the icon in place of the manifest."""
        return source.replace(MANIFEST, LINK)


def show_icon() -> None:
    """Let the pages that are opened from now on show the icon."""
    templates: Any = gradio.routes.templates
    templates.env.add_extension(_PageIcon)
