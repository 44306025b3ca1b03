"""Adversarial training of an IC-GAN: pairs of an instance and a neighbour, real or drawn.

``train`` yields one report per generator update; whoever drives it prints, logs and stops. Every random choice derives
from (seed, step, purpose), so a run that is killed and resumed gives the networks of an uninterrupted one.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from icgan_demo.config import DiscriminatorConfig, GeneratorConfig, TrainConfig
from icgan_demo.errors import TrainingError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import channels_last
from icgan_demo.pixels import to_images
from icgan_demo.training import losses
from icgan_demo.training.augment import augment, random_flip
from icgan_demo.training.checkpoint import load_newest_checkpoint, save_checkpoint
from icgan_demo.training.data import ImageSet
from icgan_demo.training.precision import bf16_pays
from icgan_demo.training.randomness import generator_for
from icgan_demo.training.sheets import draw_sheet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """What one generator update gave."""

    step: int
    loss_generator: float
    loss_discriminator: float
    score_real: float
    """Mean score of real pairs."""
    score_fake: float
    """Mean score of drawn pairs."""
    r1: float
    """Gradient penalty without its weight, 0 in updates without it."""
    images_per_s: float
    """Real pictures seen per second, this update."""


@dataclass(frozen=True)
class Neighbourhoods:
    """What the pairs are drawn from."""

    images: ImageSet
    features: Tensor
    """Unit-length float32 rows, shape (N, D); of mirror-averaged encoders, so that pictures may flip freely."""
    neighbours: Tensor
    """Row numbers of each instance's neighbours, shape (N, k)."""

    def __post_init__(self) -> None:
        assert len(self.images) == len(self.features) == len(self.neighbours)


@dataclass(frozen=True)
class Conditions:
    """One batch of conditions and the rows of the pictures that go with them."""

    features: Tensor
    labels: Tensor
    rows: Tensor


