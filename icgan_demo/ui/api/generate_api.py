"""The public endpoints: stateless, named for good, documented by their docstrings.

Those with a photo are events of hidden widgets and not ``gr.api`` functions, because only a component makes Gradio
check that the file a request names is an upload.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, finite_number, whole
from icgan_demo.service.drawing.drawing_requests import COUNT, DrawRequest, Sample
from icgan_demo.service.recipes.drawn_files import DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.values import AUTOMATIC, Instance, ModelInfo
from icgan_demo.ui.common.events import MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.services import Services

DEFAULT_NEIGHBOURS = 8
MAX_NEIGHBOURS = 100


class GenerateEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sampling = services.sampling

    def models(self) -> list[dict[str, Any]]:
        """List the models: name, title, resolution, licence, number of classes, state, whether "auto" chooses it.

        The first is the default.
        """
        with shown_to_visitor():
            return [
                {
                    "name": info.name,
                    "title": info.title,
                    "resolution": info.resolution,
                    "licence": info.licence,
                    "licence_note": info.licence_note,
                    "classes": len(info.class_names),
                    "state": info.state,
                    "message": info.message,
                    "automatic": info.is_automatic,
                }
                for info in self._sampling.models()
            ]

    def labels(self, model: str = "") -> list[str]:
        """List the class names that a model knows, as /generate takes them; empty for a model without classes.

        Parameters:
            model: name from /models; empty for the default one.
        """
        with shown_to_visitor():
            return list(self._services.model(model).class_names)

    def encode(self, photo: str | None = None, model: str = "") -> tuple[dict[str, Any], Any]:
        """Embed a photo: returns {model, feature, notes, known} and the centre square that the encoder saw.

        The feature is a list of numbers of unit length. /generate and /neighbours take it instead of the photo, for
        the same model. ``known`` says how well that model knows the photo: {percent, is_known}, with the percent of
        real photos of its kind that it knows less well; null for a model that cannot say.

        Parameters:
            photo: JPEG, PNG, WebP, GIF or BMP, at most 10 MB and 40 megapixels (JPEG: 80).
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
        """
        with shown_to_visitor():
            info, instance = encode_photo(self._services, photo, model)
            familiarity = instance.familiarity
            return {
                "model": info.name,
                "feature": [float(number) for number in instance.feature],
                "notes": list(instance.notes),
                "known": None
                if familiarity is None
                else {"percent": familiarity.percent, "is_known": familiarity.is_known},
            }, instance.crop

    def neighbours(
        self,
        photo: str | None = None,
        feature: Sequence[float] | None = None,
        model: str = "",
        count: float = DEFAULT_NEIGHBOURS,
    ) -> list[dict[str, Any]]:
        """List the stored instances nearest to a photo or feature: [{row, label, cosine}], nearest first.

        Parameters:
            photo: a photo, or nothing if a feature is given.
            feature: a feature from /encode, or nothing if a photo is given.
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
            count: how many, 1 to 100.
        """
        with shown_to_visitor():
            info, own = feature_of(self._services, photo, feature, model)
            wanted = whole(count)
            check_integer("Neighbours", wanted, 1, MAX_NEIGHBOURS)
            found = self._sampling.neighbours(info.name, own, wanted)
            return [
                {"row": neighbour.entry.row, "label": neighbour.entry.label, "cosine": neighbour.cosine}
                for neighbour in found
            ]

    def generate(
        self,
        photo: str | None = None,
        feature: Sequence[float] | None = None,
        model: str = "",
        label: str = "",
        count: float = COUNT,
        seed: float = 0,
        truncation: float = TRUNCATION,
        best_of: float = 1,
        multimodal: bool = False,
    ) -> Iterator[tuple[list[str], dict[str, Any]]]:
        """Generate new neighbours of a photo: returns PNG files and their recipe; streams the files so far.

        The same recipe gives the same images on the page and on the command line. Image i has the seed
        (seed + i) mod 2^31 whatever the count. With best_of above 1, that many candidates are generated for each image
        and the nearest to the photo are kept, nearest first; those come at the end.

        Parameters:
            photo: a photo, or nothing if a feature is given.
            feature: a feature from /encode, or nothing if a photo is given.
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
            label: class name from /labels; empty leaves the class to the photo.
            count: images, 1 to 64.
            seed: first seed, 0 to 2147483647.
            truncation: 0.05 (all alike) to 1 (widest variety).
            best_of: candidates per image, 1 to 10.
            multimodal: whether truncation pulls towards the nearest of the model's many centres of instances.
        """
        with shown_to_visitor():
            info, own = feature_of(self._services, photo, feature, model)
            request = DrawRequest.neighbours(
                model=info.name,
                feature=own,
                count=whole(count),
                seed=whole(seed),
                truncation=number("Truncation", truncation),
                label=label or None,
                best_of=whole(best_of),
            )
            if multimodal:
                request = self._sampling.drawing.centred(request)
            files = DrawnFiles(self._services.output_dir, write_recipe(request, info))

            def answer(samples: Sequence[Sample]) -> tuple[list[str], dict[str, Any]]:
                recipe = write_recipe(request, info, [sample.seed for sample in samples])
                return [str(files.save(sample)) for sample in samples], recipe.values()

            is_ranked = request.best_of != 1
            samples: Sequence[Sample] = ()
            with closing(self._sampling.drawing.samples(request)) as batches:  # type: ignore[type-var]
                for samples in batches:
                    # Hundreds of candidates as files, again with every few, would take longer than drawing them.
                    yield answer(() if is_ranked else samples)
            if is_ranked:
                yield answer(samples)


@dataclass(frozen=True)
class Asked:
    """Hidden components that endpoints around a photo share: a page is told of each of them."""

    photo: Any
    model: Any
    label: Any
    count: Any
    seed: Any
    truncation: Any
    files: Any
    recipe: Any
    trigger: Any


def add_endpoints(services: Services) -> Asked:
    """Add the endpoints to the current ``gr.Blocks``; returns what others may ask with, too."""
    endpoints = GenerateEndpoints(services)
    gr.api(endpoints.models, api_name="models", queue=False)
    gr.api(endpoints.labels, api_name="labels", queue=False)
    with gr.Row(visible=False):
        photo = InstanceImage(label="photo", type="filepath")
        feature = gr.JSON(label="feature")
        model = gr.Textbox("", label="model")
        label = gr.Textbox("", label="label")
        count = gr.Number(COUNT, label="count")
        seed = gr.Number(0, label="seed")
        truncation = gr.Number(TRUNCATION, label="truncation")
        best_of = gr.Number(1, label="best_of")
        multimodal = gr.Checkbox(value=False, label="multimodal")
        neighbour_count = gr.Number(DEFAULT_NEIGHBOURS, label="count")
        facts, rows, recipe = gr.JSON(label="instance"), gr.JSON(label="neighbours"), gr.JSON(label="recipe")
        crop = gr.Image(label="crop", format="png")
        files = gr.File(label="pictures", file_count="multiple")
        trigger = gr.Button()
    trigger.click(endpoints.encode, [photo, model], [facts, crop], api_name="encode", **MODEL)
    trigger.click(endpoints.neighbours, [photo, feature, model, neighbour_count], rows, api_name="neighbours", **MODEL)
    trigger.click(
        endpoints.generate,
        [photo, feature, model, label, count, seed, truncation, best_of, multimodal],
        [files, recipe],
        api_name="generate",
        **MODEL,
    )
    return Asked(photo, model, label, count, seed, truncation, files, recipe, trigger)


def encode_photo(services: Services, photo: str | None, model: str) -> tuple[ModelInfo, Instance]:
    """Return an uploaded photo as an instance of a model, for "auto" of the one that knows it best.

    Raises:
        RequestError: without a photo, or if there is no such model.
        ImageError: if it is no usable picture.
    """
    if photo is None:
        raise RequestError("Please upload the file.")
    if model == AUTOMATIC:
        choice = services.sampling.choose(Path(photo))
        return services.model(choice.model), choice.instance
    info = services.model(model)
    return info, services.sampling.encode(info.name, Path(photo))


def feature_of(
    services: Services, photo: str | None, feature: Sequence[float] | None, model: str
) -> tuple[ModelInfo, np.ndarray]:
    """Return the feature of a photo, or one from outside made unit length, with its model; exactly one is given."""
    if feature is None:
        info, instance = encode_photo(services, photo, model)
        return info, instance.feature
    if photo is not None:
        raise RequestError("Give either a photo or a feature, not both.")
    return find_named_model(services, model), unit_feature(feature)


def find_named_model(services: Services, model: str) -> ModelInfo:
    """Return the model of a request without a photo; raises RequestError for "auto", and if there is none."""
    if model == AUTOMATIC:
        raise RequestError("Automatic chooses by the photo. Give one, or name the model that made the feature.")
    return services.model(model)


def unit_feature(feature: Any) -> np.ndarray:
    """Return a feature from outside made unit length; raises RequestError for anything else."""
    try:
        values = np.asarray(feature, dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise RequestError("The feature must be a list of numbers as /encode returns it.") from error
    length = float(np.linalg.norm(values)) if values.ndim == 1 else 0.0
    if not 0.99 < length < 1.01:
        raise RequestError("The feature must be a list of numbers of unit length, as /encode returns it.")
    return values / np.float32(length)


def number(what: str, value: Any) -> float:
    """Return a finite number as float; raises RequestError for anything else."""
    found = finite_number(value)
    if found is None:
        raise RequestError(f"{what} must be a number.")
    return found
