"""Public endpoints of the studio and of Explore, from /swap_class to /recipe_restore; stateless, like all others."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import is_whole, whole
from icgan_demo.service.drawing.children_requests import CHILDREN, STRENGTH, ChildrenRequest
from icgan_demo.service.drawing.drawing_requests import (
    Blend,
    Drawn,
    DrawRequest,
    Request,
    Swap,
    TravelRequest,
    TravelStop,
)
from icgan_demo.service.drawing.path_parts import Easing, PathPart
from icgan_demo.service.recipes.drawn_files import new_folder, picture_name, save_picture
from icgan_demo.service.recipes.film import FilmFormat, write_film
from icgan_demo.service.recipes.lineage import read_single
from icgan_demo.service.recipes.recipe import Recipe, checked_request, read_recipe_file, write_recipe
from icgan_demo.ui.api.generate_api import feature_of, find_named_model, number, unit_feature
from icgan_demo.ui.common.events import ASIDE, MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instance_image import InstanceImage
from icgan_demo.ui.common.services import Services

Answers = Iterator[tuple[list[str], dict[str, object]]]
"""The files drawn so far and their recipe; the last is the answer, and those before it let others draw."""


PICTURES_A_TURN = 4


class StudioEndpoints:
    """What the endpoints do."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def swap_class(
        self,
        photo: str | None = None,
        feature: Sequence[float] | None = None,
        model: str = "",
        targets: dict[str, float] | None = None,
        position: float = 1.0,
        balance: float = Blend.balance,
        count: float = 4,
        seed: float = 0,
        truncation: float = TRUNCATION,
    ) -> Answers:
        """Generate an instance as another class, or between classes: returns PNG files and their recipe.

        Parameters:
            photo: a photo, or nothing if a feature is given.
            feature: a feature from /encode, or nothing if a photo is given.
            model: name from /models; empty for the default one, "auto" for the one that knows the photo best.
            targets: class names from /labels with weights 0 to 1, for example {"Lemon": 1, "Lime": 0.5}.
            position: -1 the class that the instance has by itself, 0 no label, 1 the targets.
            balance: 0 the class alone, 0.5 both in full, 1 the instance alone.
            count: images, 1 to 64.
            seed: first seed, 0 to 2147483647; image i has seed + i.
            truncation: 0.05 (all alike) to 1 (widest variety).
        """
        with shown_to_visitor():
            info, instance = feature_of(self._services, photo, feature, model)
            own = self._services.sampling.drawing.own_class(info.name, instance)
            weighted = tuple((key, number("A weight", weight)) for key, weight in _named(targets).items())
            swap = Swap(own, weighted, number("The class slider", position))
            blend = Blend((instance,), swap=swap, balance=number("The balance", balance))
            request = DrawRequest(info.name, blend, _seeds(seed, count), number("Truncation", truncation))
            yield from self._answer(request)

    def mix(
        self,
        features: Sequence[Sequence[float]],
        weights: Sequence[float] | None = None,
        fine: float = -1,
        fine_from: float = DrawRequest.fine_from,
        model: str = "",
        count: float = 4,
        seed: float = 0,
        truncation: float = TRUNCATION,
    ) -> Answers:
        """Generate a mix of two to four instances on the sphere: returns PNG files and their recipe.

        Parameters:
            features: one to four features from /encode.
            weights: one for each, 0 to 1; only shares count; nothing for equal ones.
            fine: position in features of the instance that conditions fine maps, -1 for the mix itself.
            fine_from: side of the first map that counts as fine, in pixels: 8, 16, 32, ...
            model: name from /models; empty for the default one.
            count: images, 1 to 64.
            seed: first seed, 0 to 2147483647; image i has seed + i.
            truncation: 0.05 (all alike) to 1 (widest variety).
        """
        with shown_to_visitor():
            name = find_named_model(self._services, model).name
            if not isinstance(features, list) or not features:
                raise RequestError("The features must be a list of features as /encode returns them.")
            rows = tuple(unit_feature(row) for row in features)
            if weights is not None and not isinstance(weights, list):
                raise RequestError("The weights must be a list of numbers, one for each feature.")
            shares = tuple(number("A weight", weight) for weight in weights or [1.0] * len(rows))
            place = whole(fine)
            if not is_whole(place, -1, len(rows) - 1):
                raise RequestError(f"Fine must name one of the {len(rows)} features, or be -1, got {fine!r:.20}.")
            style = Blend((rows[place],)) if place >= 0 else None
            request = DrawRequest(
                name, Blend(rows, shares), _seeds(seed, count), number("Truncation", truncation), style,
                whole(fine_from),
            )  # fmt: skip
            yield from self._answer(request)

    def interpolate(
        self,
        stops: Sequence[dict[str, Any]],
        model: str = "",
        frames_per_leg: float = TravelRequest.frames_per_leg,
        loop: bool = True,
        smooth: bool = True,
        truncation: float = TRUNCATION,
        film_format: str = "gif",
        fps: float = 15,
        scale: float = 1,
    ) -> Iterator[tuple[str | None, dict[str, object]]]:
        """Generate a path through instances, classes and seeds: returns the film and its recipe.

        Parameters:
            stops: 2 to 12 of {"feature": from /encode, "label": class name or nothing, "seed": whole number}; also, for
                the part that follows, "frames": 1 to 120, "easing": linear, smooth or hold, and "rest": frames to stay
                at the stop first, 0 to 120.
            model: name from /models; empty for the default one.
            frames_per_leg: frames from one stop to the next, 2 to 60; 1 for the stops alone.
            loop: whether the path returns to its first stop.
            smooth: whether it lingers at the stops.
            truncation: 0.05 (all alike) to 1 (widest variety).
            film_format: gif, webp or mp4.
            fps: frames per second, 1 to 30.
            scale: 1, 2 or 4 times the model's resolution.
        """
        with shown_to_visitor():
            info = find_named_model(self._services, model)
            if not isinstance(stops, list) or not all(isinstance(stop, dict) for stop in stops):
                raise RequestError("The stops must be a list of {feature, label, seed}.")
            path = tuple(self._stop(stop, info.name) for stop in stops)
            request = TravelRequest(
                info.name, path, whole(frames_per_leg), bool(loop), bool(smooth), number("Truncation", truncation)
            )
            kind = _film_format(film_format)
            recipe = write_recipe(request, info)
            frames = []
            for drawn in self._services.sampling.drawing.draw(request):
                frames.append(drawn.picture)
                if len(frames) % PICTURES_A_TURN == 0:
                    yield None, recipe.values()
            film = new_folder(self._services.output_dir) / f"travel.{kind.value}"
            yield ASIDE
            write_film(frames, film, kind, number("Frames per second", fps), whole(scale), recipe.to_json())
            yield str(film), recipe.values()

    def children(
        self,
        file: str | None = None,
        partner: str | None = None,
        strength: float = STRENGTH,
        seed: float = 0,
        count: float = CHILDREN,
    ) -> Iterator[tuple[list[str], list[dict[str, object]]]]:
        """Generate children of a saved image, or of two: returns PNG files and the recipe of each.

        Parameters:
            file: a PNG that was saved here, or a recipe.json; of a set, the first image.
            partner: another one to cross it with, or nothing.
            strength: 0 (like the parent) to 1 (far away); crossings lie between their parents.
            seed: 0 to 2147483647; another one gives other children.
            count: images, 1 to 64.
        """
        with shown_to_visitor():
            if file is None:
                raise RequestError("Please upload the file.")
            parents = tuple(self._parent(saved) for saved in (file, partner) if saved is not None)
            asked = ChildrenRequest(parents, number("The strength", strength), whole(seed), whole(count))
            info = self._services.model(asked.model)
            folder = new_folder(self._services.output_dir)
            files, recipes = list[str](), list[dict[str, object]]()
            for place, child in enumerate(self._services.sampling.drawing.children(asked)):
                recipe = write_recipe(child, info)
                (drawn,) = self._services.sampling.drawing.draw(child)
                files.append(str(save_picture(drawn.picture, recipe, folder / f"{place:03d}.png")))
                recipes.append(recipe.values())
                if place % PICTURES_A_TURN == 0:
                    yield list(files), list(recipes)
            yield files, recipes

    def recipe_restore(self, file: str | None = None) -> Answers:
        """Generate a saved image again from its recipe: returns PNG files and the recipe.

        Of a path, the stops are generated. Only the version of the model that the recipe names is accepted.

        Parameters:
            file: a PNG that was saved here, or a recipe.json.
        """
        with shown_to_visitor():
            if file is None:
                raise RequestError("Please upload the file.")
            recipe = read_recipe_file(Path(file))
            info = self._services.find(recipe.model.name)
            request = checked_request(recipe, info)
            assert info is not None
            yield from self._files(request.stills(), recipe.drawn_by(info))

    def _answer(self, request: DrawRequest) -> Answers:
        yield from self._files(request, write_recipe(request, self._services.model(request.model)))

    def _files(self, request: Request, recipe: Recipe) -> Answers:
        """Draw; yields the pictures so far, each with its own recipe, and that of all."""
        folder = new_folder(self._services.output_dir)
        files: list[str] = []
        if isinstance(request, DrawRequest) and (request.best_of or 1) > 1:
            with closing(self._services.sampling.drawing.samples(request)) as batches:  # type: ignore[type-var]
                kept: Sequence[Drawn] = ()
                for kept_so_far in batches:
                    kept = kept_so_far
                    yield [], recipe.values()
            pictures = iter(kept)
        else:
            pictures = self._services.sampling.drawing.draw(request)
        for place, drawn in enumerate(pictures):
            is_of_path = isinstance(request, TravelRequest)
            name = f"{place:03d}.png" if is_of_path else picture_name(request.model, drawn.seed)
            files.append(str(save_picture(drawn.picture, recipe.of_seed(drawn.seed), folder / name)))
            if place % PICTURES_A_TURN == 0:
                yield list(files), recipe.values()
        yield files, recipe.values()

    def _parent(self, file: str) -> DrawRequest:
        recipe = read_single(Path(file))
        request = checked_request(recipe, self._services.find(recipe.model.name))
        assert isinstance(request, DrawRequest)
        return request

    def _stop(self, stop: dict[str, Any], model: str) -> TravelStop:
        label = stop.get("label") or ""
        feature = unit_feature(stop.get("feature"))
        frames, easing = stop.get("frames"), stop.get("easing")
        if easing is not None and easing not in [one.value for one in Easing]:
            raise RequestError(f"The easing can be linear, smooth or hold, got {easing!r:.20}.")
        part = PathPart(
            whole(stop.get("rest", 0)),
            None if frames is None else whole(frames),
            None if easing is None else Easing(easing),
        )
        return TravelStop(Blend((feature,), swap=Swap.to(str(label)[:200])), whole(stop.get("seed", 0)), part)


