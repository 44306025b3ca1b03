"""The command line: the same services as the page, without the page.

Commands import what they need when they run, so that help and errors come at once. A wrong value is one line on the
error stream and exit code 2; whatever else stops a command is one line and exit code 1.
"""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import numpy as np
import typer
from PIL import Image
from typer.exceptions import TyperException

from icgan_demo.cli import (
    augment_command,
    bank_commands,
    compare_command,
    digit_commands,
    direction_commands,
    draw_command,
    grid_command,
    project_commands,
    tag_commands,
    train_commands,
)
from icgan_demo.cli.options import progress_bar
from icgan_demo.config import TRUNCATION, EmbedPlan, Precision
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import COUNT, MAX_BEST_OF, MAX_PICTURES, Blend, DrawRequest, Swap
from icgan_demo.service.drawing.inversion_requests import STARTS, InversionRequest, Nearness
from icgan_demo.service.drawing.search_requests import MAX_ROUNDS
from icgan_demo.service.values import AUTOMATIC, Familiarity, Instance, ModelInfo
from icgan_demo.setting import checked

if TYPE_CHECKING:
    from icgan_demo.inference.instance_model import InstanceModel
    from icgan_demo.service.drawing.sampling_service import SamplingService
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.service.photo_embedding import Embedded

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
models_app = typer.Typer(help="List, import, download and export models.")
app.add_typer(models_app, name="models")
train_commands.register(app)
project_commands.register(app)
compare_command.register(app)
digit_commands.register(app)
tag_commands.register(app)
draw_command.register(app)
grid_command.register(app)
direction_commands.register(app)
bank_commands.register(app)
augment_command.register(app)

EXISTING: dict[str, Any] = {"exists": True, "dir_okay": False}
MODEL_HELP = "Name from the model list, or a model's folder; default: the first"
Model = Annotated[str | None, typer.Option(help=f"{MODEL_HELP}.")]
Photo = Annotated[Path | None, typer.Argument(help="The instance: JPEG, PNG, WebP, GIF or BMP.", **EXISTING)]
Photos = Annotated[list[Path], typer.Argument(help=bank_commands.SOURCES, exists=True)]
Folder = Annotated[Path, typer.Argument(help="Images at any depth; class folders are optional.", file_okay=False)]
Out = Annotated[Path, typer.Option(help="The .safetensors file to write; a .json file of the same name lies beside.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log progress.")] = False,
) -> None:
    """IC-GAN: a photo in, new neighbours of it out.

    Begin with `sample PHOTO`, or with `serve` for the page.
    """
    if context.invoked_subcommand != "serve":  # the page keeps a log of its own
        logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(message)s")
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def sample(
    photo: Photo = None,
    model: Annotated[str | None, typer.Option(help=f"{MODEL_HELP}; auto: the model that knows the photo best.")] = None,
    count: Annotated[int, typer.Option(help=f"Images to generate, 1 to {MAX_PICTURES}.")] = COUNT,
    seed: Annotated[int, typer.Option(help="Image i has seed + i, whatever the count.")] = 0,
    truncation: Annotated[float, typer.Option(help="0.05: all images alike; 1: the widest variety.")] = TRUNCATION,
    label: Annotated[str | None, typer.Option(help="Class name; without it, the instance decides.")] = None,
    best_of: Annotated[
        int, typer.Option(help=f"Candidates per image, 1 to {MAX_BEST_OF}; the nearest to the photo stay.")
    ] = 1,
    multimodal: Annotated[
        bool,
        typer.Option("--multimodal", help="Truncate towards the nearest of the model's many centres of instances."),
    ] = False,
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="Generate this recipe.json (or saved PNG) again, in place of PHOTO and settings.", **EXISTING
        ),
    ] = None,
    precision: Annotated[
        Precision,
        typer.Option(envvar="ICGAN_PRECISION", help="auto: the recipe's, or what suits the processor."),
    ] = Precision.AUTO,
    out: Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")] = Path("outputs"),
) -> None:
    """Generate new neighbours of a photo.

    Writes 000.png, 001.png, ..., grid.png with all of them, and recipe.json, from which they can be generated again.
    The same photo, model, seed and settings always give the same images, here and on the page. Where --model is the
    folder of a run that is learning, the run is asked for its present state, and continues meanwhile.
    """
    if (photo is None) == (recipe is None):
        raise RequestError("Give either a photo or --recipe.")
    # All settings are checked before anything is loaded; the feature follows.
    request = DrawRequest.neighbours("", np.zeros(1, np.float32), count, seed, truncation, label, best_of)
    from icgan_demo.service.recipes.drawn_files import write_set
    from icgan_demo.service.recipes.recipe import write_recipe

    if recipe is not None:
        service, info, request = _from_recipe(recipe, model, precision)
    else:
        assert photo is not None
        service, info, instance = _photo(photo, model, precision)
        _note(*instance.notes, *_said(instance.familiarity, info, is_chosen=model == AUTOMATIC))
        blend = replace(request.blend, features=(instance.feature,))
        request = replace(request, model=info.name, blend=blend)
        if multimodal:
            request = service.drawing.centred(request)
    with progress_bar("Drawing") as report:
        for samples in service.drawing.samples(request):
            report(len(samples), len(request.seeds))
    write_set(samples, write_recipe(request, info, [sample.seed for sample in samples]), out)
    typer.echo(f"{len(samples)} images are in {out}. {info.licence_note}")


