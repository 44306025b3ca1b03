"""The commands of the tag model; ``main.py`` adds them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from icgan_demo.cli.options import RunFolder, Threads, stop_on_signals, takes_settings, use_threads
from icgan_demo.setting import checked
from icgan_demo.training.tags.tag_settings import TagTrainConfig
from icgan_demo.weights.folders import MODEL

Photo = Annotated[Path, typer.Argument(help="JPEG, PNG, WebP, GIF or BMP.", exists=True, dir_okay=False)]
Folder = Annotated[Path, typer.Argument(help="Photos in class folders named as in the corpus.", file_okay=False)]


def tag(
    photo: Photo,
    model: Annotated[
        Path | None,
        typer.Option(help="Folder of a train-tags run or of its model; default: the bundled model.", exists=True),
    ] = None,
    similar: Annotated[str | None, typer.Option(help="Also list the words nearest to this one.")] = None,
) -> None:
    """Say what is in a photo: ten words, each with its votes.

    A conditional GAN samples 100 word vectors for the photo. Each votes for its 20 nearest words; the ten words with
    the most votes are the tags.
    """
    service = _service(model)
    found = service.tag(photo)
    for sentence in found.notes:
        typer.echo(sentence, err=True)
    width = max(len(tag.word) for tag in found.tags)
    for tag in found.tags:
        bar = "#" * round(30 * tag.votes / found.samples)
        typer.echo(f"{tag.word.ljust(width)}  {tag.votes:3d} of {found.samples}  {bar}")
    if found.classes:
        typer.echo(f"Names the class: {', '.join(found.classes)}")
    if found.is_weak:
        typer.echo("All votes are weak: the photo may show nothing this model knows.", err=True)
    if similar is not None:
        for word, cosine in service.similar(similar):
            typer.echo(f"{cosine:.2f}  {word}")


@takes_settings(TagTrainConfig)
def train_tags(
    data: Folder,
    corpus: Annotated[Path, typer.Option(help="Folder with classes.csv and descriptions/.", exists=True)],
    out: RunFolder,
    given: dict[str, Any],
    model: Annotated[
        str | None, typer.Option(help="Model whose encoder makes the features; default: the first.")
    ] = None,
    words: Annotated[
        Path | None, typer.Option(help="Word vectors to use (words.safetensors), instead of training some by gensim.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the model that the run writes.")] = "cgan-tags",
    threads: Threads = 0,
) -> None:
    """Train the tag model: word vectors from a corpus, then the conditional GAN on photos and their words.

    Writes features, word vectors, checkpoints and log.jsonl into the run's folder and, at the end, the folder `model`.
    Ctrl+C or SIGTERM saves and ends the run; the same command continues from there.
    """
    config = checked(TagTrainConfig(), **given)
    use_threads(threads)
    from icgan_demo.inference.loading import load_model
    from icgan_demo.models.cgan.tag_gan import TagGanConfig
    from icgan_demo.service.cgan.tag_training import (
        FEATURES,
        TagDescription,
        prepare_photos,
        prepare_words,
        tag_data,
        write_trained_tags,
    )
    from icgan_demo.training.tags.tag_trainer import TagTrainer
    from icgan_demo.training.tags.tag_trainer import train_tags as run
    from icgan_demo.training.tags.word_corpus import read_products
    from icgan_demo.training.tags.word_training import WordTrainConfig

    word_config = WordTrainConfig(seed=config.seed)
    products = read_products(corpus)
    vectors = prepare_words(products, out, word_config, words)
    encoder = load_model(model or _default_model())
    photos = prepare_photos(data, products, vectors, encoder, out / FEATURES)
    typer.echo(f"{len(photos.features)} photos, {len(vectors)} words, {int(photos.tags.sum())} pairs.")
    trainer = TagTrainer(tag_data(photos, vectors), TagGanConfig(photos.features.shape[1], vectors.dim), config)
    stopping = stop_on_signals()
    for progress in run(trainer, out, stopping.is_set):
        if progress.step % 100 == 0 or progress.step == config.steps:
            typer.echo(
                f"step {progress.step}/{config.steps}  G {progress.loss_generator:.3f}  "
                f"D {progress.loss_discriminator:.3f}  "
                f"spread {progress.spread:.2f}  {progress.pairs_per_s:.0f} pairs/s"
            )
    if trainer.step < config.steps:
        typer.echo(f"Saved at step {trainer.step}; the same command continues from there.")
        return
    write_trained_tags(trainer, photos, vectors, encoder, word_config, out / MODEL, TagDescription(name))
    typer.echo(f"The model is in {out / MODEL}.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("tag")(tag)
    app.command("train-tags")(train_tags)


def _service(model: Path | None) -> Any:
    from icgan_demo.service.cgan.tag_service import TaggingService
    from icgan_demo.service.drawing.sampling_service import SamplingService
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.weights.folders import model_folder_of, model_folders

    folder = None if model is None else model_folder_of(model)
    return TaggingService(SamplingService(ModelStore(model_folders())), model_folders(), folder)


def _default_model() -> str:
    from icgan_demo.service.model_store import ModelStore
    from icgan_demo.weights.folders import model_folders

    return ModelStore(model_folders()).default
