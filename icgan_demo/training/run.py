"""Whole runs, from a folder of pictures to a model folder; the command line and the page start these."""

import errno
import logging
import math
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from torch import Tensor

from icgan_demo.atomic_files import remove
from icgan_demo.config import EncoderConfig, EncoderTrainConfig
from icgan_demo.encoders.bundled import BundledEncoder
from icgan_demo.encoders.lite0 import Lite0Encoder
from icgan_demo.errors import DemoError, RequestError, TrainingError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import MOMENTUM, AffineBatchNorm, ConditionalBatchNorm
from icgan_demo.training.common.checkpoint import checkpoint_mb, load_module_of
from icgan_demo.training.common.image_set import load_image_folder
from icgan_demo.training.common.kept_memory import keep_freed_memory
from icgan_demo.training.common.log_lines import read_lines
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.common.run_folder import METRICS, PRESENT, RECORD, SHEETS, Progress, State, steps_in
from icgan_demo.training.encoder.contrastive import EpochReport, train_encoder
from icgan_demo.training.instance_bank import choose_instances
from icgan_demo.training.outcome import add_outcome
from icgan_demo.training.plan import Order, Plan, config_as_json, load_pictures, make_plan, resolve
from icgan_demo.training.run_record import (
    cache_of,
    check_encoder,
    pictures_of,
    precision_of,
    read_record,
    resumed_config,
    write_record,
)
from icgan_demo.training.run_reporter import Interrupted, Reporter, locked
from icgan_demo.training.sample_sheets import learning_of
from icgan_demo.training.session import Session
from icgan_demo.training.trainer import Trainer
from icgan_demo.weights.calibration import calibrated_by_training
from icgan_demo.weights.cards import Card, Licence
from icgan_demo.weights.folders import MODEL
from icgan_demo.weights.lite0_files import read_nothing
from icgan_demo.weights.model_folder import write_model

logger = logging.getLogger(__name__)

SPARE_SIDE = 1.5
"""Pictures for the encoder are kept this much larger than its views, which crop them."""
BANK = 100
LONGEST_NAME = 80
"""Of a name that a step is added to."""
MEASURED = 3
"""Updates that an estimate is made from."""
STATISTICS_BATCH = 256
STATISTICS_BATCHES = 40


@dataclass(frozen=True)
class Description:
    """What a model's card says about it."""

    name: str
    title: str
    description: str = "Trained with `icgan-demo train`. Images are synthetic."
    data: str = "given by whoever trained it"
    """Where the pictures are from; their number goes before it."""
    licence: Licence = Licence("unknown", "", "The rights in these images are those of the training images.")  # noqa: RUF009


def run_encoder(
    data: Path, out: Path, encoder: EncoderConfig, train_config: EncoderTrainConfig, device: str = "cpu"
) -> Iterator[EpochReport]:
    """Train the bundled encoder on the pictures under ``data``; yields a report per epoch and can be resumed."""
    images = load_image_folder(data, int(train_config.view_side * SPARE_SIDE), cache_of(out))
    yield from train_encoder(images, encoder, train_config, out, device)


def run_training(
    order: Order,
    given: Mapping[str, Any],
    out: Path,
    describe: Description,
    reporter: Reporter,
    *,
    resume: bool = False,
    threads: int = 0,
) -> Iterator[Progress]:
    """Train a generator in the folder ``out`` and write ``out/model`` at the end; yields a report per update.

    Args:
        given: fields of ``TrainConfig``; what is missing or None is chosen by base and pictures.
        reporter: writes ``status.json``, and knows when to stop or to finish.
        resume: whether to continue the run that ``out`` holds.
        threads: processor threads, 0 for torch's choice; a resumed run keeps its own.
    Raises:
        BusyError: if another trainer is at work in ``out``; its status stays as it is.
        RequestError: if a setting is wrong, or contradicts the run that is to be resumed.
        DemoError: if the run cannot start or continue; ``status.json`` then says the same sentence.
    """
    is_main = PartialState(cpu=order.device == "cpu").is_main_process
    if not resume and (out / RECORD).exists():
        raise RequestError("This folder already holds a run. Use --resume to continue it, or choose another --out.")
    if not is_main:
        yield from _train(order, given, out, describe, reporter, threads)
        return
    with locked(out):
        try:
            yield from _train(order, given, out, describe, reporter, threads)
        except Interrupted:
            reporter.say(state=State.STOPPED, eta_s=None)
        except Exception as error:
            failure = _explained(error)
            reporter.say(state=State.FAILED, eta_s=None, message=str(failure))
            raise failure from error


