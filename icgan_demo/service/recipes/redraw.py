"""Pictures drawn again from a file that carries their recipe, of whichever kind."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from icgan_demo.config import Precision
from icgan_demo.service.drawing.drawing_requests import Drawn
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.recipes.recipe import Recipe, checked_request, read_recipe_file
from icgan_demo.service.store import ModelStore
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


def open_sampling(recipe: Recipe | None = None) -> SamplingService:
    """Return the drawing service with the models of this machine, in the precision of ``recipe`` if it tells one."""
    precision = Precision(recipe.precision) if recipe is not None and recipe.precision else Precision.AUTO
    return SamplingService(ModelStore(model_folders(), precision=precision))
