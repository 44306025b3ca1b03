"""Folders of tag models: a card, the generator, its opponent, and the words with their vectors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, with_config

from icgan_demo.errors import WeightsError
from icgan_demo.guards.json_text import STRICT
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.models.cgan.tag_gan import TagDiscriminator, TagGanConfig, TagGenerator
from icgan_demo.models.cgan.word_vectors import WordVectors
from icgan_demo.weights.cards import (
    DISCRIMINATOR,
    GENERATOR,
    AnyCard,
    FreeForm,
    PlainName,
    Text,
    read_card_as,
    write_card,
)
from icgan_demo.weights.tensor_files import FileRecord, load_listed, save_tensors

KIND: Literal["cgan-tags"] = "cgan-tags"
WORDS = "words.safetensors"
MAX_WORDS = 100_000


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class TagEncoder:
    """Whose image features the networks take."""

    model: PlainName
    """The model whose encoder makes them, for example ``produce64``."""
    fingerprint: Text
    """``encoder_fingerprint`` of that model's card: features of another encoder mean nothing to these networks."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class TagCard(AnyCard):
    """What a folder of a tag model holds."""

    kind: Literal["cgan-tags"] = KIND
    networks: TagGanConfig
    encoder: TagEncoder
    weak_votes: Annotated[float, Field(ge=0, le=1)]
    """Share of samples that the best words of a known picture reach; below it, the picture may show nothing known."""
    settings: FreeForm = field(default_factory=dict)
    """Settings of the training."""
    figures: FreeForm = field(default_factory=dict)
    """Measured figures."""

    def __post_init__(self) -> None:
        if missing := {GENERATOR, WORDS} - set(self.files):
            raise ValueError(f"files must list {sorted(missing)[0]}")


@dataclass(frozen=True)
class TagModel:
    """A tag model, ready to draw."""

    card: TagCard
    generator: TagGenerator
    words: WordVectors


def load_tag_model(folder: Path) -> TagModel:
    """Return the tag model in ``folder``.

    Raises:
        WeightsError: if a file is missing, damaged, or does not fit its card.
    """
    card = read_card_as(TagCard, folder)
    with torch.device("meta"):
        generator = TagGenerator(card.networks)
    generator = load_listed(generator, folder, GENERATOR, card.files).requires_grad_(False)
    words = load_words(folder / WORDS, card.files[WORDS].sha256)
    if words.dim != card.networks.word_dim:
        raise WeightsError(f"{folder.name}/{WORDS} does not fit its generator. Download the model again.")
    return TagModel(card, generator, words)


def write_tag_model(
    folder: Path,
    card: Mapping[str, Any],
    generator: TagGenerator,
    words: WordVectors,
    discriminator: TagDiscriminator | None = None,
) -> TagCard:
    """Write a tag model into ``folder``, the card last, and return the card.

    Args:
        card: its fields besides ``files`` and ``networks``.
    Raises:
        WeightsError: if a tensor is not finite or the disk fails.
    """
    files = {GENERATOR: save_tensors(generator.state_dict(), folder / GENERATOR)}
    if discriminator is not None:
        files[DISCRIMINATOR] = save_tensors(discriminator.state_dict(), folder / DISCRIMINATOR)
    files[WORDS] = save_words(words, folder / WORDS)
    written = TagCard(files=files, networks=generator.config, **card)
    write_card(written, folder)
    return written


def save_words(words: WordVectors, path: Path) -> FileRecord:
    """Write words and vectors as one safetensors file: ``vectors``, and the words as UTF-8, one a line, ``letters``.

    Raises:
        WeightsError: if it cannot be written.
    """
    letters = torch.frombuffer(bytearray("\n".join(words.words).encode()), dtype=torch.uint8)
    return save_tensors({"vectors": words.vectors, "letters": letters}, path)


def load_words(path: Path, sha256: str | None = None) -> WordVectors:
    """Return what ``save_words`` wrote.

    Raises:
        WeightsError: if the file is missing, damaged, or its words and vectors contradict each other.
    """
    tensors = load_tensors(path, None, sha256)
    vectors, letters = tensors.get("vectors"), tensors.get("letters")
    try:
        if vectors is None or letters is None or vectors.dtype != torch.float32 or letters.dtype != torch.uint8:
            raise ValueError("vectors and letters must be there")
        words = tuple(bytes(letters.flatten().tolist()).decode().split("\n"))
        if len(words) > MAX_WORDS or not all(word.isalpha() for word in words):
            raise ValueError("letters must be single words")
        found = WordVectors(words, vectors)
        if not (vectors.norm(dim=1) - 1).abs().lt(1e-3).all():
            raise ValueError("vectors must have unit length")
    except ValueError as error:
        raise WeightsError(f"{path.name} does not hold words and their vectors. Download the model again.") from error
    return found
