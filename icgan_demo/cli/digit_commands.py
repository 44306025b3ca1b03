"""The commands about digits; ``main.py`` adds them."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from icgan_demo.cli.options import RunFolder, Threads, stop_on_signals, takes_settings, use_threads
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer
from icgan_demo.service.cgan.digit_requests import (
    BLEND_STEPS,
    MAX_COLUMNS,
    DigitBlendRequest,
    DigitRequest,
    parse_digits,
)
from icgan_demo.setting import checked
from icgan_demo.training.digits.digit_settings import PRESETS, DigitNetworks, DigitTrainConfig
from icgan_demo.weights.folders import MODEL

Folder = Annotated[
    Path | None,
    typer.Argument(help="Folder with the four IDX files of MNIST, Fashion-MNIST or EMNIST; default: ICGAN_MNIST_DIR."),
]
Network = Annotated[str, typer.Option(help='"modern", or "paper" for that of 2014.')]


def digits(
    network: Network = DigitRequest.network,
    which: Annotated[str, typer.Option("--digits", help="Rows, such as 0123 or 3,10,25.")] = "0123456789",
    count: Annotated[int, typer.Option(help=f"Seeds, one for each column, 1 to {MAX_COLUMNS}.")] = DigitRequest.count,
    seed: Annotated[int, typer.Option(help="Column i has seed + i.")] = DigitRequest.seed,
    blend: Annotated[
        str | None, typer.Option(help="Two digits such as 38: each row blends one seed from the first to the second.")
    ] = None,
    scale: Annotated[int, typer.Option(help="Size of a pixel, 1 to 8.")] = 3,
    model: Annotated[str | None, typer.Option(help="Name or folder of a model of digits; default: the first.")] = None,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")] = Path("digits.png"),
) -> None:
    """Generate a grid of digits, a row for each digit and a column for each seed.

    With --blend, each row blends one seed from one digit to another.
    """
    check_integer("Scale", scale, 1, 8)
    request = DigitRequest(network, parse_digits(which), seed, count)
    ends = None if blend is None else parse_digits(blend)
    if ends is not None and len(ends) != 2:
        raise RequestError(f"Blend needs two digits such as 38, got {blend!r}.")
    from icgan_demo.inference.digit_model import open_digit_model
    from icgan_demo.service.cgan.digit_service import DigitService

    service = DigitService(lambda: open_digit_model(model))
    if ends is None:
        picture = service.grid(request, scale)
    else:
        picture = service.blend(DigitBlendRequest.ways(network, *ends, seeds=request.seeds), BLEND_STEPS, scale)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        picture.save(out, "PNG")
    except OSError as error:
        raise RequestError(f"{out.name} cannot be written. Choose another place.") from error
    typer.echo(f"{out} is written. {service.info().licence_note}")


@takes_settings(DigitTrainConfig, leaves_open=True)
def train_digits(
    folder: Folder = None,
    out: RunFolder = Path("runs/digits"),
    network: Network = "modern",
    *,
    given: dict[str, Any],
    name: Annotated[str, typer.Option(help="Name of the model that the run writes.")] = "digits",
    download: Annotated[bool, typer.Option("--download", help="Download MNIST into the folder first.")] = False,
    threads: Threads = 0,
) -> None:
    """Train a conditional GAN on digits (Mirza and Osindero 2014), with their networks and schedule or modern ones.

    Writes checkpoints, sheets and log.jsonl into the run's folder and, at the end, the folder `model`. Ctrl+C or
    SIGTERM saves and ends the run; the same command continues from there.
    """
    if network not in PRESETS:
        raise RequestError(f'The network must be "modern" or "paper", got {network[:50]!r}.')
    config = checked(PRESETS[DigitNetworks(network)], **given)
    use_threads(threads)
    from icgan_demo.training.digits.digit_data import download_mnist
    from icgan_demo.training.digits.digit_run import run_digits
    from icgan_demo.weights.folders import mnist_folder

    source = folder or mnist_folder()
    if download:
        download_mnist(source)
    stopping = stop_on_signals()
    progress = None
    for progress in run_digits(source, config, out, name, stopping.is_set):
        if progress.update % 100 == 0 or progress.validation is not None:
            shown = {key: round(value, 4) for key, value in dataclasses.asdict(progress).items() if value is not None}
            typer.echo(json.dumps(shown))
    if stopping.is_set() and progress is not None:
        typer.echo(f"Saved at update {progress.update}; the same command continues from there.")
    else:
        typer.echo(f"The model is in {out / MODEL}.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("digits")(digits)
    app.command("train-digits")(train_digits)
