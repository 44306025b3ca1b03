"""A painted stand-in for the tag service, and tiny tag models."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.models.cgan.tag_gan import TagDiscriminator, TagGanConfig, TagGenerator
from icgan_demo.models.cgan.word_vectors import WordVectors
from icgan_demo.service.cgan.tag_requests import Tag, Tagged, TagModelInfo
from icgan_demo.service.values import Instance
from icgan_demo.weights.cards import Licence, read_card
from icgan_demo.weights.encoder_fingerprint import encoder_fingerprint
from icgan_demo.weights.tag_files import TagCard, TagEncoder, write_tag_model

WORDS = ("apple", "brown", "cap", "fruit", "golden", "juicy", "lemon", "lime", "mushroom", "sour", "sweet", "yellow")


class PaintedTagging:
    """Keeps the ``Tagging`` contract without a network: the words in order, each with ten votes less than the last.

    Pictures that the fake sampling makes row 3 or later of its bank have weak votes.
    """

    def __init__(self) -> None:
        self.sampling = PaintedSampling()
        self.places = np.random.default_rng(0).standard_normal((len(WORDS), 2)).astype(np.float32)

    def info(self) -> TagModelInfo:
        """Return twelve words somewhere on the map."""
        return TagModelInfo("Painted tags", "painted", WORDS, self.places, "Tags are painted for tests.", {})

    def tag(self, photo: Path | bytes) -> Tagged:
        """Return the same tags for every photo that Pillow can open."""
        return self._tagged(self.sampling.encode("painted", photo), 100)

    def tag_row(self, row: int) -> Tagged:
        """Return them for an instance of the bank."""
        return self._tagged(self.sampling.pick("painted", row), 100 if row < 3 else 12)

    def similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """Return the other words in order."""
        if word not in WORDS:
            raise RequestError(f"The word {word!r} is not among the {len(WORDS)} words that this model knows.")
        return [(other, 0.9 - 0.05 * place) for place, other in enumerate(WORDS) if other != word][:count]

    def _tagged(self, instance: Instance, most: int) -> Tagged:
        ordered = ("lemon", "fruit", "sour", *(word for word in WORDS if word not in ("lemon", "fruit", "sour")))[:10]
        tags = tuple(
            Tag(word, max(most - 10 * place, 1), tuple(self.places[WORDS.index(word)].tolist()))
            for place, word in enumerate(ordered)
        )
        cloud = np.random.default_rng(1).standard_normal((100, 2)).astype(np.float32)
        return Tagged(tags, 100, cloud, most < 50, ("Lemon",), instance.crop, instance.notes)


def write_tiny_tags(folder: Path, encoder_folder: Path, *, weak_votes: float = 0.0) -> TagCard:
    """Write a random tag model that takes the features of the model in ``encoder_folder``."""
    torch.manual_seed(0)
    encoder = read_card(encoder_folder)
    config = TagGanConfig(encoder.generator.feature_dim, 6, 5, 4, 8, 4, 8, 4, 2)
    words = WordVectors(WORDS, F.normalize(torch.randn(len(WORDS), 6), dim=1))
    card = {
        "name": folder.name,
        "title": "Tiny tags",
        "description": "Random weights for tests.",
        "data": "No data.",
        "licence": Licence("MIT", "", "Tags of a test model."),
        "encoder": TagEncoder(model=encoder.name, fingerprint=encoder_fingerprint(encoder.to_json())),
        "weak_votes": weak_votes,
    }
    return write_tag_model(folder, card, TagGenerator(config), words, TagDiscriminator(config))
