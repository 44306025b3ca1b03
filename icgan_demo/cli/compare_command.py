"""The command that compares conditionings; ``main.py`` adds it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icgan_demo.cli.options import Threads, takes_settings, use_threads
from icgan_demo.cli.train_commands import Device, check_device
from icgan_demo.config import RESOLUTIONS, Conditioning, TrainConfig
from icgan_demo.errors import RequestError
from icgan_demo.setting import checked

if TYPE_CHECKING:
    from icgan_demo.training.comparison import Comparison

DECIDED = ("steps", "minutes", "seed", "conditioning")
"""Settings of a training that the comparison decides itself."""
TOLD_EVERY = 10
ALL = ",".join(Conditioning)


def register(app: typer.Typer) -> None:
    """Add the command to the program's command line."""
    app.command()(compare)


Out = Annotated[Path, typer.Option(help="Folder of the comparison: a run in each subfolder, figures and plots.")]
Images = Annotated[
    Path | None, typer.Argument(help="Folder or ZIP of images; subfolders at any depth are classes.", exists=True)
]
Budget = Annotated[int | None, typer.Option(help="Images that each run learns from; a larger one continues the runs.")]
Conditions = Annotated[
    str, typer.Option("--conditions", help="Comma-separated: none, class, partition, instance, instance-and-class.")
]
Seeds = Annotated[int, typer.Option(help="Runs of each conditioning, each with a seed of its own.")]
Sizes = Annotated[str, typer.Option(help="Also compare these sizes of a neighbourhood, such as 1,5,20,50,200.")]
Encoders = Annotated[
    str, typer.Option(help="Also compare these encoders: lite0 (supervised), bundled (self-supervised).")
]
Encoder = Annotated[str, typer.Option(help="Encoder of all other runs: lite0 or bundled.")]
Side = Annotated[int, typer.Option(help="Side of the images, px: 32, 64, 128 or 256.")]
Photos = Annotated[
    Path | None, typer.Option(help="Photos to measure with, in the same classes; default: DATA.", exists=True)
]
Samples = Annotated[int | None, typer.Option(help="Images to generate for the figures.")]
Shown = Annotated[
    Path | None,
    typer.Option(help="Train nothing: generate neighbours of this photo with each model.", exists=True, dir_okay=False),
]


@takes_settings(TrainConfig, leaves_open=True, without=DECIDED)
def compare(
    out: Out,
    data: Images = None,
    budget: Budget = None,
    conditionings: Conditions = ALL,
    seeds: Seeds = 1,
    neighbour_series: Sizes = "",
    encoder_series: Encoders = "",
    encoder: Encoder = "bundled",
    resolution: Side = 64,
    photos: Photos = None,
    samples: Samples = None,
    show: Shown = None,
    *,
    given: dict[str, Any],
    threads: Threads = 0,
    device: Device = "cpu",
) -> None:
    """Train the same generator on what it may know of a photo, and measure what that brings.

    One run after the other learns from the same images, with the same budget, seeds and schedule; every other option
    is one of `train` and holds for all. Ctrl+C saves; the same command continues. Writes compare.json, a table and
    plots. A run's folder is accepted wherever a model is.

    With --show and the folder alone: a row for each model, from the same seeds, with the photo at its left.
    """
    if show is not None:
        use_threads(threads)
        _show(show, out)
        return
    if data is None or budget is None:
        raise RequestError("Name the images to learn from and a --budget, or a photo to --show.")
    checked(TrainConfig(), **given)
    if resolution not in RESOLUTIONS:
        raise RequestError(f"The resolution must be 32, 64, 128 or 256, got {resolution}.")
    if samples is not None and not 2 <= samples <= 100_000:
        raise RequestError(f"samples must be between 2 and 100,000, got {samples}.")
    check_device(device)
    words = [_conditioning(word) for word in _words(conditionings)]
    sizes = tuple(_size(word) for word in _words(neighbour_series))
    use_threads(threads)
    from icgan_demo.training.comparison import Comparison

    comparison = Comparison(
        data,
        budget,
        conditionings=tuple(words),
        seeds=seeds,
        neighbours=sizes,
        encoders=tuple(_words(encoder_series)),
        encoder=encoder,
        resolution=resolution,
        given=given,
        photos=photos,
        samples=samples,
    )
    _run(comparison, out, threads, device)


def _run(comparison: "Comparison", out: Path, threads: int, device: str) -> None:
    """Train what is not trained yet; then, unless that was stopped, measure all and write what was found."""
    from icgan_demo.training.comparison import measure_members, train_members, untrained
    from icgan_demo.training.comparison_plots import as_markdown, write_plots

    for member, progress in train_members(comparison, out, threads, device):
        if progress.step % TOLD_EVERY == 0:
            speed = f"{progress.images_per_s:.0f} images/s"
            typer.echo(f"{member.name}  step {progress.step}/{comparison.steps}  {speed}")
    if left := untrained(comparison, out):
        typer.echo(f"Saved; {len(left)} runs are left, and the same command continues them.")
        return
    content = measure_members(comparison, out)
    table = as_markdown(content)
    (out / "compare.md").write_text(table, encoding="utf-8")
    plots = write_plots(content, out)
    typer.echo(f"{table}\ncompare.json, compare.md and {len(plots)} plots are in {out}.")


def _show(photo: Path, folder: Path) -> None:
    """Write a sheet of what each model generates for a photo, and one of the photo's cluster."""
    from icgan_demo.service.comparison.compared_models import ComparedModels
    from icgan_demo.service.comparison.comparing import ComparedRequest, sheet_of
    from icgan_demo.service.recipes.drawn_files import labelled_sheet

    compared = ComparedModels(folder)
    instance = compared.sampling.encode(compared.encoding, photo)
    rows = list(compared.rows(instance.feature, ComparedRequest()))
    for row in rows:
        if row.members:
            labelled_sheet([row.members]).save(folder / "cluster.png")
            typer.echo(f"{folder / 'cluster.png'}: stored instances of the photo's cluster, number {row.cluster}.")
    sheet_of(rows, instance.crop).save(folder / "shown.png")
    typer.echo(f"{folder / 'shown.png'}: the photo, and what each model generates for it. The images are synthetic.")


def _words(text: str) -> list[str]:
    return [word for word in text.replace(" ", "").split(",") if word]


def _conditioning(word: str) -> Conditioning:
    if word not in list(Conditioning):
        raise RequestError(f"A conditioning is one of {', '.join(Conditioning)}, got {word[:30]!r}.")
    return Conditioning(word)


def _size(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 100_000:
        raise RequestError(f"The size of a neighbourhood is a positive whole number, got {word[:20]!r}.")
    return int(word)
