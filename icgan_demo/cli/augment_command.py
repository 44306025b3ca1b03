"""The command that makes a larger set of images from a small one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from icgan_demo.cli.options import progress_bar, takes_settings
from icgan_demo.config import LargerSetPlan
from icgan_demo.setting import checked

Data = Annotated[
    list[Path], typer.Argument(help="Images; folders, ZIP, TAR or Parquet files; subfolders are classes.", exists=True)
]


def register(app: typer.Typer) -> None:
    """Add the command to the program's command line."""
    app.command()(augment)


@takes_settings(LargerSetPlan)
def augment(
    data: Data,
    given: dict[str, Any],
    model: Annotated[str | None, typer.Option(help="Name of a model, or its folder; default: the first.")] = None,
    out: Annotated[
        Path,
        typer.Option(help="Folder for class folders of images, created if necessary; or NAME.zip, or NAME.tar."),
    ] = Path("larger"),
) -> None:
    """Make a larger set: new neighbours of every image, in folders named after the classes.

    Each image contains its recipe. `manifest.jsonl` has a line for each: source, class, seed, distance to its instance,
    the nearest given image and the distance to that. Images that may be copies of a given one are left out and listed.
    With `--out NAME.zip` all of it is in one file. With `--out NAME.tar` the images are one WebDataset shard instead,
    each with its class (`.cls`) and its line of the manifest (`.json`); the manifest is NAME.jsonl beside it.
    """
    from icgan_demo.inference.loading import find_model
    from icgan_demo.service.banks.larger_set import MANIFEST, LargerSetService
    from icgan_demo.service.drawing.sampling_service import SamplingService
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.service.picture_sources import count_pictures, pictures_of
    from icgan_demo.weights.folders import model_folders

    plan = checked(LargerSetPlan(), **given)
    found = find_model(model) if model else None
    store = ModelStore([*([found.folder.parent] if found else []), *model_folders()])
    name = found.name if found else store.default
    total = count_pictures(data)
    larger_sets = LargerSetService(store, SamplingService(store))
    with progress_bar("Embedding and generating") as report:
        for made in larger_sets.enlarge(name, pictures_of(data), total, plan, out):
            report(made.embedded + made.done, 2 * total)
    for skipped, reason in made.skipped:
        typer.echo(f"Left out {skipped!r}: {reason}", err=True)
    manifest = made.files[1].name if len(made.files) > 1 else MANIFEST
    info = store.info(name)
    typer.echo(
        f"{made.images} images are in {out}, described in {manifest}; {made.copies} that may be copies were left out. "
        f"{info.licence_note if info else ''}".rstrip()
    )