class Trainer:
    """The networks of a run, their optimisers, and the two updates."""

    def __init__(
        self,
        data: Neighbourhoods,
        generator: GeneratorConfig,
        discriminator: DiscriminatorConfig,
        train: TrainConfig,
        device: str = "cpu",
    ) -> None:
        torch.manual_seed(train.seed)
        self.data, self.train, self.device = data, train, device
        self.generator = channels_last(BigGanGenerator(generator), device)
        self.discriminator = channels_last(BigGanDiscriminator(discriminator), device)
        self.average = AveragedModel(self.generator, multi_avg_fn=self._averaging(), use_buffers=True)
        betas = (0.0, train.beta2)
        self.optimizer_g = torch.optim.Adam(self.generator.parameters(), train.lr_generator, betas, eps=1e-6)
        self.optimizer_d = torch.optim.Adam(self.discriminator.parameters(), train.lr_discriminator, betas, eps=1e-6)
        self.step = 0
        self.bf16 = bf16_pays(self.discriminator_twin(), generator.resolution, device)

    def discriminator_twin(self) -> torch.nn.Module:
        """The discriminator without its conditions, which is what is timed to choose the precision."""
        config = self.discriminator.config
        twin = DiscriminatorConfig(config.resolution, config.widths, spectral_norm=config.spectral_norm)
        return channels_last(BigGanDiscriminator(twin), self.device)

    @property
    def averaged(self) -> BigGanGenerator:
        """The averaged generator, the one that draws."""
        return cast(BigGanGenerator, self.average.module)

    @property
    def modules(self) -> dict[str, torch.nn.Module]:
        """Everything a checkpoint holds beside the optimisers."""
        return {"generator": self.generator, "discriminator": self.discriminator, "average": self.average}

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The optimisers a checkpoint holds."""
        return {"optimizer_g": self.optimizer_g, "optimizer_d": self.optimizer_d}

    def update(self) -> Progress:
        """Do one generator update and the discriminator updates before it; returns what they gave.

        Raises:
            TrainingError: if a loss is not finite; the networks have then not been changed by it.
        """
        start = time.monotonic()
        self.generator.train()
        self.discriminator.train()
        for inner in range(self.train.discriminator_steps):
            report = self._update_discriminator(self.step * self.train.discriminator_steps + inner)
        loss_g = self._update_generator()
        self.step += 1
        self.average.update_parameters(self.generator)
        rate = self.train.batch_size * self.train.discriminator_steps / (time.monotonic() - start)
        return Progress(self.step, loss_g, *report, images_per_s=rate)

    def _averaging(self) -> Callable[..., None]:
        decay = self.train.ema_decay

        @torch.no_grad()
        def average(averaged: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
            n = int(count)
            weight = 1 - min(decay, (1 + n) / (10 + n))  # short runs would otherwise remember their first steps
            torch._foreach_lerp_(averaged, current, weight)

        return average

    def _update_discriminator(self, update: int) -> tuple[float, float, float, float]:
        train = self.train
        real = self._real_pairs(update)
        fake = self._fake_conditions(update, "fake of D")
        source = generator_for(train.seed, update, "augment D")
        with torch.no_grad(), self._autocast():
            drawn = self._draw(fake, update, "noise of D")
        pictures = random_flip(self._pictures(real.rows), source)
        penalised = train.r1_gamma > 0 and update % train.r1_every == 0
        both = augment(torch.cat([drawn.to(pictures), pictures]), train.augment, source)
        shown_fake, shown_real = both.chunk(2)
        with self._autocast():
            scores = self.discriminator(
                torch.cat([shown_fake, shown_real]).contiguous(memory_format=torch.channels_last),
                torch.cat([fake.features, real.features]),
                torch.cat([fake.labels, real.labels]),
            ).float()
        fake_scores, real_scores = scores.chunk(2)
        loss = getattr(losses, f"discriminator_{train.loss}")(real_scores, fake_scores)
        r1 = 0.0
        total = loss
        if penalised:
            penalty = self._r1(shown_real, real)
            total = loss + penalty * (train.r1_gamma * train.r1_every)
            r1 = penalty.item()
        self._step(self.optimizer_d, total, "discriminator")
        return loss.item(), real_scores.mean().item(), fake_scores.mean().item(), r1

    def _r1(self, shown: Tensor, real: Conditions) -> Tensor:
        shown = shown.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
        with self._autocast():
            scores = self.discriminator(shown, real.features, real.labels).float()
        return losses.r1_penalty(scores, shown)

    def _update_generator(self) -> float:
        train = self.train
        fake = self._fake_conditions(self.step, "fake of G")
        self.discriminator.requires_grad_(False)
        with self._autocast():
            drawn = self._draw(fake, self.step, "noise of G").float()
            shown = augment(drawn, train.augment, generator_for(train.seed, self.step, "augment G"))
            shown = shown.contiguous(memory_format=torch.channels_last)
            scores = self.discriminator(shown, fake.features, fake.labels).float()
        loss = getattr(losses, f"generator_{train.loss}")(scores)
        self._step(self.optimizer_g, loss, "generator")
        self.discriminator.requires_grad_(True)
        return loss.item()

    def _step(self, optimizer: torch.optim.Optimizer, loss: Tensor, name: str) -> None:
        if not torch.isfinite(loss):
            raise TrainingError(f"The {name}'s loss is not finite at step {self.step}; lower its learning rate.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def _draw(self, conditions: Conditions, step: int, purpose: str) -> Tensor:
        source = generator_for(self.train.seed, step, purpose)
        z = torch.randn(len(conditions.rows), self.generator.config.noise_dim, generator=source).to(self.device)
        return self.generator(z, self.generator.condition(conditions.features, conditions.labels))

    def _real_pairs(self, update: int) -> Conditions:
        """Instances in a shuffled pass over the data, each with one of its neighbours."""
        count, size = len(self.data.images), self.train.batch_size
        first = update * size
        rows = [self._order((first + i) // count)[(first + i) % count] for i in range(size)]
        return self._paired(torch.stack(rows), generator_for(self.train.seed, update, "real"))

    def _fake_conditions(self, step: int, purpose: str) -> Conditions:
        """Instances drawn independently of the real side; the law of (instance, label) is the same."""
        source = generator_for(self.train.seed, step, purpose)
        return self._paired(torch.randint(len(self.data.images), (self.train.batch_size,), generator=source), source)

    def _paired(self, instances: Tensor, source: torch.Generator) -> Conditions:
        """Give each instance one neighbour and that neighbour's label, which is sometimes withheld."""
        neighbours = self.data.neighbours[instances]
        picked = torch.randint(neighbours.shape[1], (len(instances), 1), generator=source)
        rows = neighbours.gather(1, picked).squeeze(1)
        labels = torch.from_numpy(self.data.images.labels[rows.numpy()])
        withheld = torch.rand(len(rows), generator=source) < self.train.label_dropout
        labels = torch.where(withheld, -1, labels)
        return Conditions(self.data.features[instances].to(self.device), labels.to(self.device), rows)

    def _order(self, epoch: int) -> Tensor:
        if getattr(self, "_order_epoch", None) != epoch:
            source = generator_for(self.train.seed, epoch, "order")
            self._epoch_order = torch.randperm(len(self.data.images), generator=source)
            self._order_epoch = epoch
        return self._epoch_order

    def _pictures(self, rows: Tensor) -> Tensor:
        pixels = torch.from_numpy(np.asarray(self.data.images.pixels[rows.numpy()]))
        return to_images(pixels.to(self.device).permute(0, 3, 1, 2))

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device, torch.bfloat16, enabled=self.bf16)


