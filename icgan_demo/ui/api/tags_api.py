"""The public endpoint of the tag model; see generate_api.py for why it is the event of hidden widgets."""

from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.cgan.tag_requests import Tagging
from icgan_demo.ui.common.events import MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instance_image import InstanceImage


class TagEndpoints:
    """What the endpoint does."""

    def __init__(self, tagging: Tagging) -> None:
        self._tagging = tagging

    def tag(self, photo: str | None = None) -> dict[str, Any]:
        """Tag a photo: returns {tags: [{word, votes}], samples, is_weak, classes, notes}, most votes first.

        Votes count the samples that have the word among their 20 nearest. is_weak says that the photo may show nothing
        that the model knows; classes are those of /labels that the tags name.

        Parameters:
            photo: JPEG, PNG, WebP, GIF or BMP, at most 10 MB and 40 megapixels (JPEG: 80).
        """
        with shown_to_visitor():
            if photo is None:
                raise RequestError("Please upload the file.")
            found = self._tagging.tag(Path(photo))
            return {
                "tags": [{"word": tag.word, "votes": tag.votes} for tag in found.tags],
                "samples": found.samples,
                "is_weak": found.is_weak,
                "classes": list(found.classes),
                "notes": list(found.notes),
            }


def add_endpoints(tagging: Tagging) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    endpoints = TagEndpoints(tagging)
    with gr.Row(visible=False):
        photo = InstanceImage(label="photo", type="filepath")
        tags = gr.JSON(label="tags")
        trigger = gr.Button()
    trigger.click(endpoints.tag, photo, tags, api_name="tag", **MODEL)
