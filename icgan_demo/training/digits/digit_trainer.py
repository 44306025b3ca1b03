"""Adversarial training of conditional GANs of digits: the networks and schedule of 2014, or small modern ones.

Every random choice derives from (seed, update, purpose), so a run that is stopped and resumed gives the networks of an
uninterrupted one.
"""

import copy
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator, ModernEncoder, PaperGenerator, one_hot
from icgan_demo.training.common import losses
from icgan_demo.training.common.checkpoint import load_newest_checkpoint, save_checkpoint
from icgan_demo.training.common.log_lines import cut_log
from icgan_demo.training.common.paper_schedule import paper_momentum, paper_rate
from icgan_demo.training.common.randomness import ShuffledPasses, generator_for
from icgan_demo.training.common.run_folder import LOG
from icgan_demo.training.digits.digit_data import DigitSet
from icgan_demo.training.digits.digit_networks import build_networks, modern_optimizers, paper_optimizers
from icgan_demo.training.digits.digit_samples import draw_balanced, save_sheet
from icgan_demo.training.digits.digit_settings import DigitTrainConfig
from icgan_demo.training.digits.parzen import choose_sigma

logger = logging.getLogger(__name__)

VALIDATION_SAMPLES = 10_000


@dataclass(frozen=True)
class DigitProgress:
    """What one update of both networks gave."""

    update: int
    loss_generator: float
    loss_discriminator: float
    score_real: float
    """Mean logit of real pictures."""
    score_fake: float
    """Mean logit of drawn ones."""
    rate: float
    """Learning rate of the generator."""
    validation: float | None = None
    """Parzen estimate for validation pictures after this update, nats; None if it was not made."""
    sigma: float | None = None
    """Bandwidth of that estimate."""


