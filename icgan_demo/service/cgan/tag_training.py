"""A whole training of tags: features of photos, words of a corpus, the networks, and the folder that is written."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.errors import IndexFileError, TrainingError
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.tagging import Tagger
from icgan_demo.models.cgan.word_vectors import TAGS, WordVectors
from icgan_demo.service.photo_embedding import embed_photos
from icgan_demo.training.common.image_set import label_by_folder
from icgan_demo.training.tags.tag_trainer import TagData, TagTrainer
from icgan_demo.training.tags.word_corpus import Product
from icgan_demo.training.tags.word_training import WordTrainConfig, tag_table, train_words
from icgan_demo.weights.cards import Licence
from icgan_demo.weights.encoder_fingerprint import encoder_fingerprint
from icgan_demo.weights.tag_files import (
    WORDS,
    TagCard,
    TagEncoder,
    TagModel,
    load_words,
    save_words,
    write_tag_model,
)

logger = logging.getLogger(__name__)

FEATURES = "features.safetensors"
_LICENCE = Licence("MIT", "", "Tags are guesses of a network.")
WEAK_QUANTILE = 0.02
"""Share of training photos whose votes count as weak: where "nothing that the model knows" begins."""


@dataclass(frozen=True)
class TagPhotos:
    """Photos with their words."""

    features: Tensor
    """Unit-length rows (N, D), float32."""
    tags: Tensor
    """Which words belong to each, bool (N, W)."""
    classes: tuple[str, ...]
    """Class of each photo."""


@dataclass(frozen=True)
class TagDescription:
    """What a model's card says about it."""

    name: str
    title: str = "Photo tags"
    description: str = "A conditional GAN (Mirza and Osindero 2014) that samples word vectors for a photo's feature."
    data: str = "A folder of photos and a corpus of words."
    licence: Licence = _LICENCE


def prepare_words(
    products: Sequence[Product], out: Path, config: WordTrainConfig, given: Path | None = None
) -> WordVectors:
    """Return the word vectors of a run: those ``given``, those that ``out`` holds already, or newly trained ones.

    Raises:
        TrainingError: if the corpus is empty, gensim is missing, or ``out`` holds other words than those given.
        WeightsError: if a file of vectors is damaged.
    """
    path = out / WORDS
    if path.exists():
        words = load_words(path)
        if given is not None and not words.same_as(load_words(given)):
            raise TrainingError(f"The run in {out.name!r} has other words. Choose another folder.")
        return words
    words = train_words(products, config) if given is None else load_words(given)
    save_words(words, path)
    return words


def prepare_photos(
    folder: Path,
    products: Sequence[Product],
    words: WordVectors,
    model: InstanceModel,
    cache: Path,
) -> TagPhotos:
    """Return the photos of ``folder``, in class folders named as in the corpus, with their features and words.

    Args:
        model: its encoder makes the features, which ``cache`` (.safetensors) keeps for the next time.
    Raises:
        TrainingError: if the photos are not in class folders.
    """
    try:
        index = NeighbourIndex.load(cache, model.feature_identity)
    except IndexFileError:
        embedded = embed_photos(model, [folder])
        index = NeighbourIndex(embedded.features, model.feature_identity, embedded.names)
        index.save(cache)
        for name, reason in embedded.skipped:
            logger.warning("skipped %r: %s", name, reason)
    labels, class_names = label_by_folder(index.names)
    if not class_names:
        raise TrainingError("Sort the photos into one folder for each class, named as in the corpus.")
    table = tag_table(class_names, products, words)
    of_class = torch.from_numpy(labels).ge(0).nonzero().squeeze(1)  # strays outside the class folders have no words
    rows = torch.from_numpy(labels)[of_class]
    return TagPhotos(index.take(of_class), table[rows], tuple(class_names[row] for row in rows.tolist()))


def tag_data(photos: TagPhotos, words: WordVectors) -> TagData:
    """Return what the training loop learns from."""
    return TagData(photos.features, photos.tags, words.vectors)


def write_trained_tags(
    trainer: TagTrainer,
    photos: TagPhotos,
    words: WordVectors,
    model: InstanceModel,
    word_config: WordTrainConfig,
    folder: Path,
    describe: TagDescription,
) -> TagCard:
    """Write a run's averaged generator as a tag model; returns its card."""
    card = {
        "name": describe.name,
        "title": describe.title,
        "description": describe.description,
        "data": describe.data,
        "licence": describe.licence,
        "encoder": TagEncoder(model=model.card.name, fingerprint=encoder_fingerprint(model.card.to_json())),
        "weak_votes": 0.0,
        "settings": {
            "words": asdict(word_config),
            "tags": asdict(trainer.train),
            "photos": len(photos.features),
            "pairs": len(trainer.pairs),
        },
    }
    generator = trainer.averaged.eval()
    written = write_tag_model(folder, card, generator, words, trainer.discriminator)
    strengths = vote_strength(Tagger(TagModel(written, generator, words)), photos.features)
    card["weak_votes"] = round(strengths.quantile(WEAK_QUANTILE).item(), 3)
    return write_tag_model(folder, card, generator, words, trainer.discriminator)


def vote_strength(tagger: Tagger, features: Tensor) -> Tensor:
    """Return, for each picture, the mean share of samples that vote for its ten tags, (P,), 0..1."""
    found = tagger.tag(features)
    return found.votes.gather(1, found.order[:, :TAGS]).float().mean(dim=1) / found.samples.shape[1]
