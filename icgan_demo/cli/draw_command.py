"""The commands that draw a saved picture again, and children of saved pictures."""

from pathlib import Path
from typing import Annotated

import typer

from icgan_demo.service.drawing.children_requests import CHILDREN, STRENGTH, ChildrenRequest
from icgan_demo.service.drawing.drawing_requests import MAX_PICTURES, DrawRequest

Saved = Annotated[Path, typer.Argument(help="A PNG saved by the page, or a recipe.json.", exists=True, dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the commands to the program's command line."""
    app.command()(draw)
    app.command()(children)


def draw(
    file: Annotated[str, typer.Argument(help="A PNG saved by the page, a recipe.json, or the link of an image.")],
    out: Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")] = Path("outputs"),
    film: Annotated[
        str | None, typer.Option(help="For the recipe of a path: also write travel.gif, travel.webp or travel.mp4.")
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames per second of the film, 1 to 30.")] = 15,
    model: Annotated[
        str | None, typer.Option(help="For the recipe of a path: another model that is to draw it.")
    ] = None,
) -> None:
    """Generate a saved image again from its recipe.

    Neighbours, class swaps, mixes and paths: every PNG of the page contains what is needed, and so does a link that
    the page copies. Writes 000.png, 001.png and so on, each with its own recipe. The model must be the one that
    generated the image; a path can also be drawn by another one (`--model`), which knows its classes by their names and
    sees its instances with its own encoder.
    """
    from icgan_demo.errors import RequestError
    from icgan_demo.service.recipes import redraw
    from icgan_demo.service.recipes.drawn_files import save_picture
    from icgan_demo.service.recipes.film import FilmFormat, write_film
    from icgan_demo.service.recipes.recipe import read_recipe_file
    from icgan_demo.service.recipes.recipe_link import is_link, read_link

    formats = {kind.value: kind for kind in FilmFormat}
    if film is not None and film not in formats:
        raise RequestError(f"The film can be {', '.join(formats)}, got {film[:20]!r}.")
    if not is_link(file) and not Path(file).is_file():
        raise RequestError(f"There is no file {file[:200]!r}. Name a saved PNG, a recipe.json or the link of an image.")
    recipe = read_link(file) if is_link(file) else read_recipe_file(Path(file))
    sampling = redraw.open_sampling(recipe)
    if model is not None:
        recipe, remarks = redraw.by_other_model(recipe, model, sampling)
        for remark in remarks:
            typer.echo(remark, err=True)
    drawn = list(redraw.draw(recipe, sampling))
    out.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(drawn):
        save_picture(one.picture, recipe.of_seed(one.seed), out / f"{place:03d}.png")
    if film is not None:
        write_film([one.picture for one in drawn], out / f"travel.{film}", formats[film], fps, comment=recipe.to_json())
    typer.echo(f"{len(drawn)} images are in {out}. {recipe.licence}".rstrip())


def children(
    file: Saved,
    partner: Annotated[
        Path | None, typer.Argument(help="Another one to cross it with.", exists=True, dir_okay=False)
    ] = None,
    strength: Annotated[float, typer.Option(help="0 (like the parent) to 1 (far away).")] = STRENGTH,
    seed: Annotated[int, typer.Option(help="Another one gives other children.")] = 0,
    count: Annotated[int, typer.Option(help=f"Images, 1 to {MAX_PICTURES}.")] = CHILDREN,
    out: Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")] = Path("outputs"),
) -> None:
    """Generate children of a saved image: variations of it, or crossings with another one.

    Writes 000.png, 001.png and so on, each with its own recipe, so that it can have children in turn. Of a saved set,
    the first image is the parent.
    """
    from icgan_demo.service.recipes import redraw
    from icgan_demo.service.recipes.drawn_files import save_picture
    from icgan_demo.service.recipes.lineage import read_single
    from icgan_demo.service.recipes.recipe import checked_request, write_recipe

    recipes = [read_single(each) for each in (file, partner) if each is not None]
    sampling = redraw.open_sampling(recipes[0])
    parents = tuple(checked_request(recipe, sampling.unlisted(recipe.model.name)) for recipe in recipes)
    asked = ChildrenRequest(tuple(one for one in parents if isinstance(one, DrawRequest)), strength, seed, count)
    info = sampling.unlisted(asked.model)
    assert info is not None
    out.mkdir(parents=True, exist_ok=True)
    for place, child in enumerate(sampling.drawing.children(asked)):
        recipe = write_recipe(child, info)
        (drawn,) = sampling.drawing.draw(child)
        save_picture(drawn.picture, recipe, out / f"{place:03d}.png")
    typer.echo(f"{count} images are in {out}. {recipes[0].licence}".rstrip())
