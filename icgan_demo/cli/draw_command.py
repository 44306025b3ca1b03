"""The command that draws a saved picture again."""

from pathlib import Path
from typing import Annotated

import typer

Saved = Annotated[Path, typer.Argument(help="A PNG saved by the page, or a recipe.json.", exists=True, dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the command to the program's command line."""
    app.command()(draw)


def draw(
    file: Saved,
    out: Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")] = Path("outputs"),
    film: Annotated[
        str | None, typer.Option(help="For the recipe of a path: also write travel.gif, travel.webp or travel.mp4.")
    ] = None,
) -> None:
    """Generate a saved image again from its recipe.

    Neighbours, class swaps, mixes and paths: every PNG of the page contains what is needed. Writes 000.png, 001.png and
    so on, each with its own recipe. The model must be the one that generated the image.
    """
    from icgan_demo.errors import RequestError
    from icgan_demo.service.recipes import redraw
    from icgan_demo.service.recipes.film import FilmFormat, write_film
    from icgan_demo.service.recipes.outputs import save_picture
    from icgan_demo.service.recipes.recipe import read_recipe_file

    formats = {kind.value: kind for kind in FilmFormat}
    if film is not None and film not in formats:
        raise RequestError(f"The film can be {', '.join(formats)}, got {film[:20]!r}.")
    recipe = read_recipe_file(file)
    drawn = list(redraw.draw(recipe, redraw.open_sampling(recipe)))
    out.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(drawn):
        save_picture(one.picture, recipe.of_seed(one.seed), out / f"{place:03d}.png")
    if film is not None:
        write_film([one.picture for one in drawn], out / f"travel.{film}", formats[film], comment=recipe.to_json())
    typer.echo(f"{len(drawn)} images are in {out}. {recipe.licence}".rstrip())
