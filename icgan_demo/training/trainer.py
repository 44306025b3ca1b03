"""Adversarial training of an IC-GAN: the networks of a run, their optimisers, and the two updates.

Runs on a processor, a GPU or several processes alike (Accelerate). Every random choice derives from (seed, step,
purpose), so a run that is killed and resumed gives the networks of an uninterrupted one.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from icgan_demo.config import DiscriminatorConfig, Losses, Precision, TrainConfig
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import channels_last
from icgan_demo.models.mixed_discriminator import MixedDiscriminator
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator
from icgan_demo.training.augment import augment
from icgan_demo.training.common import losses
from icgan_demo.training.common.drawing import average_of
from icgan_demo.training.common.precision import bf16_pays
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.common.run_folder import Progress
from icgan_demo.training.common.spectrum import grid_penalty
from icgan_demo.training.pairs import Conditions, Neighbourhoods, PairSampler
from icgan_demo.training.schedules import r1_weight, rate_factor
from icgan_demo.training.start.network_sizes import DISCRIMINATOR_WIDTHS


class Trainer:
    """The networks of a run, their optimisers, and the two updates."""

    def __init__(
        self,
        data: Neighbourhoods,
        generator: BigGanGenerator,
        discriminator: BigGanDiscriminator | None,
        train: TrainConfig,
        device: str = "cpu",
        projected: ProjectedDiscriminator | None = None,
    ) -> None:
        """Take over freshly made or trained networks.

        Args:
            discriminator: that of pixels, None for a run without one.
            device: "cpu", or "cuda" for the GPU of this process.
            projected: heads on a trained network, None for a run without them.
        """
        self.accelerator = Accelerator(cpu=device == "cpu")
        self.device = self.accelerator.device
        self.data, self.train = data, train
        self.pairs = PairSampler(data, train.batch_size, train.label_dropout, train.seed, train.pictures_per_instance)
        self.generator = channels_last(generator, str(self.device))
        self.discriminator = channels_last(MixedDiscriminator(discriminator, projected), str(self.device))
        if discriminator is not None:
            discriminator.blocks[: train.freeze].requires_grad_(False)
        if projected is not None:
            projected.look_through(str(self.device))
        self._losses = _losses_by_row(train, discriminator, projected)
        self._learning = [p for p in self.discriminator.parameters() if p.requires_grad]
        self.average = average_of(self.generator, train.ema_decay)
        self.optimizer_g = self._adam(list(self.generator.parameters()), train.lr_generator)
        self.optimizer_d = self._adam(self._learning, train.lr_discriminator)
        prepared = self.accelerator.prepare(self.generator, self.discriminator, self.optimizer_g, self.optimizer_d)
        self._shared_g, self._shared_d, self._step_g, self._step_d = prepared  # gradients are averaged over processes
        self.step = 0
        self.rate_scale = 1.0
        """Factor of both learning rates; halved after a rollback."""
        self.bf16 = train.precision is Precision.BFLOAT16 or (train.precision is Precision.AUTO and self._bf16_pays())

    @property
    def averaged(self) -> BigGanGenerator:
        """The averaged generator, the one that draws."""
        return cast(BigGanGenerator, self.average.module)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """Everything a checkpoint holds beside the optimisers."""
        return {"generator": self.generator, **self.discriminator.parts, "average": self.average}

    @property
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The optimisers a checkpoint holds."""
        return {"optimizer_g": self.optimizer_g, "optimizer_d": self.optimizer_d}

    def update(self) -> Progress:
        """Do one generator update and the discriminator updates before it; returns what they gave.

        An update whose gradients are not finite changes no weight and is reported as skipped, and so is one that leaves
        batch-norm statistics that are not finite: they are put back, since they would never decay away.
        """
        start = time.monotonic()
        statistics = [buffer for buffer in self.generator.buffers() if buffer.is_floating_point()]
        before = [buffer.clone() for buffer in statistics]
        self.generator.train(not self.train.frozen_statistics)
        self.discriminator.train()
        self._set_rates()
        for inner in range(self.train.discriminator_steps):
            report_d, learned_d = self._update_discriminator(self.step * self.train.discriminator_steps + inner)
        report_g, learned_g = self._update_generator()
        self.step += 1
        is_sound = float(torch.isfinite(torch.nn.utils.get_total_norm(statistics)))
        loss_g, loss_d, real, fake, r1, all_sound = self._mean_over_processes([*report_g, *report_d, is_sound])
        if all_sound < 1:
            torch._foreach_copy_(statistics, before)
        elif learned_g:
            self.average.update_parameters(self.generator)
        rate = self.train.batch_size * self.train.discriminator_steps / (time.monotonic() - start)
        learned = learned_d and learned_g and all_sound == 1
        return Progress(self.step, loss_g, loss_d, real, fake, r1, rate, is_skipped=not learned)

    def _update_discriminator(self, update: int) -> tuple[list[float], bool]:
        train = self.train
        real, fake = self.pairs.real(update), self.pairs.fake(update, "fake of D")
        noise = self.pairs.noise(update, "noise of D", self.generator.config.noise_dim)
        source = self._own_source(update, "augment D")
        has_pixels = self.discriminator.pixel is not None
        is_penalised = has_pixels and train.r1_gamma > 0 and update % train.r1_every == 0
        reports = []
        for share, sync in self._shares(self._shared_d):
            mine_real, mine_fake = share(real), share(fake)
            with torch.no_grad(), self._autocast():
                drawn = self._draw(self.generator, share(noise), mine_fake).float()
            shown = augment(torch.cat([drawn, self.pairs.pictures(mine_real, self.device)]), train.augment, source)
            shown_with = [mine_fake, mine_real]
            if train.mismatch:
                others = real.of_others(train.pictures_per_instance)
                is_real = share(self.pairs.fits(real, others))
                shown_with += [mine_fake, share(others)]
            features = torch.cat([conditions.features for conditions in shown_with])
            labels = torch.cat([conditions.labels for conditions in shown_with])
            with sync:
                with self._autocast():
                    scores = self._shared_d(_contiguous(shown), features, labels, groups=2).float()
                fake_scores, real_scores, *refused = scores.chunk(len(shown_with), dim=1)
                loss = scores.new_zeros(())
                for row, adversary in enumerate(self._losses):
                    loss = loss + adversary.discriminator(real_scores[row], fake_scores[row])
                    if refused:
                        mismatched = refused[-1][row].masked_fill(is_real, -math.inf)  # refused as well as can be
                        loss = loss + train.mismatch * adversary.mismatched(mismatched)
                penalty = self._r1(shown[len(drawn) :], mine_real) if is_penalised else loss.new_zeros(())
                weight = r1_weight(train, self.step) * train.r1_every
                self._backward(loss + penalty * weight if is_penalised else loss)
            told = slice(1) if has_pixels else slice(None)
            reports.append(torch.stack([loss, real_scores[told].mean(), fake_scores[told].mean(), penalty]).detach())
        return torch.stack(reports).mean(0).tolist(), self._learn(self._step_d, self._learning)

    def _r1(self, shown: Tensor, real: Conditions) -> Tensor:
        shown = _contiguous(shown.detach()).requires_grad_()
        with self._autocast():
            assert self.discriminator.pixel is not None
            scores = self.discriminator.pixel(shown, real.features, real.labels).float()
        return losses.r1_penalty(scores, shown)

    def _update_generator(self) -> tuple[list[float], bool]:
        train = self.train
        fake = self.pairs.fake(self.step, "fake of G")
        noise = self.pairs.noise(self.step, "noise of G", self.generator.config.noise_dim)
        source = self._own_source(self.step, "augment G")
        is_learning = self.step >= train.discriminator_first
        reports = []
        _require_gradients(self._learning, False)
        for share, sync in self._shares(self._shared_g):
            mine = share(fake)
            with sync, torch.set_grad_enabled(is_learning):
                with self._autocast():
                    drawn = self._draw(self._shared_g, share(noise), mine).float()
                    shown = _contiguous(augment(drawn, train.augment, source))
                    scores = self.discriminator(shown, mine.features, mine.labels).float()
                loss = scores.new_zeros(())
                for row, adversary in zip(scores, self._losses, strict=True):
                    loss = loss + adversary.weight * adversary.generator(row)
                if train.grid_weight:
                    real = share(self.pairs.real(self.step * train.discriminator_steps))
                    loss = loss + train.grid_weight * grid_penalty(drawn, self.pairs.pictures(real, self.device))
                if is_learning:
                    self._backward(loss)
            reports.append(loss.detach())
        _require_gradients(self._learning, True)
        learned = self._learn(self._step_g, list(self.generator.parameters())) if is_learning else True
        return [torch.stack(reports).mean().item()], learned

    def _draw(self, network: nn.Module, noise: Tensor, conditions: Conditions) -> Tensor:
        return network(noise, self.generator.condition(conditions.features, conditions.labels))

    def _shares(self, network: nn.Module) -> Iterator[tuple[Callable[[Any], Any], AbstractContextManager]]:
        """Yield, for each part of this process's work, what cuts it out of a whole batch and how gradients meet.

        Gradients travel between processes only with the last part.
        """
        parts = self.train.accumulate
        total = parts * self.accelerator.num_processes
        for part in range(parts):
            index = self.accelerator.process_index * parts + part

            def share(whole: Any, index: int = index) -> Any:
                if isinstance(whole, Conditions):
                    return whole.share(index, total).to(self.device)
                return whole.chunk(total)[index].to(self.device)

            yield share, nullcontext() if part == parts - 1 else self.accelerator.no_sync(network)

    def _backward(self, loss: Tensor) -> None:
        self.accelerator.backward(loss / self.train.accumulate)

    def _learn(self, optimizer: Any, parameters: list[nn.Parameter]) -> bool:
        """Apply the gathered gradients and forget them; returns False, with nothing changed, if one is not finite."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        is_finite = bool(torch.isfinite(norm))
        if is_finite:
            if 0 < self.train.clip_norm < norm:
                torch._foreach_mul_(gradients, self.train.clip_norm / norm)
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return is_finite

    def _set_rates(self) -> None:
        factor = self.rate_scale * rate_factor(self.train, self.step)
        for optimizer, rate in (
            (self.optimizer_g, self.train.lr_generator),
            (self.optimizer_d, self.train.lr_discriminator),
        ):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor

    def _adam(self, parameters: list[nn.Parameter], rate: float) -> torch.optim.Adam:
        return torch.optim.Adam(parameters, rate, (0.0, self.train.beta2), eps=1e-6, fused=True)

    def _own_source(self, step: int, purpose: str) -> torch.Generator:
        """Augmentation is drawn by each process for its own pictures; the first one's draw is that of a single one."""
        rank = self.accelerator.process_index
        return generator_for(self.train.seed, step, f"{purpose} {rank}" if rank else purpose)

    def _mean_over_processes(self, values: list[float]) -> list[float]:
        if self.accelerator.num_processes == 1:
            return values
        return self.accelerator.reduce(torch.tensor(values, device=self.device), "mean").tolist()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def _bf16_pays(self) -> bool:
        """Time a discriminator without conditions; all processes follow the first one."""
        side = self.generator.config.resolution
        pixel = self.discriminator.pixel
        widths = pixel.config.widths if pixel else DISCRIMINATOR_WIDTHS[side]
        is_spectral = pixel is not None and pixel.config.spectral_norm
        twin = BigGanDiscriminator(DiscriminatorConfig(side, widths, spectral_norm=is_spectral))
        pays = bf16_pays(channels_last(twin, str(self.device)), side, self.device.type)
        return self._mean_over_processes([float(pays and self.accelerator.is_main_process)])[0] > 0


@dataclass(frozen=True)
class _Adversary:
    """What one row of scores means: the losses of both sides, and its weight in the generator's."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    mismatched: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    weight: float = 1.0


LOSSES = {
    Losses.LOGISTIC: _Adversary(losses.discriminator_logistic, losses.mismatched_logistic, losses.generator_logistic),
    Losses.HINGE: _Adversary(losses.discriminator_hinge, losses.mismatched_hinge, losses.generator_hinge),
}


def _losses_by_row(
    train: TrainConfig, pixel: BigGanDiscriminator | None, projected: ProjectedDiscriminator | None
) -> list[_Adversary]:
    """The losses of each row that ``MixedDiscriminator`` gives; heads always have the hinge loss."""
    rows = [LOSSES[train.loss]] if pixel is not None else []
    if projected is not None:
        head = replace(LOSSES[Losses.HINGE], weight=train.projected_weight if rows else 1.0)
        rows += [head] * len(projected.heads)
    return rows


def _contiguous(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)


def _require_gradients(parameters: list[nn.Parameter], wanted: bool) -> None:
    for parameter in parameters:
        parameter.requires_grad_(wanted)
