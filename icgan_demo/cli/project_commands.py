"""The commands around project files; ``main.py`` adds them."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from icgan_demo.cli.train_commands import plain_name
from icgan_demo.errors import RequestError, TrainingError

PICTURES = "images"
"""Folder of an opened run that holds its images."""
project_app = typer.Typer(help="Take a training run to another machine, as one file.", no_args_is_help=True)


@project_app.command()
def export(
    run: Annotated[
        Path, typer.Argument(help="Folder of a run, also of one that learns.", exists=True, file_okay=False)
    ],
    file: Annotated[Path, typer.Argument(help="The file to write, for example otters.project.zip.", dir_okay=False)],
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of images that the run learns from; they travel as well.", exists=True),
    ] = None,
    no_checkpoint: Annotated[
        bool, typer.Option("--no-checkpoint", help="Leave out what the run needs to continue.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="Title in the list of runs; default: the folder's name.")] = None,
) -> None:
    """Write a run into one file: settings, log, figures, sheets, newest checkpoint, model, and its images if wanted.

    A run that learns continues meanwhile; the file holds it as it was at its newest checkpoint. The file opens on a
    page, by dropping it there, and with `project open`.
    """
    if images is not None and not images.is_dir():
        raise RequestError("Give the folder of the images. A ZIP of them can be taken along as it is.")
    from icgan_demo.service.training.project_export import export_project, images_below, request_of

    request = request_of(run, (title or plain_name(run))[:80])
    taken = None if images is None else images_below(run, images)
    exported = export_project(run, file, request, taken, with_checkpoint=not no_checkpoint)
    typer.echo(f"The run at step {exported.step} is in {file}, {exported.size / 1e6:.1f} MB.")


@project_app.command("open")
def open_project(
    file: Annotated[Path, typer.Argument(help="A project file.", exists=True, dir_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the run, which must not exist yet.")],
) -> None:
    """Make a run folder of a project file; its images lie in the folder `images` in it.

    The folder is accepted wherever a model or a run is. Prints the command that continues the run.
    """
    if out.exists():
        raise RequestError(f"There is already something in {out}. Choose another --out.")
    from icgan_demo.atomic_files import atomic_write
    from icgan_demo.guards.picture import DEFAULT_LIMITS
    from icgan_demo.service.training.project_file import OPENED_BY_COMMAND, WHY_NOT
    from icgan_demo.service.training.project_opening import opened_project
    from icgan_demo.weights.folders import model_folders

    try:
        with opened_project(file, OPENED_BY_COMMAND) as packed, atomic_write(out) as scratch:
            run = packed.unpack_run(scratch, plain_name(out))
            hashes = packed.write_images(scratch / PICTURES, DEFAULT_LIMITS)
    except OSError as error:
        raise TrainingError("The disk is full or read-only. Free some space, then open the file again.") from error
    project, lacks = packed.project, run.lacks(hashes, model_folders())
    typer.echo(f"The run is in {out}, at step {project.step} of {project.steps}.")
    if lacks:
        typer.echo(" ".join(WHY_NOT[lack] for lack in lacks), err=True)
    else:
        base = ["--base", run.base[0]] if run.base else []
        words = ["icgan-demo", "train", "--data", str(out / PICTURES), *base, "--out", str(out), "--resume"]
        typer.echo(f"To continue it: {shlex.join(words)}")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(project_app, name="project")
