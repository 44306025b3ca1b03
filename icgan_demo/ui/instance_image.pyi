"""The drop box."""

from typing import Any

import gradio as gr
from gradio.data_classes import ImageData

from gradio.events import Dependency

class InstanceImage(gr.Image):
    """Image box whose handler receives the uploaded file's path, undecoded; build it with ``type="filepath"``.

    ``gr.Image`` opens the file before our own guard has looked at it: it decodes bombs and formats that hide under
    another name, and drops transparency. Here only the guard of the service opens uploads. There is no ``__init__``,
    because Gradio reads the front end's settings off its signature.
    """

    def preprocess(self, payload: ImageData | None) -> str | None:
        """Return the path of the upload as it is; Gradio has checked that it lies in the upload folder."""
        return None if payload is None else payload.path

    def get_block_name(self) -> str:
        """Return the name of the front-end component that draws this one."""
        return "image"
    from typing import Callable, Literal, Sequence, Any, TYPE_CHECKING
    from gradio.blocks import Block
    if TYPE_CHECKING:
        from gradio.components import Timer
        from gradio.components.base import Component