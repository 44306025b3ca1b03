"""The public endpoint of Edit: a photo redrawn as nearly as the model can."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from icgan_demo.guards.numbers import whole
from icgan_demo.service.drawing.drawing_requests import Blend, Swap
from icgan_demo.service.drawing.inversion_requests import InversionRequest, Nearness
from icgan_demo.service.recipes.drawn_files import new_folder, picture_name, save_picture
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.api.generate_api import Asked, encode_photo, number
from icgan_demo.ui.common.events import GIVE_WAY, MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services


class EditEndpoints:
    """What the endpoint does."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def invert(
        self,
        photo: str | None = None,
        model: str = "",
        label: str = "",
        rounds: float = InversionRequest.rounds,
        seed: float = 0,
        truncation: float = InversionRequest.truncation,
    ) -> Iterator[tuple[str, dict[str, object], dict[str, Any]]]:
        """Redraw a photo as nearly as the model can: returns a PNG, its recipe, and how near it came.

        Parameters:
            photo: the photo.
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
            label: class name from /labels, or empty to leave the class to the instance.
            rounds: steps of the search, 0 to 200; about ten a second.
            seed: first of the 16 seeds that are tried first, 0 to 2147483647.
            truncation: how far the noise may go, 0.05 to 1; 1 redraws best.
        """
        with shown_to_visitor():
            info, instance = encode_photo(self._services, photo, model)
            asked = InversionRequest(
                info.name, Blend((instance.feature,), swap=Swap.to(label or None)), instance.crop, whole(seed),
                number("Truncation", truncation), whole(rounds),
            )  # fmt: skip
            with closing(self._services.sampling.search.invert(asked)) as steps:  # type: ignore[type-var]
                first = found = next(steps)
                while (step := next(steps, None)) is not None:
                    found = step
                    yield GIVE_WAY
            request = asked.drawing(found)
            recipe = write_recipe(request, info)
            (drawn,) = self._services.sampling.drawing.draw(request)
            folder = new_folder(self._services.output_dir)
            path = save_picture(drawn.picture, recipe, folder / picture_name(info.name, found.seed))
            nearness = Nearness.of(found.distance)
            said = {
                "distance": found.distance, "best_seed_distance": first.distance, "seed": found.seed,
                "nearness": nearness.value, "meaning": nearness.sentence,
            }  # fmt: skip
            yield str(path), recipe.values(), said


def add_endpoints(services: Services, asked: Asked) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    with gr.Row(visible=False):
        rounds = gr.Number(InversionRequest.rounds, label="rounds")
        truncation = gr.Number(InversionRequest.truncation, label="truncation")
        picture, said = gr.File(label="picture"), gr.JSON(label="distance")
    # The line of searches: one at a time, and it gives way to all who draw.
    asked.trigger.click(
        EditEndpoints(services).invert, [asked.photo, asked.model, asked.label, rounds, asked.seed, truncation],
        [picture, asked.recipe, said], api_name="invert",
        **{**MODEL, "concurrency_id": "search", "concurrency_limit": 1},
    )  # fmt: skip
