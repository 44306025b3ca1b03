"""The commands that find directions of a model, and move a saved image along them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import (
    DIRECTIONS,
    MAX_AMOUNT,
    MAX_MOVES,
    Direction,
    DirectionsRequest,
    Kind,
    Move,
)
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.values import ModelInfo

if TYPE_CHECKING:
    from PIL import Image

    from icgan_demo.service.drawing.sampling_service import SamplingService

SAVED = "A PNG saved by the page, or a recipe.json; of a set, the first image."
Saved = Annotated[Path, typer.Argument(help=SAVED, exists=True, dir_okay=False)]
Found = Annotated[Path, typer.Argument(help="directions.json, as `directions` writes it.", exists=True, dir_okay=False)]
Out = Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")]
Photos = list[Path] | None
AMOUNTS = (-2.0, -1.0, 0.0, 1.0, 2.0)


def register(app: typer.Typer) -> None:
    """Add the commands to the program's command line."""
    app.command()(directions)
    app.command()(move)


def directions(
    file: Saved,
    kind: Annotated[Kind, typer.Option(help="How they are found; difference: `--these` minus `--those`.")] = (
        Kind.WEIGHTS
    ),
    side: Annotated[int | None, typer.Option(help="Only the block of this output side, for weights, responses.")] = (
        None
    ),
    count: Annotated[int, typer.Option(help="Directions, the strongest first.")] = DIRECTIONS,
    these: Annotated[Photos, typer.Option(help="A photo of what to move towards; may be repeated.")] = None,
    those: Annotated[Photos, typer.Option(help="A photo of what to move away from; may be repeated.")] = None,
    out: Out = Path("directions"),
) -> None:
    """Find directions of the model of a saved image, without labels, and show the image along each of them.

    Writes directions.json, strips.png with a row for each direction (-2 to 2 standard deviations), and each image of
    the strips as a PNG with its recipe. Prints between which amounts images stay near to the model's instances.
    """
    from icgan_demo.service.recipes.direction_files import write_directions
    from icgan_demo.service.recipes.drawn_files import labelled_sheet, save_picture
    from icgan_demo.service.recipes.recipe import write_recipe

    sampling, info, request = _opened(file)
    ends = [tuple(sampling.encode(info.name, photo).feature for photo in photos or ()) for photos in (these, those)]
    found = sampling.drawing.directions(DirectionsRequest(info.name, kind, side, count, *ends))
    found = [sampling.drawing.good_range(info.name, each) for each in found]
    out.mkdir(parents=True, exist_ok=True)
    write_directions(found, info, out / "directions.json")
    strips: list[list[Image.Image]] = []
    for place, direction in enumerate(found, 1):
        strips.append([])
        for amount in AMOUNTS:
            moved = request.moved(Move(direction, amount))
            (drawn,) = sampling.drawing.draw(moved)
            save_picture(drawn.picture, write_recipe(moved, info), out / f"{place:02d}_{amount:+g}.png")
            strips[-1].append(drawn.picture)
        low, high = direction.good or (0.0, 0.0)
        typer.echo(f"{place}  {direction.name}  good from {low:.1f} to {high:.1f}")
    sheet = labelled_sheet(strips, [str(place + 1) for place in range(len(found))], [f"{each:+g}" for each in AMOUNTS])
    sheet.save(out / "strips.png")
    typer.echo(f"{len(found)} directions and their strips are in {out}. {info.licence_note}".rstrip())


def move(
    file: Saved,
    found: Found,
    along: Annotated[
        list[str],
        typer.Option(
            help=f"Number of a direction in the file and standard deviations, -{MAX_AMOUNT:g} to {MAX_AMOUNT:g}, such "
            f"as 2:1.5; may be repeated, up to {MAX_MOVES} directions in all."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The PNG to write; it contains its recipe.")] = Path("moved.png"),
) -> None:
    """Move a saved image along directions that were found or saved, beside those that it was moved along before."""
    from icgan_demo.service.recipes.direction_files import read_directions
    from icgan_demo.service.recipes.drawn_files import save_picture
    from icgan_demo.service.recipes.recipe import write_recipe

    sampling, info, request = _opened(file)
    known = read_directions(found, info)
    moved = request.moved(*(_step(known, each) for each in along))
    (drawn,) = sampling.drawing.draw(moved)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_picture(drawn.picture, write_recipe(moved, info), out)
    typer.echo(f"The image is {out}. {info.licence_note}".rstrip())


def _opened(file: Path) -> "tuple[SamplingService, ModelInfo, DrawRequest]":
    """Return the service, the model of a saved image, and the image's request."""
    from icgan_demo.service.recipes import redraw
    from icgan_demo.service.recipes.lineage import read_single
    from icgan_demo.service.recipes.recipe import checked_request

    recipe = read_single(file)
    sampling = redraw.open_sampling(recipe)
    info = sampling.unlisted(recipe.model.name)
    request = checked_request(recipe, info)
    assert info is not None
    assert isinstance(request, DrawRequest)
    return sampling, info, request


def _step(known: Sequence[Direction], given: str) -> Move:
    """Return the step that ``NUMBER:AMOUNT`` says; raises RequestError for another text."""
    number, _, amount = given.partition(":")
    try:
        place, deviations = int(number), float(amount)
    except ValueError as error:
        raise RequestError(f"Say which direction and how far, such as 2:1.5, not {given[:40]!r}.") from error
    if not 1 <= place <= len(known):
        raise RequestError(f"The file holds directions 1 to {len(known)}, not {place}.")
    return Move(known[place - 1], deviations)
