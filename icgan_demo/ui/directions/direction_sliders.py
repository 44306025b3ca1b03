"""The sliders of the directions that are in use: at most four, each with a name and a way out."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from icgan_demo.service.drawing.direction_requests import MAX_AMOUNT, MAX_MOVES, Direction
from icgan_demo.service.recipes.recipe_values import MAX_NAME
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.directions.strips_view import signed
from icgan_demo.ui.texts.language import say, text


class DirectionSliders:
    """Lays them out on construction."""

    def __init__(self) -> None:
        self.boxes: list[gr.Column] = []
        self.sliders: list[Slider] = []
        self.names: list[gr.Textbox] = []
        self.removes: list[gr.Button] = []
        self.forgets: list[gr.Button] = []
        for place in range(MAX_MOVES):
            with gr.Column(visible=HIDDEN, elem_id=f"directions-box-{place}") as box:
                self.sliders.append(
                    Slider(
                        -MAX_AMOUNT, MAX_AMOUNT, 0, step=0.1, label=f"{place + 1}", info=" ", buttons=[],
                        elem_id=f"directions-amount-{place}",
                    )
                )  # fmt: skip
                with gr.Row(elem_classes="seed-row"):
                    self.names.append(
                        gr.Textbox(
                            placeholder=text("directions_name"), label=text("directions_name"), show_label=False,
                            container=False, max_length=MAX_NAME, min_width=140, scale=3, submit_btn=True,
                            elem_id=f"directions-name-{place}",
                        )
                    )  # fmt: skip
                    self.removes.append(_button("remove", place))
                    self.forgets.append(_button("forget", place, visible=False))
            self.boxes.append(box)

    @property
    def outputs(self) -> list[Any]:
        """Components that ``show`` changes."""
        return [*self.boxes, *self.sliders, *self.names, *self.forgets]

    def show(self, used: Sequence[Direction], amounts: Sequence[float], kept: Sequence[bool], language: str) -> Updates:
        """Return a slider for each direction in use; the others are hidden and at zero.

        Args:
            used: at most four.
            amounts: of these.
            kept: whether each was named before and can be forgotten.
            language: of what is said of them.
        """
        updates: Updates = {}
        for place in range(MAX_MOVES):
            is_used = place < len(used)
            updates[self.boxes[place]] = gr.update(visible=True if is_used else HIDDEN)
            updates[self.names[place]] = ""
            updates[self.forgets[place]] = gr.update(visible=is_used and kept[place])
            updates[self.sliders[place]] = (
                gr.update(
                    label=used[place].name, value=round(amounts[place], 2), info=told_range(used[place], language)
                )
                if is_used
                else gr.update(value=0)
            )
        return updates


def told_range(direction: Direction, language: str) -> str:
    """Return between which amounts images stay good, as a sentence; that it is being measured before that is known."""
    if direction.good is None:
        return say(language, "directions_measuring")
    low, high = direction.good
    return say(language, "directions_good", low=signed(low), high=signed(high))


def _button(name: str, place: int, **more: Any) -> gr.Button:
    return gr.Button(
        text(f"directions_{name}"), size="md", min_width=80, scale=1, elem_id=f"directions-{name}-{place}", **more
    )
