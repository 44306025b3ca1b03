"""The training commands; ``cli.py`` adds them."""

import dataclasses
import signal
import threading
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from icgan_demo.config import EncoderConfig, EncoderTrainConfig, TrainConfig
from icgan_demo.errors import RequestError

Data = Annotated[
    Path, typer.Argument(help="Folder of pictures; sub-folders of any depth are classes.", exists=True, file_okay=False)
]
Device = Annotated[str, typer.Option(help="cpu, or cuda for a GPU.")]
Threads = Annotated[int, typer.Option(help="Processor threads; 0 leaves the choice to torch.")]
Config = TypeVar("Config")
ENCODER, TRAIN = EncoderTrainConfig(), TrainConfig()


def train_encoder(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder of the run; if it holds one already, the run goes on.")],
    epochs: Annotated[int, typer.Option(help="Passes over the pictures.")] = ENCODER.epochs,
    batch_size: Annotated[int, typer.Option(help="Pictures per update.")] = ENCODER.batch_size,
    view_side: Annotated[int, typer.Option(help="Side of the views it learns from, px.")] = ENCODER.view_side,
    lr: Annotated[float, typer.Option(help="Peak learning rate.")] = ENCODER.lr,
    seed: Annotated[int, typer.Option(help="Every random choice derives from it.")] = ENCODER.seed,
    checkpoint_every: Annotated[int, typer.Option(help="Epochs between checkpoints.")] = ENCODER.checkpoint_every,
    threads: Threads = 0,
    device: Device = "cpu",
) -> None:
    """Train the encoder on a folder of pictures, without labels (SimCLR).

    Stop with Ctrl+C at any time; the same command goes on from the last checkpoint.
    """
    config = _checked(
        ENCODER,
        epochs=epochs,
        batch_size=batch_size,
        view_side=view_side,
        lr=lr,
        seed=seed,
        checkpoint_every=checkpoint_every,
    )
    _use_threads(threads)
    from icgan_demo.training.run import run_encoder

    for report in run_encoder(data, out, EncoderConfig(), config, device):
        typer.echo(f"epoch {report.epoch}/{epochs}  loss {report.loss:.3f}  {report.seconds:.1f} s")


def train(
    data: Data,
    encoder: Annotated[Path, typer.Option(help="Folder of a train-encoder run.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the run; if it holds one already, the run goes on.")],
    resolution: Annotated[int, typer.Option(help="Side of the pictures, px: 32, 64, 128 or 256.")] = 64,
    steps: Annotated[int, typer.Option(help="Generator updates.")] = TRAIN.steps,
    batch_size: Annotated[int, typer.Option(help="Pictures per update.")] = TRAIN.batch_size,
    loss: Annotated[str, typer.Option(help="logistic (with R1), or hinge (as published).")] = TRAIN.loss,
    neighbours: Annotated[int, typer.Option(help="Size of a neighbourhood.")] = TRAIN.neighbours,
    include_self: Annotated[bool, typer.Option("--include-self", help="Count an instance as its neighbour.")] = False,
    label_dropout: Annotated[float, typer.Option(help="Share of labels withheld, 0 to 1.")] = TRAIN.label_dropout,
    augment: Annotated[
        str, typer.Option(help="Comma-separated: translation, cutout, color; empty for none.")
    ] = ",".join(TRAIN.augment),
    lr_generator: Annotated[float, typer.Option(help="Learning rate of the generator.")] = TRAIN.lr_generator,
    lr_discriminator: Annotated[float, typer.Option(help="And of the discriminator.")] = TRAIN.lr_discriminator,
    r1_gamma: Annotated[float, typer.Option(help="Weight of the gradient penalty, 0 for none.")] = TRAIN.r1_gamma,
    ema_decay: Annotated[float, typer.Option(help="Decay of the averaged generator.")] = TRAIN.ema_decay,
    checkpoint_every: Annotated[int, typer.Option(help="Updates between checkpoints.")] = TRAIN.checkpoint_every,
    seed: Annotated[int, typer.Option(help="Every random choice derives from it.")] = TRAIN.seed,
    name: Annotated[str, typer.Option(help="Name of the model that the run writes.")] = "trained",
    threads: Threads = 0,
    device: Device = "cpu",
) -> None:
    """Train a generator on a folder of pictures.

    Writes checkpoints, sample sheets and log.jsonl into the run's folder and, at the end, the folder `model`, which can
    be named wherever a model can. Ctrl+C or SIGTERM saves and ends the run; the same command goes on from there.
    """
    config = _checked(
        TRAIN,
        steps=steps,
        batch_size=batch_size,
        loss=loss,
        neighbours=neighbours,
        include_self=include_self,
        label_dropout=label_dropout,
        augment=tuple(part for part in augment.split(",") if part),
        lr_generator=lr_generator,
        lr_discriminator=lr_discriminator,
        r1_gamma=r1_gamma,
        ema_decay=ema_decay,
        checkpoint_every=checkpoint_every,
        samples_every=checkpoint_every,
        seed=seed,
    )
    if resolution not in (32, 64, 128, 256):
        raise RequestError(f"The resolution must be 32, 64, 128 or 256, got {resolution}.")
    _use_threads(threads)
    from icgan_demo.training.run import Description, cache_of, prepare_run, run_generator

    prepared = prepare_run(data, encoder, resolution, config, cache_of(out))
    stopping = threading.Event()
    for name_of_signal in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name_of_signal, lambda *_: stopping.set())
    describe = Description(name=name, title=f"{name} ({resolution} px)")
    progress = None
    for progress in run_generator(prepared, resolution, config, out, describe, device, stopping.is_set):
        if progress.step % 10 == 0 or progress.step == steps:
            typer.echo(
                f"step {progress.step}/{steps}  G {progress.loss_generator:.3f}  D {progress.loss_discriminator:.3f}  "
                f"scores {progress.score_real:+.2f} {progress.score_fake:+.2f}  {progress.images_per_s:.0f} images/s"
            )
    if progress is not None and progress.step < steps:
        typer.echo(f"Saved at step {progress.step}; the same command goes on from there.")
    else:
        typer.echo(f"The model is in {out / 'model'}.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("train-encoder")(train_encoder)
    app.command("train")(train)


def _checked(defaults: Config, **values: Any) -> Config:
    """Return ``defaults`` with ``values``, or say which option is out of range."""
    try:
        return dataclasses.replace(defaults, **values)  # type: ignore[type-var]
    except ValueError as error:
        raise RequestError(f"{error}.") from error


def _use_threads(threads: int) -> None:
    if threads:
        import torch

        torch.set_num_threads(threads)
