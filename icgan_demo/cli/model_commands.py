"""The commands that bring published weights in and take models out; ``main.py`` adds them to ``models``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from icgan_demo.errors import RequestError
from icgan_demo.service.download_service import (
    Tell,
    install_file,
    is_installed,
    licence_of,
    missing_encoder,
    remote_file,
)
from icgan_demo.weights.cards import find_cards
from icgan_demo.weights.folders import model_folders, user_models_folder
from icgan_demo.weights.published.catalogue import ENCODER_WEIGHTS, PUBLISHED, STORED_INSTANCES
from icgan_demo.weights.published.conversion import convert_apart
from icgan_demo.weights.published.export import export_official, export_own, has_official_layout

Source = Annotated[str, typer.Argument(help="A file or folder on this machine, or a published name.")]
PublishedName = Annotated[str, typer.Argument(help="A published name; `models published` lists them.")]


def import_weights(
    source: Source,
    name: Annotated[str | None, typer.Option(help="Name of the model; default: its published name.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help=f"Which encoder a file is, if that is ambiguous: {', '.join(ENCODER_WEIGHTS)}.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing model.")] = False,
) -> None:
    """Convert published IC-GAN weights into the model folder.

    SOURCE is a published archive ({name}.tar.gz) or its unpacked folder, a StyleGAN2 snapshot (.pkl), the archive of
    stored instances, an encoder's file (.pth, .pth.tar, .safetensors), or the name of any of these, which is then
    downloaded first.
    Nothing in a file is executed.
    """
    models = user_models_folder()
    if encoder is not None and encoder not in ENCODER_WEIGHTS:
        raise RequestError(f"There is no encoder {encoder[:100]!r}. Choose one of: {', '.join(ENCODER_WEIGHTS)}.")
    path = Path(source).expanduser()
    if path.exists():
        typer.echo(convert_apart(path, models, encoder=encoder, name=name, replace=replace))
        _say_what_is_missing(name or path.name.removesuffix(".tar.gz").removesuffix(".pkl"), models)
    else:
        _fetch(source, models, replace=replace)
        _say_what_is_missing(source, models)


def download(
    name: PublishedName,
    instances: Annotated[bool, typer.Option("--instances", help="Also the authors' stored instances.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what is already there.")] = False,
) -> None:
    """Download a published model and its encoder, and convert both."""
    models = user_models_folder()
    remote_file(name)
    if name not in PUBLISHED or replace or not is_installed(name, models):
        _fetch(name, models, replace=replace)
    if name in PUBLISHED and (encoder := missing_encoder(PUBLISHED[name], models)):
        _fetch(encoder.kind, models)
    if instances:
        _fetch(STORED_INSTANCES, models)


def export(
    name: Annotated[str, typer.Argument(help="A model of this machine; `models` lists them.")],
    out: Annotated[Path, typer.Option(help="The archive to write, or an existing folder for it.")] = Path(),
) -> None:
    """Save a model in the layout of the published archives, so that the original repository's code loads it.

    Other models are saved as card and safetensors, for the models folder of another machine.
    """
    found = next((model for model in find_cards(model_folders()) if model.name == name), None)
    if found is None or found.card is None:
        raise RequestError(f"There is no usable model {name[:100]!r} on this machine.")
    if not has_official_layout(found.card):
        typer.echo(f"{export_own(found.card, found.folder, out)} is written, in this program's own layout.")
        typer.echo(
            "The original code opens such a network only as a pickle. Unpack it into a folder of models to use it."
        )
        return
    typer.echo(f"{export_official(found.card, found.folder, out)} is written.")
    if found.card.generator.feature_dim < 2048:
        length = found.card.generator.feature_dim
        typer.echo(f"The original code takes features of 2048 numbers: this model's {length}, then zeros.")


def published() -> None:
    """List the models that can be downloaded, with sizes, encoders and licences."""
    models = user_models_folder()
    for model in PUBLISHED.values():
        here = "here" if is_installed(model.name, models) else f"about {model.megabytes} MB"
        classes = "1000 classes" if model.class_conditional else "no classes"
        typer.echo(f"{model.name}: {model.resolution} px, {classes}, {here}, {model.encoder}, {model.licence.name}")
    for weights in ENCODER_WEIGHTS.values():
        typer.echo(f"{weights.kind}: {weights.title}, about {weights.remote.megabytes} MB, {weights.licence.name}")
    typer.echo(f"{STORED_INSTANCES}: 1,000 stored instances for the ImageNet and COCO-Stuff models")


def register(models: typer.Typer) -> None:
    """Add the commands to the ``models`` group."""
    models.command("import")(import_weights)
    models.command("download")(download)
    models.command("export")(export)
    models.command("published")(published)


def _fetch(name: str, models: Path, *, replace: bool = False) -> None:
    remote = remote_file(name)
    if name in PUBLISHED and is_installed(name, models) and not replace:
        raise RequestError(f"{name} is already in the model folder. Use --replace to download it again.")
    licence = licence_of(name)
    typer.echo(f"{name}: {licence.name}. {licence.note} {licence.url}")
    with _terminal() as tell:
        sentence = install_file(remote, models, tell)
    typer.echo(sentence)


def _say_what_is_missing(name: str, models: Path) -> None:
    if name in PUBLISHED and is_installed(name, models) and (encoder := missing_encoder(PUBLISHED[name], models)):
        typer.echo(
            f"To take photos it needs its encoder: icgan-demo models import {encoder.kind}"
            f" ({encoder.title}, {encoder.licence.name})."
        )


@contextmanager
def _terminal() -> Iterator[Tell]:
    """Draw a progress bar on the terminal's error stream; nothing where that is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("")

        def tell(stage: str, file: str, done: int, total: int | None) -> None:
            progress.update(task, description=f"{stage} {file}", completed=done, total=total)

        yield tell
