"""The commands around banks: build one from pictures, say what is in it."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icgan_demo.cli.options import progress_bar
from icgan_demo.config import EmbedPlan, IndexPlan
from icgan_demo.setting import checked
from icgan_demo.weights.folders import is_folder

if TYPE_CHECKING:
    from icgan_demo.service.banks.bank_streaming import EmbedProgress, ShardsFrom
    from icgan_demo.weights.bank_folder import BankManifest

bank_app = typer.Typer(help="Make a bank of instances from any images, to be used on the page's map.")

SOURCES = "Images; folders, ZIP, TAR or Parquet files with images at any depth; lists of images (.txt)."
SAID_EVERY_S = 30.0
"""A line about the progress, where nobody looks at a terminal."""

Pictures = Annotated[list[Path], typer.Argument(help=SOURCES, exists=True)]
Saved = Annotated[Path, typer.Argument(help="A bank's .safetensors file, or its folder.", exists=True)]
Ray = Annotated[
    str | None,
    typer.Option(
        help="Of a folder: share the work with the Ray cluster at this address; `local` for all cores of this machine, "
        "`auto` for the cluster that it belongs to."
    ),
]
ShardPictures = Annotated[int, typer.Option(help="Of a folder: images in one file, the most an interruption costs.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program's command line."""
    app.add_typer(bank_app, name="bank")


@bank_app.command()
def build(
    pictures: Pictures,
    model: Annotated[
        str | None, typer.Option(help="Model whose encoder embeds them: a name or a folder; default: the first.")
    ] = None,
    name: Annotated[str, typer.Option(help="Of the bank; default: the folder's.")] = "",
    out: Annotated[
        Path, typer.Option(help="The .safetensors file to write, or a folder for any number of images.")
    ] = Path("bank.safetensors"),
    thumbnails: Annotated[bool, typer.Option(help="Of a folder: keep a small image of each, about 1 kB.")] = True,
    shard_pictures: ShardPictures = EmbedPlan.shard_pictures,
    most_probes: Annotated[
        int, typer.Option(help="Of a folder with very many images: cells that a search may look into at most.")
    ] = IndexPlan.most_probes,
    ray: Ray = None,
) -> None:
    """Build a bank from images, so that a model generates around them without any training.

    One file with the features, small thumbnails, the folders' names as classes, and the identity of the encoder. The
    page opens it in Studio, Map; images that cannot be used are named and left out. A folder takes any number of
    pictures, and the same command continues after an interruption; docs/scale.md says how the page shows it.
    """
    from icgan_demo.inference.loading import load_model
    from icgan_demo.service.banks.bank_building import build_bank
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.weights.bank_file import write_bank
    from icgan_demo.weights.folders import model_folders

    into_folder = wants_folder(out, ray)
    model = model or ModelStore(model_folders()).default
    if into_folder:
        plan = checked(EmbedPlan(), name=name, shard_pictures=shard_pictures, has_thumbnails=thumbnails)
        fill_folder(pictures, model, out, plan, ray, most_probes)
        return
    loaded = load_model(model)
    with progress_bar("Embedding") as report:
        bank, skipped = build_bank(pictures, loaded, name, report)
    for left_out, reason in skipped:
        typer.echo(f"Left out {left_out!r}: {reason}", err=True)
    record = write_bank(bank, out)
    typer.echo(f"{len(bank)} images of {bank.name!r} are in {out}, {record.size / 1e6:.1f} MB.")


@bank_app.command()
def info(file: Saved) -> None:
    """Check a bank file and say what it holds."""
    from icgan_demo.weights.bank_file import read_bank
    from icgan_demo.weights.bank_folder import check_bank_folder

    if file.is_dir():
        manifest = check_bank_folder(file)
        _say(manifest)
        _say_index(file, manifest)
        return
    bank = read_bank(file)
    pictures = "with thumbnails" if bank.thumbnails else "without thumbnails"
    typer.echo(f"{bank.name}: {len(bank)} images, {len(bank.class_names)} classes, {pictures}")
    typer.echo(f"encoder {bank.encoder}, features of {bank.features.shape[1]} numbers")


