"""The commands around banks: build one from pictures, say what is in a file."""

from pathlib import Path
from typing import Annotated

import typer

from icgan_demo.cli.options import progress_bar

bank_app = typer.Typer(help="Make a bank of instances from any pictures, to be used on the page's map.")

Pictures = Annotated[
    list[Path], typer.Argument(help="Pictures; folders or ZIPs with pictures at any depth.", exists=True)
]
Saved = Annotated[Path, typer.Argument(help="A bank's .safetensors file.", exists=True, dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the commands to the program's command line."""
    app.add_typer(bank_app, name="bank")


@bank_app.command()
def build(
    pictures: Pictures,
    model: Annotated[
        str | None, typer.Option(help="Whose encoder embeds them: a name, or a model's folder; default: the first.")
    ] = None,
    name: Annotated[str, typer.Option(help="Of the bank; default: the folder's.")] = "",
    out: Annotated[Path, typer.Option(help="The .safetensors file to write.")] = Path("bank.safetensors"),
) -> None:
    """Build a bank from pictures: a model draws around them without any training.

    One file with the features, small thumbnails, the folders' names as classes, and the identity of the encoder. The
    page opens it in Studio, Map; pictures that cannot be used are named and left out.
    """
    from icgan_demo.errors import RequestError
    from icgan_demo.inference.loading import load_model
    from icgan_demo.service.banks.bank_building import build_bank
    from icgan_demo.service.store import ModelStore
    from icgan_demo.weights.bank_file import write_bank
    from icgan_demo.weights.folders import model_folders

    if out.suffix != ".safetensors":
        raise RequestError(f"The file's name must end in .safetensors, got {out.name!r}.")
    loaded = load_model(model or ModelStore(model_folders()).default)
    with progress_bar("Embedding") as report:
        bank, skipped = build_bank(pictures, loaded, name, report)
    for left_out, reason in skipped:
        typer.echo(f"Left out {left_out!r}: {reason}", err=True)
    record = write_bank(bank, out)
    typer.echo(f"{len(bank)} pictures of {bank.name!r} are in {out}, {record.size / 1e6:.1f} MB.")


@bank_app.command()
def info(file: Saved) -> None:
    """Say what is in a bank's file, after checking all of it."""
    from icgan_demo.weights.bank_file import read_bank

    bank = read_bank(file)
    pictures = "with thumbnails" if bank.thumbnails else "without thumbnails"
    typer.echo(f"{bank.name}: {len(bank)} pictures, {len(bank.class_names)} classes, {pictures}")
    typer.echo(f"encoder {bank.encoder}, features of {bank.features.shape[1]} numbers")