@app.command()
def edit(
    photo: Annotated[Path, typer.Argument(help="The photo to redraw: JPEG, PNG, WebP, GIF or BMP.", **EXISTING)],
    model: Annotated[str | None, typer.Option(help=f"{MODEL_HELP}; auto: the model that knows the photo best.")] = None,
    rounds: Annotated[int, typer.Option(help=f"Steps of the search, 0 to {MAX_ROUNDS}.")] = InversionRequest.rounds,
    seed: Annotated[int, typer.Option(help=f"First of the {STARTS} seeds that are tried first.")] = 0,
    truncation: Annotated[
        float, typer.Option(help="How far the noise may go: 1 redraws best.")
    ] = InversionRequest.truncation,
    label: Annotated[str | None, typer.Option(help="Class name; without it, the instance decides.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the images, created if necessary.")] = Path("outputs"),
) -> None:
    """Redraw a photo as nearly as the model can, so that it can be edited.

    Finds the noise, and a small move of the instance, whose image is nearest to the photo. Writes 000.png, with the
    recipe that generates it again, and beside.png: the photo's crop beside it. Prints the distance and what it means.
    """
    asked = InversionRequest(
        "", Blend((np.zeros(1, np.float32),), swap=Swap.to(label)), Image.new("RGB", (1, 1)), seed, truncation, rounds
    )
    from icgan_demo.service.recipes.drawn_files import contact_sheet, save_picture
    from icgan_demo.service.recipes.recipe import write_recipe

    service, info, instance = _photo(photo, model, Precision.AUTO)
    _note(*instance.notes, *_said(instance.familiarity, info, is_chosen=model == AUTOMATIC))
    blend = replace(asked.blend, features=(instance.feature,))
    asked = replace(asked, model=info.name, blend=blend, photo=instance.crop)
    with progress_bar("Redrawing") as report:
        for found in service.search.invert(asked):
            report(found.number, rounds)
    request = asked.drawing(found)
    (drawn,) = service.drawing.draw(request)
    out.mkdir(parents=True, exist_ok=True)
    save_picture(drawn.picture, write_recipe(request, info), out / "000.png")
    contact_sheet([instance.crop, drawn.picture]).save(out / "beside.png")
    nearness = Nearness.of(found.distance).sentence
    typer.echo(f"Distance {found.distance:.2f}. {nearness} The images are in {out}. {info.licence_note}")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the models: name, state, resolution, classes, size, licence, title; also those that can be downloaded.

    The first one is used where none is named. Further commands import, download and export models.
    """
    if context.invoked_subcommand is None:
        list_models()


@models_app.command("list")
def list_models() -> None:
    """List the models, as `models` alone does."""
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.weights.folders import model_folders
    from icgan_demo.weights.published.catalogue import PUBLISHED

    infos = ModelStore(model_folders(), PUBLISHED.values()).infos()
    if not infos or infos[0].state == "downloadable":
        _note("There is no model on this machine. Put one into the weights folder, or import one.")
    rows = [_cells(info) for info in infos]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    _note(*(f"{info.name}: {info.message}" for info in infos if info.message))


@app.command()
def embed(
    photos: Photos,
    model: Model = None,
    out: Annotated[
        Path, typer.Option(help="The .safetensors file to write, or a folder for any number of photos.")
    ] = Path("features.safetensors"),
    thumbnails: Annotated[bool, typer.Option(help="Of a folder: keep a small image of each, about 1 kB.")] = False,
    shard_pictures: bank_commands.ShardPictures = EmbedPlan.shard_pictures,
    ray: bank_commands.Ray = None,
) -> None:
    """Compute the instance features of photos.

    Writes a safetensors file with `features`, one unit-length row for each photo, and beside it a .json file with the
    names of the rows and the identity of the encoder. Photos that cannot be used are named and left out.

    A folder takes any number of photos, also from ZIP, TAR and Parquet files and from lists, in shards of half
    precision, and the same command continues after an interruption. `bank build` to the same folder makes it a bank.
    """
    if bank_commands.wants_folder(out, ray):
        plan = checked(EmbedPlan(), shard_pictures=shard_pictures, has_thumbnails=thumbnails)
        bank_commands.fill_folder(photos, model or _store().default, out, plan, ray)
        return
    embedded, _ = _embed(photos, model, out)
    typer.echo(f"{len(embedded.names)} features of {embedded.features.shape[1]} numbers are in {out}.")


@app.command()
def index(
    folder: Folder,
    model: Model = None,
    out: Out = Path("index.safetensors"),
    near: Annotated[Path | None, typer.Option(help="Also list what is nearest to this photo.", **EXISTING)] = None,
    count: Annotated[int, typer.Option(help="How many of them.")] = 10,
) -> None:
    """Make a searchable index of a folder of images.

    The index remembers the encoder that made it and refuses to be searched with another one. For images in class
    folders, the command also reports how often the nearest neighbour has the same class.
    """
    from icgan_demo.index import NeighbourIndex
    from icgan_demo.service.photo_embedding import nearest_agreement

    embedded, loaded = _embed([folder], model, out)
    typer.echo(f"{len(embedded.names)} images are in {out}.")
    agreement = nearest_agreement(embedded)
    if agreement is not None:
        typer.echo(f"The nearest neighbour is of the same class for {agreement:.0%} of them.")
    if near is not None:
        rows, cosines = NeighbourIndex.load(out, loaded.feature_identity).search(loaded.encode([near]), count)
        for row, cosine in zip(rows[0].tolist(), cosines[0].tolist(), strict=True):
            typer.echo(f"{cosine:.3f}  {embedded.names[row]}")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def serve(context: typer.Context) -> None:
    """Open the page; `serve --help` lists its options."""
    from icgan_demo.server import serve as page

    raise typer.Exit(page.main(context.args, context.command_path))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code: 0, 2 for a wrong value, 1 for anything else that stopped it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _add_commands(words)
    try:
        code = app(args=words, standalone_mode=False)
    except TyperException as error:
        _fail(_with_advice(error), 2)
    except DemoError as error:
        _fail(str(error), 2 if isinstance(error, RequestError) else 1)
    sys.exit(code or 0)


def _add_commands(words: Sequence[str]) -> None:
    """Add the commands kept in files of their own, where they are meant: their imports take a while."""
    if "models" in words:
        from icgan_demo.cli import model_commands

        model_commands.register(models_app)


def _with_advice(error: TyperException) -> str:
    """Return what was wrong with the words of a command; of a command that is like none, where all are listed."""
    message = error.format_message()
    is_like_none = message.startswith("No such command") and "Did you mean" not in message
    context = getattr(error, "ctx", None)
    return f"{message} `{context.command_path} --help` lists them." if is_like_none and context else message


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _note(*sentences: str) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)


def _store(model: str | None = None, precision: Precision = Precision.AUTO) -> "ModelStore":
    """The models of this machine; where ``model`` is a folder, the models beside it come first."""
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.weights.folders import is_folder, model_folder_of, model_folders

    own = [model_folder_of(Path(model).resolve()).parent] if model and is_folder(model) else []
    return ModelStore([*own, *model_folders()], precision=precision)


def _service(model: str | None, precision: Precision) -> "tuple[SamplingService, ModelInfo]":
    """The service, and the model that is meant: by name, by its folder, or the first of the list."""
    from icgan_demo.inference.loading import find_model
    from icgan_demo.service.drawing.sampling_service import SamplingService

    if model == AUTOMATIC:
        raise RequestError("A recipe names its model. Leave --model auto out.")
    model = _as_it_is_now(model)
    store = _store(model, precision)
    name = find_model(model).name if model else store.default
    store.get(name)
    return SamplingService(store), next(info for info in store.infos() if info.name == name)


def _as_it_is_now(model: str | None) -> str | None:
    """The folder of a run's present state where the folder of a run is meant; any other model as it was named."""
    from icgan_demo.service.training.present_state import PresentState, is_run, step_of
    from icgan_demo.weights.folders import MODEL, is_folder

    if not model or not is_folder(model) or not is_run(Path(model)):
        return model
    state = PresentState(Path(model))
    for _ in state.wait():
        pass
    if state.folder.name != MODEL:
        _note(f"The run is at step {step_of(state.folder):,}.")
    return str(state.folder)


