"""Adversarial training of the tag networks: pairs of a picture and one of its words, real or drawn.

A picture stands in the data once for each of its words, as published. Every random choice derives from (seed, step,
purpose), so a run that is killed and resumed gives the networks of an uninterrupted one.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.tag_gan import TagDiscriminator, TagGanConfig, TagGenerator
from icgan_demo.training.common.checkpoint import check_same_run, load_newest_checkpoint, save_checkpoint
from icgan_demo.training.common.drawing import average_of
from icgan_demo.training.common.log_lines import cut_log
from icgan_demo.training.common.losses import (
    discriminator_logistic,
    generator_logistic,
    mismatched_logistic,
    r1_penalty,
)
from icgan_demo.training.common.paper_schedule import paper_momentum, paper_rate
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.common.run_folder import LOG
from icgan_demo.training.tags.tag_settings import Optimizers, TagTrainConfig

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TagData:
    """What is learned from."""

    features: Tensor
    """Unit-length image features (N, D), float32."""
    tags: Tensor
    """Which words belong to each picture, bool (N, W)."""
    vectors: Tensor
    """Unit-length word vectors (W, E), float32."""

    def __post_init__(self) -> None:
        if len(self.features) != len(self.tags) or self.tags.shape[1] != len(self.vectors):
            raise ValueError("features, tags and vectors do not fit each other")
        if not self.tags.any():
            raise TrainingError("No image has a word. Check that the class folders are named as in the corpus.")


@dataclass(frozen=True)
class TagProgress:
    """What one update of both networks gave."""

    step: int
    loss_generator: float
    loss_discriminator: float
    score_real: float
    """Mean score of real pairs."""
    score_fake: float
    """Mean score of drawn pairs."""
    spread: float
    """Mean variance of a drawn number among samples for one picture: near 0, all samples are alike."""
    pairs_per_s: float


class TagTrainer:
    """The networks of a run, their optimisers, and the updates."""

    def __init__(self, data: TagData, networks: TagGanConfig, train: TagTrainConfig) -> None:
        torch.manual_seed(train.seed)
        self.data, self.train = data, train
        self.pairs = data.tags.nonzero()  # (picture, word) rows
        self.real_words = data.vectors * data.vectors.shape[1] ** 0.5
        self.generator, self.discriminator = TagGenerator(networks), TagDiscriminator(networks)
        self.average = average_of(self.generator, train.ema_decay)
        self.optimizers: dict[str, torch.optim.Optimizer] = {
            "optimizer_g": self._optimizer(self.generator, train.lr_generator),
            "optimizer_d": self._optimizer(self.discriminator, train.lr_discriminator),
        }
        self.step = 0

    @property
    def averaged(self) -> TagGenerator:
        """The averaged generator, the one that draws."""
        return cast(TagGenerator, self.average.module)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Everything a checkpoint holds beside the optimisers."""
        return {"generator": self.generator, "discriminator": self.discriminator, "average": self.average}

    def update(self) -> TagProgress:
        """Do one update of each network.

        Raises:
            TrainingError: if a loss is not finite; the networks have then not been changed by it.
        """
        start = time.monotonic()
        self._set_rates()
        # Dropout is the one random choice that torch's own stream decides.
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=self._source("dropout"))))
        self.generator.train()
        self.discriminator.train()
        loss_d, real, fake = self._update_discriminator()
        loss_g, spread = self._update_generator()
        self.step += 1
        self.average.update_parameters(self.generator)
        rate = self.train.batch_size / (time.monotonic() - start)
        return TagProgress(self.step, loss_g, loss_d, real, fake, spread, rate)

    def _update_discriminator(self) -> tuple[float, float, float]:
        train = self.train
        words, features = self._batch("real")
        _, conditions = self._batch("fake of D")
        with torch.no_grad():
            drawn = self._drawn(conditions, "noise of D")
        words, drawn = self._blurred(words, "blur of real"), self._blurred(drawn, "blur of fake")
        penalised = train.r1_gamma > 0 and self.step % train.r1_every == 0
        words.requires_grad_(penalised)
        real, fake = self.discriminator(words, features), self.discriminator(drawn, conditions)
        loss = discriminator_logistic(real, fake)
        total = loss
        if train.mismatched:
            others, _ = self._batch("other words")
            mismatched = self.discriminator(self._blurred(others, "blur of others"), features)
            total = loss + train.mismatched * mismatched_logistic(mismatched)
        if penalised:
            total = total + r1_penalty(real, words) * (train.r1_gamma * train.r1_every)
        self._step("optimizer_d", total)
        return loss.item(), real.mean().item(), fake.mean().item()

    def _update_generator(self) -> tuple[float, float]:
        self.discriminator.requires_grad_(False)
        words, features = self._batch("pairs of G")
        first, second = self._drawn(features, "noise of G"), self._drawn(features, "other noise of G")
        loss = generator_logistic(self.discriminator(self._blurred(first, "blur of G"), features))
        score = energy_score(words, first, second)
        self._step("optimizer_g", loss + self.train.energy * score)
        self.discriminator.requires_grad_(True)
        return loss.item(), (first - second).detach().square().mean().item() / 2

    def _drawn(self, features: Tensor, purpose: str) -> Tensor:
        noise = torch.randn(len(features), self.generator.config.noise_dim, generator=self._source(purpose))
        return self.generator(noise, features)

    def _batch(self, purpose: str) -> tuple[Tensor, Tensor]:
        """Return word vectors and features of random pairs."""
        source = self._source(purpose)
        pairs = self.pairs[torch.randint(len(self.pairs), (self.train.batch_size,), generator=source)]
        features = self.data.features[pairs[:, 0]]
        if self.train.feature_noise:
            noise = torch.randn(features.shape, generator=source) * features.shape[1] ** -0.5
            features = F.normalize(features + self.train.feature_noise * noise, dim=1)
        return self.real_words[pairs[:, 1]], features

    def _blurred(self, words: Tensor, purpose: str) -> Tensor:
        if not self.train.word_noise:
            return words
        return words + self.train.word_noise * torch.randn(words.shape, generator=self._source(purpose))

    def _source(self, purpose: str) -> torch.Generator:
        return generator_for(self.train.seed, self.step, purpose)

    def _optimizer(self, network: nn.Module, lr: float) -> torch.optim.Optimizer:
        if self.train.optimizer is Optimizers.SGD:
            return torch.optim.SGD(network.parameters(), paper_rate(0), momentum=paper_momentum(0))
        return torch.optim.Adam(network.parameters(), lr, (self.train.beta1, 0.99))

    def _set_rates(self) -> None:
        train = self.train
        passes = max(1, len(self.pairs) // train.batch_size)
        left = min(1.0, 2 * (1 - self.step / train.steps))  # full for the first half, then falling in a line to 0
        rates = {"optimizer_g": train.lr_generator * left, "optimizer_d": train.lr_discriminator * left}
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                if train.optimizer is Optimizers.SGD:
                    group["lr"], group["momentum"] = paper_rate(self.step), paper_momentum(self.step, passes)
                else:
                    group["lr"] = rates[name]

    def _step(self, name: str, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise TrainingError(f"The loss is not finite at step {self.step}; lower the learning rate.")
        self.optimizers[name].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[name].step()


def energy_score(words: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return the mean energy score of two samples for each word: near the word is good, and so is far from each other.

    In the mean over the words of a picture it is smallest for samples that have the same distribution as they do.

    Args:
        words, first, second: rows at unit variance, shape (N, D); a word, and two samples for its picture.
    Returns:
        A number in units of the square root of D.
    Source: Gneiting and Raftery 2007, equation 22, with beta 1 and two samples.
    """
    to_word = (first - words).norm(dim=1) + (second - words).norm(dim=1)
    apart = (first - second).norm(dim=1)
    return ((to_word - apart) / 2).mean() / words.shape[1] ** 0.5


def _fingerprint(data: TagData) -> str:
    """Return 12 hex digits that stand for pictures, words and which belong together."""
    parts = (data.features, data.tags, data.vectors)
    return hashlib.sha256(b"".join(part.contiguous().numpy().tobytes() for part in parts)).hexdigest()[:12]


def train_tags(trainer: TagTrainer, folder: Path, stop: Callable[[], bool] = lambda: False) -> Iterator[TagProgress]:
    """Yield a report per update until ``trainer.train.steps``, with checkpoints and log.jsonl in ``folder``.

    Resumes from the newest valid checkpoint. Once ``stop`` says yes, the run is saved where it is and ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train, learned_from = asdict(trainer.train), _fingerprint(trainer.data)
    settings = {"networks": asdict(trainer.generator.config), "train": train, "learned_from": learned_from}
    fixed = {key: value for key, value in train.items() if key not in ("steps", "checkpoint_every")}
    check_same_run(folder, fixed, learned_from=learned_from)
    if resumed := load_newest_checkpoint(folder, trainer.modules, trainer.optimizers):
        trainer.step = resumed[0]
        logger.info("resumed from step %d", trainer.step)
    path = folder / LOG
    cut_log(path, trainer.step)
    with path.open("a") as log:
        while trainer.step < trainer.train.steps:
            progress = trainer.update()
            log.write(json.dumps(asdict(progress)) + "\n")
            is_stopped = stop()
            if trainer.step % trainer.train.checkpoint_every == 0 or trainer.step == trainer.train.steps or is_stopped:
                log.flush()
                save_checkpoint(folder, trainer.step, trainer.modules, trainer.optimizers, settings)
            yield progress
            if is_stopped:
                return
