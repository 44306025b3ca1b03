"""Pictures drawn again from a file that carries their recipe, of whichever kind."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from icgan_demo.config import Precision
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Drawn, TravelRequest
from icgan_demo.service.drawing.other_model import carried_over
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import Recipe, checked_request, read_recipe_file, write_recipe
from icgan_demo.weights.folders import model_folders


def draw_file(path: Path, sampling: SamplingService | None = None) -> list[Image.Image]:
    """Return the pictures whose recipe ``path`` holds: a PNG that was saved here, or a recipe.json.

    Raises:
        RequestError: if there is no usable recipe, its model is missing, or the model is another version.
    """
    recipe = read_recipe_file(path)
    return [drawn.picture for drawn in draw(recipe, sampling or open_sampling(recipe))]


def draw(recipe: Recipe, sampling: SamplingService) -> Iterator[Drawn]:
    """Yield the pictures of a recipe; raises as ``draw_file``, at the first one."""
    yield from sampling.drawing.draw(checked_request(recipe, sampling.unlisted(recipe.model.name)))


def by_other_model(recipe: Recipe, model: str, sampling: SamplingService) -> tuple[Recipe, list[str]]:
    """Return the recipe of the same path by another model, and what cannot be the same, in sentences.

    Raises:
        RequestError: if it is no path, or one of the models is missing or another version.
    """
    source = sampling.unlisted(recipe.model.name)
    target = next((info for info in sampling.models() if info.name == model), None)
    request = checked_request(recipe, source)
    if not isinstance(request, TravelRequest) or source is None:
        raise RequestError("Only a path can be drawn by another model; this is the recipe of single images.")
    if target is None:
        known = ", ".join(info.name for info in sampling.models())
        raise RequestError(f"There is no model of that name. Known models: {known}.")
    carried = carried_over(request.stops, source, target, sampling, {})
    remarks = []
    if carried.are_seen_again:
        remarks.append(
            f"{target.title} has another encoder: it sees the images that {source.title} generates of the instances."
        )
    if carried.lost_classes:
        remarks.append(f"{target.title} does not know {', '.join(carried.lost_classes)}; these shares have no label.")
    return write_recipe(replace(request, model=target.name, stops=carried.stops), target), remarks


def open_sampling(recipe: Recipe | None = None) -> SamplingService:
    """Return the drawing service with the models of this machine, in the precision of ``recipe`` if it tells one."""
    precision = Precision(recipe.precision) if recipe is not None and recipe.precision else Precision.AUTO
    return SamplingService(ModelStore(model_folders(), precision=precision))
