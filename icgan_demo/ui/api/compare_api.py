"""The public endpoint of the comparison; its docstring is its documentation."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import whole
from icgan_demo.service.comparison.comparing import ComparedRequest, Comparing, sheet_of
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.ui.api.generate_api import number
from icgan_demo.ui.common.events import ASIDE, GIVE_WAY, MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.services import Services


class CompareEndpoint:
    """What the endpoint does."""

    def __init__(self, services: Services, compared: Comparing) -> None:
        self._services = services
        self._compared = compared

    def compare(
        self,
        photo: str | None = None,
        count: float = ComparedRequest.count,
        seed: float = ComparedRequest.seed,
        truncation: float = ComparedRequest.truncation,
    ) -> Iterator[Any]:
        """Generate with models that were told more or less of a photo: nothing, a class, a cluster, the photo itself.

        Returns one PNG with a row for each model, the photo at the left and the same seeds in each column; and for each
        row its conditioning, the class and the cluster that the model was told, each null where it was told none.

        Parameters:
            photo: a photo.
            count: images of each model, 1 to 32.
            seed: of the first image, 0 to 2147483647; the others follow.
            truncation: 0.05 (all alike) to 1 (widest variety).
        """
        with shown_to_visitor():
            if photo is None:
                raise RequestError("Please upload the file.")
            asked = ComparedRequest(whole(count), whole(seed), number("Truncation", truncation))
            yield ASIDE
            self._compared.load()
            yield GIVE_WAY
            instance = self._compared.sampling.encode(self._compared.encoding, Path(photo))
            rows = []
            for row in self._compared.rows(instance.feature, asked):
                rows.append(row)
                yield GIVE_WAY
            path = new_folder(self._services.output_dir) / "compared.png"
            sheet_of(rows, instance.crop, asked.seed).save(path)
            told: Sequence[dict[str, Any]] = [
                {"conditioning": str(row.conditioning), "label": row.label, "cluster": row.cluster} for row in rows
            ]
            yield str(path), told


def add_endpoint(services: Services, compared: Comparing) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    endpoint = CompareEndpoint(services, compared)
    with gr.Row(visible=False):
        photo = InstanceImage(label="photo", type="filepath")
        count, seed = gr.Number(ComparedRequest.count, label="count"), gr.Number(ComparedRequest.seed, label="seed")
        truncation = gr.Number(ComparedRequest.truncation, label="truncation")
        file, told = gr.File(label="compared"), gr.JSON(label="rows")
        trigger = gr.Button()
    trigger.click(endpoint.compare, [photo, count, seed, truncation], [file, told], api_name="compare", **MODEL)