def wants_folder(out: Path, ray: str | None = None) -> bool:
    """Return whether a bank is to be a folder; raises RequestError for another name, or a cluster for a file."""
    from icgan_demo.errors import RequestError

    if out.suffix not in ("", ".safetensors") and not out.is_dir():
        raise RequestError(f"The file's name must end in .safetensors, a folder's in nothing, got {out.name!r}.")
    if ray is not None and out.suffix == ".safetensors":
        raise RequestError("A cluster fills a folder. Give one as --out, a name without .safetensors.")
    return out.suffix != ".safetensors"


def fill_folder(
    sources: Sequence[Path],
    model: str,
    out: Path,
    plan: EmbedPlan,
    ray: str | None = None,
    most_probes: int | None = None,
) -> None:
    """Embed any number of pictures into a folder and say what is in it.

    Args:
        model: as ``load_model`` takes it.
        ray: address of a cluster that does it; None for this process.
        most_probes: also index them, with so many cells searched at most.
    """
    from icgan_demo.inference.loading import load_model
    from icgan_demo.service.banks.bank_streaming import build_bank_folder, embed_into

    elsewhere = None if ray is None else _on_cluster(ray, sources, model, plan)
    line, loaded = _Line(), load_model(model)
    if most_probes is None:
        manifest = embed_into(sources, loaded, out, plan, line.told, elsewhere)
    else:
        of_index = checked(IndexPlan(), most_probes=most_probes)
        manifest = build_bank_folder(sources, loaded, out, plan, of_index, line.told, line.reported, elsewhere)
    line.end()
    _say(manifest)
    if most_probes is not None:
        _say_index(out, manifest)
    typer.echo(f"All of it is in {out}.")


def _on_cluster(address: str, sources: Sequence[Path], model: str, plan: EmbedPlan) -> "ShardsFrom":
    from icgan_demo.service.cluster.ray_cluster import connect

    connect(address)
    from icgan_demo.service.cluster.ray_embedding import shards_by_ray

    named = str(Path(model).absolute()) if is_folder(model) else model
    return shards_by_ray([path.absolute() for path in sources], named, plan)


def _say(manifest: "BankManifest") -> None:
    pictures = "with thumbnails" if manifest.has_thumbnails else "without thumbnails"
    typer.echo(f"{manifest.name}: {manifest.count:,} images, {len(manifest.class_names)} classes, {pictures}")
    typer.echo(f"encoder {manifest.encoder}, features of {manifest.dim} numbers")
    typer.echo(f"left out: {manifest.skipped:,} that cannot be used, {manifest.duplicates:,} doubles")


def _say_index(folder: Path, manifest: "BankManifest") -> None:
    from icgan_demo.index.cells import read_record

    if manifest.count <= IndexPlan.exact_up_to:
        return
    record = read_record(folder)
    typer.echo(
        f"index: {record.cells:,} cells, {record.probes} of them searched, "
        f"{record.recall:.1%} of the {record.judged} nearest found"
    )


class _Line:
    """One line that changes on a terminal; elsewhere a new one now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._started = self._said = time.monotonic()

    def told(self, progress: "EmbedProgress") -> None:
        """Say how far the pictures are."""
        seconds = max(time.monotonic() - self._started, 1e-3)
        speed = (progress.looked_at - progress.found_done) / seconds
        self._say(f"{progress.looked_at:,} images looked at, {progress.kept:,} kept, {speed:.1f} a second")

    def reported(self, what: str, done: int, total: int) -> None:
        """Say how far the index is."""
        self._say(f"{what}: {done / total:.0%}")

    def end(self) -> None:
        """Leave the last line on the terminal."""
        if self._is_terminal:
            typer.echo("", err=True)

    def _say(self, text: str) -> None:
        if self._is_terminal:
            typer.echo(f"\r{text:<70}", err=True, nl=False)
        elif time.monotonic() - self._said > SAID_EVERY_S:
            self._said = time.monotonic()
            typer.echo(text, err=True)