def _photo(photo: Path, model: str | None, precision: Precision) -> "tuple[SamplingService, ModelInfo, Instance]":
    """The service, a photo as an instance, and its model: the one that is meant, or that knows the photo best."""
    if model != AUTOMATIC:
        service, info = _service(model, precision)
        return service, info, service.encode(info.name, photo)
    from icgan_demo.service.drawing.sampling_service import SamplingService

    service = SamplingService(_store(model, precision))
    choice = service.choose(photo)
    return service, next(info for info in service.models() if info.name == choice.model), choice.instance


def _said(familiarity: Familiarity | None, info: ModelInfo, *, is_chosen: bool) -> list[str]:
    """What is said of how well a model knows the photo."""
    if familiarity is None:
        return []
    chosen = f"Automatic chose {info.name}. " if is_chosen else ""
    if familiarity.is_known:
        seen = "has never seen" if familiarity.is_of_unseen else "learned from"
        of = f"{familiarity.percent} % of the real photos of its kind that it {seen}"
        return [f"{chosen}It knows the photo better than {of}."]
    nobody = "No model here knows" if is_chosen else f"{info.name} does not know"
    return [f"{chosen}{nobody} photos like this one: expect colours and shapes at best."]


def _from_recipe(
    path: Path, model: str | None, precision: Precision
) -> "tuple[SamplingService, ModelInfo, DrawRequest]":
    from icgan_demo.service.recipes.recipe import checked_request, read_recipe_file

    recipe = read_recipe_file(path)
    if precision is Precision.AUTO and recipe.precision:
        precision = Precision(recipe.precision)
    if model is None and _store().info(recipe.model.name) is None:  # it comes from anyone, and names no folders
        raise RequestError(f"The recipe needs the model {recipe.model.name[:100]!r}, which is not on this machine.")
    service, info = _service(model or recipe.model.name, precision)
    request = checked_request(recipe, info)
    if not isinstance(request, DrawRequest):
        raise RequestError("This is the recipe of a path. Use the command draw for it.")
    return service, info, request


def _embed(sources: Sequence[Path], model: str | None, out: Path) -> "tuple[Embedded, InstanceModel]":
    """Write the features of all photos in ``sources``; returns them with the model that made them."""
    from icgan_demo.index import NeighbourIndex
    from icgan_demo.inference.loading import load_model
    from icgan_demo.service.photo_embedding import embed_photos
    from icgan_demo.service.picture_sources import count_pictures

    if out.suffix != ".safetensors":
        raise RequestError(f"The file's name must end in .safetensors, got {out.name!r}.")
    total = count_pictures(sources)
    loaded = load_model(model or _store().default)
    with progress_bar("Embedding") as report:
        embedded = embed_photos(loaded, sources, lambda done: report(done, total))
    _note(*(f"Left out {name!r}: {reason}" for name, reason in embedded.skipped))
    NeighbourIndex(embedded.features, loaded.feature_identity, embedded.names).save(out)
    return embedded, loaded


def _cells(info: ModelInfo) -> tuple[str, ...]:
    return (
        info.name,
        info.state,
        f"{info.resolution} px",
        f"{len(info.class_names)} classes" if info.class_names else "no classes",
        f"{info.size_mb:.1f} MB",
        info.licence,
        info.title,
    )
