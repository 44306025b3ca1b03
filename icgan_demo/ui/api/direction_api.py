"""Public endpoints of directions: found without labels, and saved images moved along them; stateless."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import whole
from icgan_demo.service.drawing.direction_requests import DIRECTIONS, MAX_MOVES, DirectionsRequest, Kind, Move
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import new_folder, picture_name, save_picture
from icgan_demo.service.recipes.lineage import read_single
from icgan_demo.service.recipes.recipe import checked_request, write_recipe
from icgan_demo.service.recipes.recipe_values import DirectionValues, read_direction
from icgan_demo.ui.api.generate_api import find_named_model, number, unit_feature
from icgan_demo.ui.common.events import MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services


class DirectionEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def directions(
        self,
        model: str = "",
        kind: str = Kind.WEIGHTS,
        side: float = 0,
        count: float = DIRECTIONS,
        these: Sequence[Sequence[float]] | None = None,
        those: Sequence[Sequence[float]] | None = None,
        measure: bool = False,
    ) -> list[dict[str, Any]]:
        """Find directions of a model without labels: returns them, the strongest first, for /move.

        Parameters:
            model: name from /models; empty for the default one.
            kind: weights (SeFa), responses (GANSpace), condition, instance, noise, or difference.
            side: output side of the only block that counts, in pixels, for weights and responses; 0 for all.
            count: 1 to 24; a difference is one.
            these: of a difference, features from /encode that it leads to.
            those: features that it leads away from.
            measure: whether to measure, some seconds each, between which amounts images stay good.
        """
        with shown_to_visitor():
            name = find_named_model(self._services, model).name
            if kind not in list(Kind):
                raise RequestError(f"The kind can be {', '.join(Kind)}, got {kind!r:.20}.")
            ends = [tuple(unit_feature(row) for row in rows or ()) for rows in (these, those)]
            asked = DirectionsRequest(name, Kind(kind), whole(side) or None, whole(count), *ends)
            drawing = self._services.sampling.drawing
            found = drawing.directions(asked)
            if measure:
                found = [drawing.good_range(name, each) for each in found]
            return [DirectionValues.of(each).values() for each in found]

    def move(
        self, file: str | None = None, steps: Sequence[dict[str, Any]] | None = None
    ) -> tuple[str, dict[str, object]]:
        """Move a saved image along directions: returns a PNG and its recipe.

        Parameters:
            file: a PNG that was saved here, or a recipe.json; of a set, the first image.
            steps: up to 4 of {"direction": one from /directions, "amount": standard deviations, -6 to 6}.
        """
        with shown_to_visitor():
            if file is None:
                raise RequestError("Please upload the file.")
            if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps[: MAX_MOVES + 1]):
                raise RequestError("The steps must be a list of {direction, amount}.")
            recipe = read_single(Path(file))
            info = self._services.find(recipe.model.name)
            request = checked_request(recipe, info)
            assert info is not None
            assert isinstance(request, DrawRequest)
            moves = [
                Move(read_direction(step.get("direction")), number("The amount", step.get("amount")))
                for step in steps[: MAX_MOVES + 1]
            ]
            moved = request.moved(*moves)
            (drawn,) = self._services.sampling.drawing.draw(moved)
            written = write_recipe(moved, info)
            path = new_folder(self._services.output_dir) / picture_name(info.name, drawn.seed)
            return str(save_picture(drawn.picture, written, path)), written.values()


def add_endpoints(services: Services) -> None:
    """Add the endpoints to the current ``gr.Blocks``."""
    endpoints = DirectionEndpoints(services)
    with gr.Row(visible=False):
        model, kind = gr.Textbox("", label="model"), gr.Textbox(Kind.WEIGHTS.value, label="kind")
        side, count = gr.Number(0, label="side"), gr.Number(DIRECTIONS, label="count")
        these, those = gr.JSON(label="these"), gr.JSON(label="those")
        measure = gr.Checkbox(False, label="measure")
        found = gr.JSON(label="directions")
        file, steps = gr.File(label="file"), gr.JSON(label="steps")
        picture, recipe = gr.File(label="picture"), gr.JSON(label="recipe")
        trigger = gr.Button()
    trigger.click(
        endpoints.directions, [model, kind, side, count, these, those, measure], found, api_name="directions", **MODEL
    )
    trigger.click(endpoints.move, [file, steps], [picture, recipe], api_name="move", **MODEL)
