"""The public endpoint of grids; its docstring is its documentation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import whole
from icgan_demo.service.drawing.direction_requests import Move
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.grid_requests import GridAxis, Setting
from icgan_demo.service.drawing.grids import grid_of, suggested
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.recipes.grid_files import FORMATS, caption_of, grid_file, grid_sheet, write_grid_recipe
from icgan_demo.service.recipes.recipe_values import read_direction
from icgan_demo.service.values import ModelInfo
from icgan_demo.ui.api.generate_api import feature_of, number, unit_feature
from icgan_demo.ui.common.events import GIVE_WAY, MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.services import Services


class GridEndpoints:
    """What the endpoint does."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def grid(
        self,
        photo: str | None = None,
        feature: Sequence[float] | None = None,
        model: str = "",
        columns: dict[str, list[Any]] | None = None,
        rows: dict[str, list[Any]] | None = None,
        label: str = "",
        style: Sequence[float] | None = None,
        seed: float = 0,
        truncation: float = TRUNCATION,
        file_format: str = "png",
        direction: dict[str, Any] | None = None,
    ) -> Iterator[Any]:
        """Generate a grid of two settings against each other: returns one file with labelled axes, and its recipe.

        Settings are model, class, class_weight, instance, style, direction, truncation and seed; each takes 1 to 12
        values, an empty list some that show what it does.

        Parameters:
            photo: a photo, or nothing if a feature is given.
            feature: a feature from /encode, or nothing if a photo is given.
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
            columns: what changes from left to right, for example {"truncation": [0.3, 0.6, 1]}.
            rows: what changes from top to bottom, likewise; another setting.
            label: class name from /labels; empty leaves the class to the photo.
            style: a feature from /encode that fine blocks see, for the setting style.
            seed: of all images, unless seeds change, 0 to 2147483647.
            truncation: of all images, unless it changes, 0.05 (all alike) to 1 (widest variety).
            file_format: png, which contains the recipe, or pdf.
            direction: one from /directions, for the setting direction; without it, the strongest of the weights.
        """
        with shown_to_visitor():
            if file_format not in FORMATS:
                raise RequestError(f"A grid is written as {' or '.join(FORMATS)}, got {file_format!r:.20}.")
            sampling = self._services.sampling
            info, own = feature_of(self._services, photo, feature, model)
            own_class = sampling.drawing.own_class(info.name, own)
            swap = Swap.to(label or (own_class if info.needs_class else None))
            image = DrawRequest(info.name, Blend((own,), swap=swap), (whole(seed),), number("Truncation", truncation))
            if style is not None:
                image = replace(image, fine=replace(image.blend, features=(unit_feature(style),)))
            if direction is not None:
                image = image.moved(Move(read_direction(direction), 0.0))
            axes = [
                self._axis(given, default, info, own_class)
                for given, default in ((columns, Setting.TRUNCATION), (rows, Setting.SEED))
            ]
            asked = grid_of(sampling, image, axes[0], axes[1], None if photo is None else Path(photo))
            pictures: list[Image.Image] = []
            for drawn in sampling.drawing.draw(asked):
                pictures.append(drawn.picture)
                if len(pictures) % len(asked.columns.values) == 0:
                    yield GIVE_WAY
            recipe = write_grid_recipe(asked, sampling)
            path = new_folder(self._services.output_dir) / f"grid.{file_format}"
            path.write_bytes(grid_file(grid_sheet(pictures, asked, caption_of(asked, recipe)), recipe, file_format))
            yield str(path), recipe.values()

    def _axis(self, given: Any, default: Setting, info: ModelInfo, own: str | None) -> GridAxis:
        known = [each.value for each in Setting]
        if given is None:
            given = {default.value: []}
        if not isinstance(given, dict) or len(given) != 1 or next(iter(given)) not in known:
            raise RequestError(
                f'Rows and columns are one setting each, such as {{"seed": [0, 1]}}: {", ".join(known)}.'
            )
        ((name, values),) = given.items()
        if not isinstance(values, list) or not all(isinstance(value, int | float | str) for value in values):
            raise RequestError(f"The values of the {name} must be a list of numbers or names.")
        setting = Setting(name)
        return GridAxis(setting, tuple(values)) if values else suggested(setting, self._services.sampling, info, own)


def add_endpoints(services: Services) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    endpoints = GridEndpoints(services)
    with gr.Row(visible=False):
        photo = InstanceImage(label="photo", type="filepath")
        feature, style = gr.JSON(label="feature"), gr.JSON(label="style")
        model, label = gr.Textbox("", label="model"), gr.Textbox("", label="label")
        columns, rows = gr.JSON(label="columns"), gr.JSON(label="rows")
        seed, truncation = gr.Number(0, label="seed"), gr.Number(TRUNCATION, label="truncation")
        file_format, direction = gr.Textbox("png", label="file_format"), gr.JSON(label="direction")
        file, recipe = gr.File(label="grid"), gr.JSON(label="recipe")
        trigger = gr.Button()
    trigger.click(
        endpoints.grid,
        [photo, feature, model, columns, rows, label, style, seed, truncation, file_format, direction],
        [file, recipe],
        api_name="grid",
        **MODEL,
    )
