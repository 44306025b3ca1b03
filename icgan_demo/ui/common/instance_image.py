"""The drop box."""

import gradio as gr
from gradio.data_classes import ImageData


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