def _train(
    order: Order, given: Mapping[str, Any], out: Path, describe: Description, reporter: Reporter, threads: int
) -> Iterator[Progress]:
    stored = read_record(out)
    threads = threads or (stored or {}).get("threads", 0)
    if threads:
        torch.set_num_threads(threads)
    keep_freed_memory()
    reporter.say(state=State.PREPARING)
    reporter.beat()
    with PartialState().main_process_first():
        images = pictures_of(order, out, stored, reporter)
    config = resolve(given, order, len(images)) if stored is None else resumed_config(stored, given)
    plan = make_plan(order, config, images, reporter.beat, cache_of(out))
    if stored is not None:
        check_encoder(plan, stored)
    trainer = plan.trainer()
    if stored is None and PartialState().is_main_process:
        write_record(out, plan, trainer, given)
    reporter.say(steps=config.steps)
    session = Session(
        trainer, out, reporter, plan.evaluator, lambda: write_present(plan, trainer, out / PRESENT, describe)
    )
    yield from session.run()
    if session.is_stopped:
        raise Interrupted
    if PartialState().is_main_process:
        card = write_trained(plan, trainer, out, describe, session.state.best.get("step"), reporter)
        remove(out / PRESENT)
        add_outcome(plan, trainer, out, card, reporter.beat)
    reporter.say(state=State.FINISHED, step=trainer.step, eta_s=0.0, message="")


def write_trained(
    plan: Plan,
    trainer: Trainer,
    out: Path,
    describe: Description,
    best_step: float | None = None,
    reporter: Reporter | None = None,
) -> Card:
    """Write a run's averaged generator, of its best checkpoint if one is known, as ``out/model``; returns its card."""
    step = trainer.step if best_step is None else int(best_step)
    if step != trainer.step:
        load_module_of(out, step, "average", trainer.average)
        for owner, part in trainer.discriminator.parts.items():
            load_module_of(out, step, owner, part)
    generator = trainer.averaged
    features, labels = plan.data.features, plan.data.classes
    tell = reporter.beat if reporter else lambda: None
    refresh_statistics(generator, features, labels, bf16=trainer.bf16, tell=tell)
    bank = choose_instances(features, BANK)
    figures = next((line for line in read_lines(out / METRICS) if line["step"] == step), {})
    has_shared_encoder = isinstance(plan.encoder, Lite0Encoder)
    return _write(
        plan,
        trainer,
        out / MODEL,
        describe,
        step,
        bank,
        discriminator=trainer.discriminator.pixel,
        projected=trainer.discriminator.projected,
        figures={"training": figures} if figures else {},
        calibration=calibrated_by_training(features, bank, read_nothing()) if has_shared_encoder else None,
        learning=learning_of(steps_in(out / SHEETS, ".png"), step, trainer.train.batch_size),
    )


def write_present(plan: Plan, trainer: Trainer, folder: Path, describe: Description) -> Card:
    """Write a run's averaged generator as it is now as the model ``folder``, to be drawn with; returns its card.

    Nothing of the run changes, so the batch-norm statistics are the averaged ones, as on the sample sheets. The name
    says the step: what was drawn with another state is never taken for this one.
    """
    step = trainer.step
    told = replace(
        describe, name=f"{describe.name[:LONGEST_NAME]}-step-{step}", title=f"{describe.title}, step {step:,}"
    )
    return _write(plan, trainer, folder, told, step, choose_instances(plan.data.features, BANK))


def _write(
    plan: Plan, trainer: Trainer, folder: Path, describe: Description, step: int, bank: Tensor, **more: Any
) -> Card:
    """Write the averaged generator with what is needed to draw; ``bank`` are rows of the stored instances."""
    is_bundled = isinstance(plan.encoder, BundledEncoder)
    return write_model(
        folder,
        name=describe.name,
        title=describe.title,
        description=describe.description,
        data=f"{_counted(plan)}, {describe.data}.",
        licence=describe.licence,
        generator=trainer.averaged,
        encoder_network=plan.encoder.network if is_bundled else None,  # type: ignore[attr-defined]
        encoder_config=plan.encoder_record,
        features=plan.data.features[bank],
        labels=plan.data.classes[bank],
        class_names=plan.networks.class_names,
        settings=config_as_json(trainer.train)
        | {"steps_trained": step, "pictures": len(plan.data.images), "base": plan.order.base_record},
        **more,
    )


