"""The training commands; ``main.py`` adds them."""

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icgan_demo.cli.options import RunFolder, Threads, takes_settings, use_threads
from icgan_demo.config import RESOLUTIONS, EncoderConfig, EncoderTrainConfig, TrainConfig
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_truncation
from icgan_demo.service.card_figures import ByClass
from icgan_demo.service.training.run_files import RunFiles
from icgan_demo.setting import checked
from icgan_demo.training.common.run_folder import Progress, State
from icgan_demo.weights.folders import MODEL

if TYPE_CHECKING:
    from icgan_demo.training.plan import Order
    from icgan_demo.training.run import Description

LITE0 = "lite0"
"""As the encoder of a run: that of the bundled models."""
LONGEST_CLASS = 40
"""Letters of a class name in a table."""
NOT_MEASURED = {
    "no_classes": "The images are not in two or more classes, so there are none to recognise.",
    "few_photos": "Whether classes are recognised was not measured: it takes at least two classes of five images.",
    "nothing_told": "Whether classes are recognised was not measured: the model is told neither class nor instance.",
}
Data = Annotated[
    Path, typer.Argument(help="Folder or ZIP of images; subfolders at any depth are classes.", exists=True)
]
Device = Annotated[str, typer.Option(help="cpu, or cuda for a GPU.")]


@takes_settings(EncoderTrainConfig)
def train_encoder(
    data: Data,
    out: RunFolder,
    given: dict[str, Any],
    threads: Threads = 0,
    device: Device = "cpu",
) -> None:
    """Train an encoder on a folder of images, without labels (SimCLR).

    Stop with Ctrl+C at any time; the same command continues from the last checkpoint.
    """
    config = checked(EncoderTrainConfig(), **given)
    use_threads(threads)
    from icgan_demo.training.run import run_encoder

    for report in run_encoder(data, out, EncoderConfig(), config, device):
        typer.echo(f"epoch {report.epoch}/{config.epochs}  loss {report.loss:.3f}  {report.seconds:.1f} s")