class DigitTrainer:
    """The networks of a run, their optimisers, and one update of both."""

    def __init__(self, data: DigitSet, classes: int, config: DigitTrainConfig, bf16: bool = False) -> None:
        """Start a run.

        Args:
            data: the pictures to learn from.
            bf16: whether to compute in bfloat16 where that is safe; the weights stay float32.
        """
        torch.manual_seed(config.seed)
        self.data, self.classes, self.config, self.bf16 = data, classes, config, bf16
        self.generator, self.discriminator = build_networks(config, classes)
        if isinstance(self.generator, PaperGenerator):
            self.generator.start_from_mean(data.pictures().mean(dim=0))
            self.optimizers = paper_optimizers(self.generator, self.discriminator)
            self.average, self.encoder = None, None
        else:
            self.encoder = ModernEncoder(classes)
            drawing = nn.ModuleList([self.generator, self.encoder])
            self.optimizers = modern_optimizers(drawing, self.discriminator, config)
            averaging = get_ema_multi_avg_fn(config.ema_decay)
            self.average = AveragedModel(self.generator, multi_avg_fn=averaging, use_buffers=True)
        self.best = copy.deepcopy(self.drawing)
        self.best_validation, self.best_update = float("-inf"), 0
        self.updates_done = 0
        self._passes = ShuffledPasses(len(data), config.seed)

    @property
    def drawing(self) -> ConditionalGenerator:
        """The generator that draws: the averaged one where there is one."""
        return self.generator if self.average is None else cast(ConditionalGenerator, self.average.module)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Everything a checkpoint holds beside the optimisers."""
        parts: dict[str, nn.Module] = {"generator": self.generator, "discriminator": self.discriminator}
        parts["best"] = self.best
        if self.average is None or self.encoder is None:
            return parts
        return {**parts, "average": self.average, "encoder": self.encoder}

    def update(self) -> DigitProgress:
        """Update the discriminator, then the generator.

        Raises:
            TrainingError: if a loss is not finite.
        """
        self.generator.train()
        self.discriminator.train()
        rate = self._set_rates()
        with torch.random.fork_rng(devices=[]):  # dropout knows only the global stream
            torch.manual_seed(int(torch.randint(2**62, (), generator=self._source("dropout"))))
            loss_d, real, fake = self._update_discriminator()
            loss_g = self._update_generator()
        self.updates_done += 1
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return DigitProgress(self.updates_done, loss_g, loss_d, real, fake, rate)

    def validate(self, validation: DigitSet) -> tuple[float, float]:
        """Return the Parzen estimate for validation pictures and its bandwidth; keep the generator if it is the best.

        Source: Mirza and Osindero 2014, section 4.1: the best estimate on the validation set was the stopping point.
        """
        samples, _ = draw_balanced(self.drawing, VALIDATION_SAMPLES, seed=0)
        sigma, mean = choose_sigma(samples.flatten(1), validation.pictures().flatten(1))
        if mean > self.best_validation and self.updates_done >= self.config.settle * self.config.updates:
            self.best_validation, self.best_update = mean, self.updates_done
            self.best.load_state_dict(self.drawing.state_dict())
        return mean, sigma

    def _set_rates(self) -> float:
        done = self.updates_done
        if self.average is None:
            rate = paper_rate(done)
            momentum = paper_momentum(done, max(1, len(self.data) // self.config.batch_size))
            for optimizer in self.optimizers.values():
                optimizer.param_groups[0].update(lr=rate, momentum=momentum)
            return rate
        left = 1 - 0.9 * min(1.0, done / self.config.updates)
        self.optimizers["optimizer_g"].param_groups[0]["lr"] = self.config.lr_generator * left
        self.optimizers["optimizer_d"].param_groups[0]["lr"] = self.config.lr_discriminator * left
        return self.config.lr_generator * left

    def _update_discriminator(self) -> tuple[float, float, float]:
        rows = self._real_rows()
        real, real_condition = self.data.pictures(rows), one_hot(self.data.labels[rows], self.classes)
        with torch.no_grad():
            drawn, condition = self._draw("fake of D")
        with self._autocast():
            scores = self.discriminator(torch.cat([real, drawn]), torch.cat([real_condition, condition])).float()
        real_scores, fake_scores = scores.chunk(2)
        loss = losses.discriminator_logistic(real_scores, fake_scores)
        config = self.config
        if self.average is not None and config.r1_gamma and self.updates_done % config.r1_every == 0:
            shown = real.clone().requires_grad_()
            penalty = losses.r1_penalty(self.discriminator(shown, real_condition), shown)
            loss = loss + penalty * (config.r1_gamma * config.r1_every)
        self._step("optimizer_d", loss)
        return loss.item(), real_scores.mean().item(), fake_scores.mean().item()

    def _update_generator(self) -> float:
        self.discriminator.requires_grad_(False)
        if self.encoder is None:
            drawn, condition = self._draw("fake of G")
            bound: Tensor | float = 0.0
        else:
            drawn, condition, bound = self._draw_and_redraw(self.encoder)
        with self._autocast():
            scores = self.discriminator(drawn, condition).float()
        loss = losses.generator_logistic(scores) + self.config.bound_weight * bound
        self._step("optimizer_g", loss)
        self.discriminator.requires_grad_(True)
        return loss.item()

    def _step(self, name: str, loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise TrainingError(f"The loss is not finite at update {self.updates_done}; lower the learning rates.")
        self.optimizers[name].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[name].step()

    def _draw(self, purpose: str) -> tuple[Tensor, Tensor]:
        """Draw a batch whose classes are as frequent as in the data."""
        source, size = self._source(purpose), self.config.batch_size
        rows = torch.randint(len(self.data), (size,), generator=source)
        condition = one_hot(self.data.labels[rows], self.classes)
        with self._autocast():
            return self.generator(self.generator.random_noise(size, source), condition).float(), condition

    def _draw_and_redraw(self, encoder: ModernEncoder) -> tuple[Tensor, Tensor, Tensor]:
        """Draw a batch from noise, and with it the update's real pictures from guessed noise, for the evidence bound.

        Both go through the generator as one batch, so that its batch norm sees the two alike.
        Source: Bao et al. 2017, CVAE-GAN; there the redrawn pictures are compared in feature space as well.
        """
        source, size = self._source("fake of G"), self.config.batch_size
        rows = self._real_rows()
        real, real_condition = self.data.pictures(rows), one_hot(self.data.labels[rows], self.classes)
        other = torch.randint(len(self.data), (size,), generator=source)
        condition = one_hot(self.data.labels[other], self.classes)
        mean, log_variance = encoder(real, real_condition)
        guessed = mean + torch.randn(mean.shape, generator=source) * (0.5 * log_variance).exp()
        noise = torch.cat([self.generator.random_noise(size, source), guessed])
        with self._autocast():
            drawn, redrawn = self.generator(noise, torch.cat([condition, real_condition])).float().chunk(2)
        return drawn, condition, losses.evidence_bound(real, redrawn, mean, log_variance)

    def _real_rows(self) -> Tensor:
        """Return the next rows of a shuffled pass over the data."""
        size = self.config.batch_size
        return self._passes.rows(self.updates_done * size, size)

    def _source(self, purpose: str) -> torch.Generator:
        return generator_for(self.config.seed, self.updates_done, purpose)

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)


def train_digits(
    trainer: DigitTrainer, validation: DigitSet, folder: Path, stop: Callable[[], bool] = lambda: False
) -> Iterator[DigitProgress]:
    """Yield a report per update, with checkpoints, sheets and a log in ``folder``; resumes from the newest checkpoint.

    Ends after the configured updates, or when the validation estimate has not improved for ``patience`` estimates.
    ``stop`` is asked after every update; once it says yes, the run is saved where it is, to be resumed later.
    """
    config = trainer.config
    folder.mkdir(parents=True, exist_ok=True)
    _resume(trainer, folder)
    with (folder / LOG).open("a") as log:
        while trainer.updates_done < config.updates and not _has_waited(trainer):
            progress = trainer.update()
            done = trainer.updates_done
            is_last, is_stopped = done == config.updates, stop()
            if config.validate_every and (done % config.validate_every == 0 or is_last):
                mean, sigma = trainer.validate(validation)
                progress = DigitProgress(**{**asdict(progress), "validation": mean, "sigma": sigma})
                save_sheet(trainer.drawing, folder / f"sheet_{done:06d}.png")
            log.write(json.dumps(asdict(progress)) + "\n")
            if done % config.checkpoint_every == 0 or is_last or is_stopped or _has_waited(trainer):
                log.flush()
                _save(trainer, folder)
            yield progress
            if is_stopped:
                return


def _has_waited(trainer: DigitTrainer) -> bool:
    config = trainer.config
    waited = trainer.updates_done - max(trainer.best_update, config.settle * config.updates)
    return bool(config.patience and config.validate_every and waited >= config.patience * config.validate_every)


def _save(trainer: DigitTrainer, folder: Path) -> None:
    settings = {
        "train": asdict(trainer.config),
        "classes": trainer.classes,
        "pictures": len(trainer.data),
        "best_validation": trainer.best_validation if trainer.best_update else None,
        "best_update": trainer.best_update,
    }
    save_checkpoint(folder, trainer.updates_done, trainer.modules, trainer.optimizers, settings)


def _resume(trainer: DigitTrainer, folder: Path) -> None:
    """Restore the newest checkpoint, if there is one, and cut the log back to it."""
    resumed = load_newest_checkpoint(folder, trainer.modules, trainer.optimizers)
    if resumed:
        trainer.updates_done, settings = resumed
        trainer.best_update = settings["best_update"]
        if settings["best_validation"] is not None:
            trainer.best_validation = settings["best_validation"]
        logger.info("resumed from update %d", trainer.updates_done)
    cut_log(folder / LOG, trainer.updates_done, "update")