@torch.no_grad()
def refresh_statistics(
    generator: BigGanGenerator,
    features: Tensor,
    labels: Tensor,
    *,
    bf16: bool = False,
    pictures: int = 2560,
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Replace the stored batch-norm statistics by those of the generator as it is now, in place.

    Averaging the statistics of past generators, as training does, is only close to that: the averaged weights see
    other feature maps than any of them. Half of the pictures are drawn with a label, as half may be asked for.

    Args:
        features: unit-length rows (N, D) of the training pictures.
        labels: their classes, int64 (N,), -1 for none.
        bf16: whether to draw in bfloat16, as in training.
        pictures: at most so many are drawn; all count alike, and nothing is left of the old statistics.
        tell: called before each batch of them.
    """
    generator.train()
    norms = [module for module in generator.modules() if isinstance(module, (ConditionalBatchNorm, AffineBatchNorm))]
    device = next(generator.parameters()).device
    size = min(STATISTICS_BATCH, max(32, 2 * len(features)))  # for few instances few pictures: less to wait for
    for batch in range(min(STATISTICS_BATCHES, math.ceil(pictures / size))):
        tell()
        for norm in norms:
            norm.momentum = 1 / (batch + 1)
        source = generator_for(0, batch, "statistics")
        rows = torch.randint(len(features), (size,), generator=source)
        withheld = torch.rand(size, generator=source) < 0.5
        y = torch.where(withheld, -1, labels[rows]) if generator.config.no_label else labels[rows]
        z = torch.randn(size, generator.config.noise_dim, generator=source)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            generator(z.to(device), generator.condition(features[rows].to(device), y.to(device)))
    for norm in norms:
        norm.momentum = MOMENTUM
    generator.eval()


def _counted(plan: Plan) -> str:
    """Say how many pictures and classes a run learned from."""
    images = plan.data.images
    classes = f" in {len(images.class_names)} classes" if images.class_names else ""
    return f"{len(images):,} images{classes}"


def estimate(order: Order, given: Mapping[str, Any], cache: Path) -> dict[str, Any]:
    """Return what a run would do, with time and memory estimated from 3 measured updates; trains nothing.

    Returns:
        The data summary's fields, ``steps``, ``seconds_per_step``, ``eta_s``, ``memory_mb``, ``checkpoint_mb``,
        ``settings``, ``base`` and ``notes``.
    """
    start = time.monotonic()
    images = load_pictures(order, cache)
    config = resolve(given, order, len(images))
    plan = make_plan(order, config, images, cache=cache)
    # Both networks learn in what is measured: that a fresh discriminator is alone at first would look too fast.
    trainer = replace(plan, config=replace(plan.config, discriminator_first=0)).trainer()
    trainer.update()  # the first one also pays for set-up
    preparation = time.monotonic() - start
    begin = time.monotonic()
    for _ in range(MEASURED):
        trainer.update()
    seconds = (time.monotonic() - begin) / MEASURED
    eta = preparation + config.steps * seconds
    return images.summary() | {
        "steps": config.steps,
        "seconds_per_step": round(seconds, 3),
        "eta_s": round(min(eta, 60 * config.minutes) if config.minutes else eta, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "checkpoint_mb": round(checkpoint_mb(trainer.modules, trainer.optimizers), 1),
        "settings": config_as_json(replace(plan.config, precision=precision_of(trainer))),
        "base": order.base_record,
        "notes": list(plan.notes),
    }


# --- what went wrong, for a visitor ---


def _explained(error: Exception) -> DemoError:
    """Return what to say about an error that ended a run."""
    text = str(error).lower()
    if isinstance(error, DemoError):
        return error
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in text:
        return TrainingError("Out of memory. Start again with a smaller batch, or resume with --accumulate 2.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        return TrainingError("The disk is full or read-only. Free some space and resume.")
    logger.exception("the run failed in process %d", os.getpid())
    return TrainingError("The training failed unexpectedly; the log says more. It can be resumed.")
