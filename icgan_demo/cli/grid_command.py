"""The command that draws two settings against each other."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icgan_demo.cli.options import progress_bar
from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import Direction, Move
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.grid_requests import GridAxis, GridRequest, Setting

if TYPE_CHECKING:
    import numpy as np

    from icgan_demo.service.drawing.sampling_service import SamplingService

SETTINGS = ", ".join(each.value for each in Setting)


def register(app: typer.Typer) -> None:
    """Add the command to the program's command line."""
    app.command()(grid)


def grid(
    photo: Annotated[Path | None, typer.Argument(help="The instance.", exists=True, dir_okay=False)] = None,
    columns: Annotated[
        str, typer.Option(help=f"From left to right: {SETTINGS}; with values as in truncation=0.3,0.6,1.")
    ] = "truncation",
    rows: Annotated[str, typer.Option(help="From top to bottom, likewise.")] = "seed",
    model: Annotated[str, typer.Option(help="Name from the model list.")] = "",
    label: Annotated[str | None, typer.Option(help="Class name; without it, the instance decides.")] = None,
    style: Annotated[
        Path | None,
        typer.Option(
            help="For the setting style: a second photo, seen by the fine blocks.", exists=True, dir_okay=False
        ),
    ] = None,
    direction: Annotated[
        Path | None,
        typer.Option(
            help="For the setting direction: directions.json, as `directions` writes it; without it, the strongest of "
            "the weights.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    place: Annotated[int, typer.Option(help="Which of these directions, 1 for the first.")] = 1,
    seed: Annotated[int, typer.Option(help="Of all images, unless seeds change.")] = 0,
    truncation: Annotated[float, typer.Option(help="Of all images, unless it changes.")] = TRUNCATION,
    recipe: Annotated[
        Path | None, typer.Option(help="A saved grid, to be generated again.", exists=True, dir_okay=False)
    ] = None,
    out: Annotated[Path, typer.Option(help="The file to write, .png or .pdf.")] = Path("grid.png"),
) -> None:
    """Generate a grid of two settings against each other, with labelled axes.

    At most 12 columns and 12 rows; without values, some are chosen that show what a setting does. Values that contain
    commas, such as names of classes, stand between semicolons. The PNG contains what generates the grid again.
    """
    if (photo is None) == (recipe is None):
        raise RequestError("Give either a photo or --recipe.")
    kind = out.suffix.lower().removeprefix(".")
    from icgan_demo.service.recipes import redraw
    from icgan_demo.service.recipes.grid_files import (
        FORMATS,
        caption_of,
        checked_grid,
        grid_file,
        grid_sheet,
        read_grid_recipe,
        write_grid_recipe,
    )

    if kind not in FORMATS:
        raise RequestError(f"A grid is written as {' or '.join(FORMATS)}, got {out.name[-20:]!r}.")
    if recipe is not None:
        saved = read_grid_recipe(recipe)
        sampling = redraw.open_sampling(saved.images[0])
        asked = checked_grid(saved, sampling)
    else:
        assert photo is not None
        sampling = redraw.open_sampling()
        image = DrawRequest(model, Blend((_feature(sampling, model, photo),), swap=Swap.to(label)), (seed,), truncation)
        image = replace(image, model=_name(sampling, model))
        if direction is not None:
            image = image.moved(Move(_direction(sampling, image.model, direction, place), 0.0))
        asked = _asked(sampling, image, photo, style, columns, rows)
    pictures = []
    with progress_bar("Drawing") as report:
        for drawn in sampling.drawing.draw(asked):
            pictures.append(drawn.picture)
            report(len(pictures), asked.count)
    written = write_grid_recipe(asked, sampling)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(grid_file(grid_sheet(pictures, asked, caption_of(asked, written)), written, kind))
    except OSError as error:
        raise RequestError(f"The file {out.name!r} cannot be written. Choose another place.") from error
    typer.echo(f"A grid of {asked.count} images is in {out}.")


def _asked(
    sampling: "SamplingService", image: DrawRequest, photo: Path, style: Path | None, columns: str, rows: str
) -> GridRequest:
    from icgan_demo.service.drawing.grids import grid_of, suggested

    info = sampling.unlisted(image.model)
    assert info is not None
    if style is not None:
        image = replace(image, fine=replace(image.blend, features=(_feature(sampling, image.model, style),)))
    own = sampling.drawing.own_class(image.model, image.blend.features[0])
    if info.needs_class and not image.blend.swap.targets:
        image = replace(image, blend=replace(image.blend, swap=Swap.to(own)))
    axes = []
    for said in (columns, rows):
        name, has_values, values = said.partition("=")
        if name not in [each.value for each in Setting]:
            raise RequestError(f"There is no setting {name[:40]!r}. Settings: {SETTINGS}.")
        setting = Setting(name)
        axes.append(GridAxis.parsed(setting, values) if has_values else suggested(setting, sampling, info, own))
    return grid_of(sampling, image, axes[0], axes[1], photo)


def _direction(sampling: "SamplingService", model: str, file: Path, place: int) -> Direction:
    from icgan_demo.service.recipes.direction_files import read_directions

    info = sampling.unlisted(model)
    assert info is not None
    found = read_directions(file, info)
    if not 1 <= place <= len(found):
        raise RequestError(f"The file holds {len(found)} directions, so there is none at place {place}.")
    return found[place - 1]


def _name(sampling: "SamplingService", model: str) -> str:
    return model or sampling.models()[0].name


def _feature(sampling: "SamplingService", model: str, photo: Path) -> "np.ndarray":
    return sampling.encode(_name(sampling, model), photo).feature
