"""The slider."""

import gradio as gr


class Slider(gr.Slider):
    """Slider whose emptied number box stands for its default, where Gradio's hands nothing on.

    There is no ``__init__``, because Gradio reads the front end's settings off its signature.
    """

    def preprocess(self, payload: float | None) -> float:
        """Return the number, or the default for an emptied box; raises gr.Error for one out of range."""
        return super().preprocess(self.value if payload is None else payload)

    def get_block_name(self) -> str:
        """Return the name of the front-end component that draws this one."""
        return "slider"
