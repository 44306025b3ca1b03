"""Tags of photos for page, command line and API."""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from icgan_demo.errors import RequestError, WeightsError
from icgan_demo.guards.numbers import check_integer
from icgan_demo.inference.tagging import Tagger
from icgan_demo.models.cgan.word_vectors import TAGS
from icgan_demo.service.cgan.tag_requests import Tag, Tagged, TagModelInfo
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.values import Instance, ModelInfo
from icgan_demo.weights.cards import folders_of_kind
from icgan_demo.weights.encoder_fingerprint import encoder_fingerprint
from icgan_demo.weights.tag_files import KIND, load_tag_model

logger = logging.getLogger(__name__)


class TaggingService:
    """Implements ``Tagging``; holds the tag model once it is asked for, nothing about a visitor."""

    def __init__(self, sampling: Sampling, folders: Sequence[Path], model: Path | None = None) -> None:
        """Take photos' features from ``sampling`` and the tag model from its folder ``model``.

        Without one, the first tag model in a sub-folder of ``folders`` counts.
        """
        self._sampling = sampling
        self._folders = tuple(folders)
        self._model = model
        self._tagger: Tagger | None = None
        self._loading = threading.Lock()

    def info(self) -> TagModelInfo:
        """See ``Tagging.info``."""
        model = self._loaded().model
        return TagModelInfo(
            title=model.card.title,
            encoder_model=model.card.encoder.model,
            words=model.words.words,
            places=model.words.flatten(model.words.vectors).numpy(),
            licence_note=model.card.licence.note,
            figures=dict(model.card.figures),
        )

    def tag(self, photo: Path | bytes) -> Tagged:
        """See ``Tagging.tag``."""
        tagger = self._loaded()
        encoder = self._encoder(tagger)
        return self._tagged(tagger, encoder, self._sampling.encode(encoder.name, photo))

    def tag_row(self, row: int) -> Tagged:
        """See ``Tagging.tag_row``."""
        tagger = self._loaded()
        encoder = self._encoder(tagger)
        return self._tagged(tagger, encoder, self._sampling.pick(encoder.name, row))

    def similar(self, word: str, count: int = TAGS) -> list[tuple[str, float]]:
        """See ``Tagging.similar``."""
        check_integer("Words", count, 1, 100)
        return self._loaded().model.words.similar(word.strip().lower(), count)

    def _loaded(self) -> Tagger:
        with self._loading:
            if self._tagger is None:
                found = folders_of_kind(self._folders, KIND) if self._model is None else [self._model]
                if not found:
                    raise RequestError("There is no tag model on this machine. Put one into the weights folder.")
                self._tagger = Tagger(load_tag_model(found[0]))
            return self._tagger

    def _encoder(self, tagger: Tagger) -> ModelInfo:
        """Return the model whose encoder the tagger was trained on; a feature of another would mean nothing."""
        wanted = tagger.model.card.encoder
        info = next((info for info in self._sampling.models() if info.name == wanted.model), None)
        if info is None or info.card is None:
            raise WeightsError(
                f"{tagger.model.card.title} needs the model {wanted.model}, which is not on this machine."
            )
        if encoder_fingerprint(info.card) != wanted.fingerprint:
            raise WeightsError(
                f"{tagger.model.card.title} was trained on another encoder of {wanted.model}. "
                "Train it again with `icgan-demo train-tags`."
            )
        return info

    def _tagged(self, tagger: Tagger, encoder: ModelInfo, instance: Instance) -> Tagged:
        start = time.monotonic()
        words, card = tagger.model.words, tagger.model.card
        found = tagger.tag(torch.from_numpy(instance.feature)[None])
        best = found.order[0, :TAGS].tolist()
        votes = found.votes[0]
        places = words.flatten(words.vectors[best]).tolist()
        samples = found.samples.shape[1]
        strength = votes[best].float().mean().item() / samples
        logger.info(
            "tags: %s, strength %.2f, %.0f ms", words.words[best[0]], strength, 1e3 * (time.monotonic() - start)
        )
        return Tagged(
            tags=tuple(
                Tag(words.words[row], int(votes[row]), (x, y)) for row, (x, y) in zip(best, places, strict=True)
            ),
            samples=samples,
            cloud=words.flatten(found.samples[0]).numpy(),
            is_weak=strength < card.weak_votes,
            classes=tuple(tagger.named_classes(best, encoder.class_names)),
            crop=instance.crop,
            notes=instance.notes,
        )