@takes_settings(TrainConfig, leaves_open=True)
def train(
    data: Annotated[Path, typer.Option(help="Folder or ZIP of images; its subfolders are classes.", exists=True)],
    out: Annotated[Path, typer.Option(help="Folder of the run: state, log, sheets, checkpoints, and the model.")],
    base: Annotated[str | None, typer.Option(help="Model to continue from: a name, a model's folder or a run.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="lite0, the bundled models' encoder; or the folder of a train-encoder run."),
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(help="Side of the images, px: 32, 64, 128 or 256; twice that of the base grows it.")
    ] = None,
    *,
    given: dict[str, Any],
    threads: Threads = 0,
    device: Device = "cpu",
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the run folder's.")] = None,
    title: Annotated[str | None, typer.Option(help="Title in the model list.")] = None,
    licence: Annotated[str, typer.Option(help="Name of the licence of its weights.")] = "unknown",
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in that folder.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be done, and how long it takes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train a generator on a folder of images, from scratch or from a model.

    Defaults follow the base and the images. Ctrl+C or SIGTERM saves and ends the run, --resume continues it;
    SIGUSR1 writes the model as it is now. A run folder is accepted wherever a model is.
    """
    checked(TrainConfig(), **given)
    if resolution not in (None, *RESOLUTIONS):
        raise RequestError(f"The resolution must be 32, 64, 128 or 256, got {resolution}.")
    from icgan_demo.training.run_reporter import Reporter

    is_main = os.environ.get("RANK", "0") == "0"  # of several processes, one speaks
    reporter = Reporter(out if is_main and not dry_run else None, given.get("steps") or TrainConfig.steps)
    if not dry_run:
        reporter.listen()  # before the imports below, which take seconds
    from icgan_demo.inference.loading import find_model
    from icgan_demo.training.plan import Order
    from icgan_demo.training.run import cache_of, estimate, run_training

    check_device(device)
    start = find_model(base) if base else None
    order = Order(data, start, _encoder_run(encoder), encoder == LITE0, resolution, device)
    if dry_run:
        use_threads(threads)
        plan = estimate(order, given, cache_of(out))
        typer.echo(json.dumps(plan) if as_json else _plan_text(plan))
        return
    describe = _description(out, name, title, licence, order)
    for progress in run_training(order, given, out, describe, reporter, resume=resume, threads=threads):
        if is_main and progress.step % 10 == 0:
            typer.echo(_progress_line(progress, reporter.status.steps))
    if is_main and reporter.status.state is State.FINISHED:
        typer.echo(f"The model is in {out / MODEL}.")
        if found := RunFiles(out).by_class():
            typer.echo(_by_class_text(found))
    elif is_main:
        typer.echo(f"Saved at step {reporter.status.step}; --resume continues from there.")


def evaluate(
    model: Annotated[str, typer.Argument(help="Name from the model list, a model's folder, or a run.")],
    data: Data,
    samples: Annotated[int | None, typer.Option(help="Images to generate; by default 256 to 1000.")] = None,
    truncation: Annotated[float, typer.Option(help="0.05 .. 1, the widest variety.")] = 1.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json and the sheets drawn.png and real.png.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
    threads: Threads = 0,
) -> None:
    """Compare a model's samples with a folder of photos, in two encoders.

    The photos are the instances. Distances are named after the encoder they are taken in and compare models on the
    same photos and number of samples; they are not the FID of papers.
    """
    if samples is not None and not 2 <= samples <= 100_000:
        raise RequestError(f"samples must be between 2 and 100,000, got {samples}.")
    check_truncation(truncation)
    use_threads(threads)
    from icgan_demo.inference.loading import find_model
    from icgan_demo.training.model_figures import as_table, evaluate_model

    figures = evaluate_model(find_model(model), data, samples, truncation, out)
    text = json.dumps(figures, indent=1)
    typer.echo(text if as_json else as_table(figures) + "\n" + text)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("train-encoder")(train_encoder)
    app.command("train")(train)
    app.command("evaluate")(evaluate)


def plain_name(out: Path) -> str:
    """Return the name of a run's model that follows from the run's folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", out.resolve().name).strip("-._") or "trained"


def check_device(device: str) -> None:
    """Raise RequestError unless torch can train on the device."""
    if device not in ("cpu", "cuda"):
        raise RequestError(f"The device must be cpu or cuda, got {device[:20]!r}.")
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise RequestError("There is no GPU that torch can use. Leave --device out.")


def _encoder_run(encoder: str | None) -> Path | None:
    """Return the folder of the encoder's run, None where none is named."""
    if not encoder or encoder == LITE0:
        return None
    run = Path(encoder)
    if not run.is_dir():
        raise RequestError(f"There is no folder {run.name}. Name lite0, or the folder of a train-encoder run.")
    return run


def _progress_line(progress: Progress, steps: int) -> str:
    return (
        f"step {progress.step}/{steps}  G {progress.loss_generator:.3f}  D {progress.loss_discriminator:.3f}  "
        f"scores {progress.score_real:+.2f} {progress.score_fake:+.2f}  {progress.images_per_s:.0f} images/s"
    )


def _description(out: Path, name: str | None, title: str | None, licence: str, order: "Order") -> "Description":
    from icgan_demo.training.run import Description
    from icgan_demo.weights.cards import Licence

    plain = name or plain_name(out)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", plain):
        raise RequestError("The name may hold letters, digits, dots, dashes and underscores, at most 100.")
    note = "Synthetic images; the rights in them are also those of the training images."
    if order.base is not None and order.base.card is not None:
        note += f" Continued from {order.base.card.title} ({order.base.card.licence.name})."
    return Description(plain, (title or plain)[:200], licence=Licence(licence[:200] or "unknown", "", note))


def _by_class_text(found: ByClass) -> str:
    """What is said of a finished model's classes on the terminal."""
    if found.reason:
        return NOT_MEASURED[found.reason]
    width = min(LONGEST_CLASS, max(len(each.name) for each in found.classes))
    how = "class and instance" if found.told else "the instance alone"
    lines = [
        "Recognised as their class, by a linear classifier that has no part in the training",
        f"(features of {found.encoder}, histograms of gradients), of images generated by {how} and of photos:",
        *(
            f"  {each.name[:width]:{width}}  generated {each.of_drawn:4.0%} of {each.drawn:<4} "
            f"photos {each.of_photos:4.0%} of {each.photos}"
            for each in found.classes
        ),
    ]
    return "\n".join([*lines, f"  {found.left_out} classes left out"] if found.left_out else lines)


def _plan_text(plan: dict[str, Any]) -> str:
    """What a dry run says on the terminal."""
    minutes = plan["eta_s"] / 60
    lines = [
        f"{plan['pictures']} images, {len(plan['classes'])} classes, {plan['duplicates']} duplicates left out",
        *(f"  {entry['name']}: {entry['count']}" for entry in plan["classes"]),
        *(f"skipped {path}: {reason}" for path, reason in plan["skipped"]),
        f"from {plan['base']['name']}" if plan["base"] else "from nothing",
        *plan["notes"],
        f"{plan['steps']} steps of {plan['settings']['batch_size']} images, {plan['seconds_per_step']} s each: "
        f"about {minutes:.1f} minutes",
        f"memory {plan['memory_mb']} MB, a checkpoint {plan['checkpoint_mb']} MB, six are kept at most",
        *(f"  {key}: {value}" for key, value in plan["settings"].items()),
    ]
    return "\n".join(lines)
