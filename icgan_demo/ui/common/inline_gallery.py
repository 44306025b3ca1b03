"""Galleries of small pictures, sent inside the answer that shows them."""

import base64
from contextlib import suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.gallery import GalleryData, GalleryImage

INLINE_BYTES = 64_000
"""Larger pictures are asked for by the browser, each by a request of its own."""


class InlineGallery(gr.Gallery):
    """Gallery of PNG files whose small ones need no request each: sixteen take a browser longer than drawing them.

    What a page gets is the file itself, recipe included, so a picture that is saved there is the one that was drawn.
    There is no ``__init__``, because Gradio reads the front end's settings off its signature.
    """

    def postprocess(self, value: Any) -> GalleryData:
        """Return what the page gets for a list of paths with captions."""
        data = super().postprocess(value)
        for entry in data.root:
            if isinstance(entry, GalleryImage) and entry.image.url is None and entry.image.path:
                with suppress(OSError):  # deleted meanwhile: the page shows that it is not there
                    file = Path(entry.image.path)
                    if file.stat().st_size <= INLINE_BYTES:
                        content = base64.b64encode(file.read_bytes()).decode()
                        entry.image.url = f"data:image/png;base64,{content}"
                        entry.image.meta = {}  # else Gradio takes it for a file, and puts an address here
        return data

    def get_block_name(self) -> str:
        """Return the name of the front-end component that draws this one."""
        return "gallery"