def _named(targets: Any) -> dict[str, Any]:
    if targets is None:
        return {}
    if not isinstance(targets, dict):
        raise RequestError('The targets must be class names with weights, for example {"Lemon": 1}.')
    return {str(name)[:200]: weight for name, weight in targets.items()}


def _seeds(seed: Any, count: Any) -> tuple[int, ...]:
    """Return the seeds of ``count`` pictures; raises RequestError for what is no whole number in range."""
    return DrawRequest.neighbours("", np.zeros(1, np.float32), whole(count), whole(seed)).seeds  # it checks both


def _film_format(name: Any) -> FilmFormat:
    try:
        return FilmFormat(name)
    except ValueError as error:
        known = ", ".join(kind.value for kind in FilmFormat)
        raise RequestError(f"The film can be {known}, got {name!r:.20}.") from error


def add_endpoints(services: Services) -> None:
    """Add the endpoints to the current ``gr.Blocks``."""
    endpoints = StudioEndpoints(services)
    with gr.Row(visible=False):
        photo = InstanceImage(label="photo", type="filepath")
        feature, targets = gr.JSON(label="feature"), gr.JSON(label="targets")
        features, weights, stops = gr.JSON(label="features"), gr.JSON(label="weights"), gr.JSON(label="stops")
        model = gr.Textbox("", label="model")
        position, balance = gr.Number(1, label="position"), gr.Number(Blend.balance, label="balance")
        fine, fine_from = gr.Number(-1, label="fine"), gr.Number(DrawRequest.fine_from, label="fine_from")
        count, seed = gr.Number(4, label="count"), gr.Number(0, label="seed")
        truncation = gr.Number(TRUNCATION, label="truncation")
        frames = gr.Number(TravelRequest.frames_per_leg, label="frames_per_leg")
        loop, smooth = gr.Checkbox(True, label="loop"), gr.Checkbox(True, label="smooth")
        film_format = gr.Textbox("gif", label="film_format")
        fps, scale = gr.Number(15, label="fps"), gr.Number(1, label="scale")
        file = gr.File(label="file")
        files, recipe = gr.File(label="pictures", file_count="multiple"), gr.JSON(label="recipe")
        film = gr.File(label="film")
        partner, strength = gr.File(label="partner"), gr.Number(STRENGTH, label="strength")
        children, recipes = gr.Number(CHILDREN, label="count"), gr.JSON(label="recipes")
        trigger = gr.Button()
    drawn = [count, seed, truncation]
    trigger.click(
        endpoints.swap_class, [photo, feature, model, targets, position, balance, *drawn], [files, recipe],
        api_name="swap_class", **MODEL,
    )  # fmt: skip
    trigger.click(
        endpoints.mix, [features, weights, fine, fine_from, model, *drawn], [files, recipe], api_name="mix", **MODEL
    )
    trigger.click(
        endpoints.interpolate,
        [stops, model, frames, loop, smooth, truncation, film_format, fps, scale], [film, recipe],
        api_name="interpolate", **MODEL,
    )  # fmt: skip
    trigger.click(
        endpoints.children, [file, partner, strength, seed, children], [files, recipes], api_name="children", **MODEL
    )
    trigger.click(endpoints.recipe_restore, file, [files, recipe], api_name="recipe_restore", **MODEL)
