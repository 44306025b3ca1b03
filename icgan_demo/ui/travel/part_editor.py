"""The time of one part of a path, as widgets and in words."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from icgan_demo.service.drawing.path_parts import MAX_PART_FRAMES, Easing, PathPart
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import status_line
from icgan_demo.ui.texts.language import say, text


class PartEditor:
    """Lays out what a part may have of its own, on construction."""

    def __init__(self) -> None:
        with gr.Accordion(text("part"), open=False, elem_id="travel-part") as self.box:
            gr.HTML(text("part_note"), elem_classes="fine-print")
            self.which = status_line("part-which")
            with gr.Row():
                self.rest = Slider(
                    0, MAX_PART_FRAMES, 0, step=1, label=text("part_rest"), buttons=[], min_width=200,
                    elem_id="part-rest",
                )  # fmt: skip
                self.frames = Slider(
                    1, MAX_PART_FRAMES, 16, step=1, label=text("part_frames"), buttons=[], min_width=200,
                    elem_id="part-frames",
                )  # fmt: skip
            self.easing = gr.Radio(
                [(text(f"easing_{easing.value}"), easing.value) for easing in Easing],
                value=Easing.SMOOTH.value, label=text("part_easing"), elem_id="part-easing",
            )  # fmt: skip

    @property
    def controls(self) -> list[Any]:
        """The values of ``read``, in their order."""
        return [self.rest, self.frames, self.easing]

    @property
    def outputs(self) -> list[Any]:
        """Components that ``show`` changes."""
        return [self.box, self.which, *self.controls]

    def show(
        self, part: PathPart, place: int, stops: int, frames: int, *, loop: bool, smooth: bool, language: str
    ) -> Updates:
        """Return the time of the part after the stop at ``place``, with what it shares with all others filled in."""
        ends = place == stops - 1
        key = "part_last" if ends and not loop else "part_between"
        easing = part.easing or (Easing.SMOOTH if smooth else Easing.LINEAR)
        return {
            self.box: gr.update(open=True),
            self.which: say(language, key, start=place + 1, end=1 if ends else place + 2),
            self.rest: part.rest,
            self.frames: part.frames or frames,
            self.easing: easing.value,
        }

    def read(self, values: Sequence[Any], frames: int, *, smooth: bool) -> PathPart:
        """Return the part of the widgets; what is as in all others follows them.

        Raises:
            RequestError: for a value out of range.
        """
        rest, own_frames, name = values
        easing = Easing(name)
        usual = Easing.SMOOTH if smooth else Easing.LINEAR
        return PathPart(
            int(rest or 0),
            None if int(own_frames or frames) == frames else int(own_frames),
            None if easing is usual else easing,
        )


def part_in_words(part: PathPart, language: str) -> str:
    """Return what a part has of its own, empty for one like all others."""
    said = []
    if part.rest:
        said.append(say(language, "part_rests", count=part.rest))
    if part.frames is not None:
        said.append(say(language, "part_lasts", count=part.frames))
    if part.easing is not None:
        said.append(say(language, f"easing_{part.easing.value}"))
    return " · ".join(said)