def train(trainer: Trainer, folder: Path, stop: Callable[[], bool] = lambda: False) -> Iterator[Progress]:
    """Yield a report per update until ``trainer.train.steps``, with checkpoints, sheets and a log in ``folder``.

    Resumes from the newest valid checkpoint. ``stop`` is asked after every update; once it says yes, the run is saved
    where it is and ends, to be resumed later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = trainer.train
    resumed = load_newest_checkpoint(folder, trainer.modules, trainer.optimizers)
    if resumed:
        trainer.step = resumed[0]
        logger.info("resumed from step %d", trainer.step)
    _cut_log(folder / "log.jsonl", trainer.step)
    with (folder / "log.jsonl").open("a") as log:
        while trainer.step < settings.steps:
            progress = trainer.update()
            log.write(json.dumps(asdict(progress)) + "\n")
            step = trainer.step
            is_last = step == settings.steps
            is_stopped = stop()
            if step % settings.samples_every == 0 or is_last:
                draw_sheet(trainer.averaged, trainer.data.features, folder / f"sheet_{step:06d}.png")
            if settings.snapshot_every and (step % settings.snapshot_every == 0 or is_last):
                _snapshot(trainer, folder / f"average_{step:06d}.safetensors")
            if step % settings.checkpoint_every == 0 or is_last or is_stopped:
                log.flush()
                save(trainer, folder)
            yield progress
            if is_stopped:
                return


def save(trainer: Trainer, folder: Path) -> Path:
    """Write a checkpoint of where the run is now; returns its tensor file."""
    settings = {
        "generator": asdict(trainer.generator.config),
        "discriminator": asdict(trainer.discriminator.config),
        "train": asdict(trainer.train),
    }
    return save_checkpoint(folder, trainer.step, trainer.modules, trainer.optimizers, settings)


def _snapshot(trainer: Trainer, path: Path) -> None:
    tensors = {key: value.cpu().clone().contiguous() for key, value in trainer.average.module.state_dict().items()}
    save_file(tensors, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def _cut_log(path: Path, step: int) -> None:
    """Drop lines after ``step``: a resumed run writes them again, and a log has each step once."""
    if path.exists():
        lines = [line for line in path.read_text().splitlines() if line and json.loads(line)["step"] <= step]
        path.write_text("".join(line + "\n" for line in lines))
