"""Pictures drawn again from a file that carries their recipe, of whichever kind."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from icgan_demo.config import Precision
from icgan_demo.errors import RequestError
from icgan_demo.service.recipe import Recipe
from icgan_demo.service.sampling import SamplingService
from icgan_demo.service.store import ModelStore
from icgan_demo.service.studio_outputs import read_recipe_file
from icgan_demo.service.studio_recipe import AnyRecipe, BlendRecipe, version_problem
from icgan_demo.weights.folders import model_folders


def draw_file(path: Path, sampling: SamplingService | None = None) -> list[Image.Image]:
    """Return the pictures whose recipe ``path`` holds: a PNG that was saved here, or a recipe.json.

    Raises:
        RequestError: if there is no usable recipe, its model is missing, or the model is another version.
    """
    recipe = read_recipe_file(path)
    return list(draw_recipe(recipe, sampling or open_sampling(recipe)))


def open_sampling(recipe: AnyRecipe | None = None) -> SamplingService:
    """Return the drawing service with the models of this machine, in the precision of ``recipe`` if it tells one."""
    precision = Precision(recipe.precision) if recipe is not None and recipe.precision else Precision.AUTO
    return SamplingService(ModelStore(model_folders(), precision=precision))


def draw_recipe(recipe: AnyRecipe, sampling: SamplingService) -> Iterator[Image.Image]:
    """Yield the pictures of a recipe; raises as ``draw_file``, for another version of the model at the first one."""
    if problem := version_problem(recipe, sampling.unlisted(recipe.model.name)):
        raise RequestError(problem)
    if isinstance(recipe, Recipe):
        *_, samples = sampling.generate(recipe.request())
        yield from (sample.picture for sample in samples)
    elif isinstance(recipe, BlendRecipe):
        yield from sampling.studio.draw(recipe.request())
    else:
        yield from sampling.studio.travel(recipe.request())
