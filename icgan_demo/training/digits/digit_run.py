"""A whole training of a digit generator: from a folder of IDX files to a model folder."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from icgan_demo.errors import TrainingError
from icgan_demo.models.cgan.conditional_gan import SIDE, ConditionalGenerator, one_hot
from icgan_demo.training.common.checkpoint import check_same_run, load_newest_checkpoint, newest_settings
from icgan_demo.training.common.precision import bf16_pays
from icgan_demo.training.digits.digit_data import load_digits
from icgan_demo.training.digits.digit_networks import build_networks
from icgan_demo.training.digits.digit_settings import DigitTrainConfig
from icgan_demo.training.digits.digit_trainer import DigitProgress, DigitTrainer, train_digits
from icgan_demo.weights.cards import Licence
from icgan_demo.weights.digit_cards import DigitNetwork, write_digit_model
from icgan_demo.weights.folders import MODEL

TITLES = {
    "paper": "2014: the networks of Mirza and Osindero",
    "modern": "Modern: small convolutional networks",
}
UNKNOWN_LICENCE = Licence("unknown", "", "The rights in these images are those of the training images.")


def run_digits(
    data_folder: Path,
    config: DigitTrainConfig,
    out: Path,
    name: str = "digits",
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[DigitProgress]:
    """Train, yielding a report per update, and write the best generator as ``out/model`` at the end.

    A run that is already in ``out`` continues. Once ``stop`` says yes, it is saved where it is, without a model.

    Raises:
        RequestError: if the files cannot be used.
        TrainingError: if ``out`` holds a run of other networks or other data, or the losses diverge.
    """
    data = load_digits(data_folder)
    _check_same_run(out, config, data.classes, len(data.train))
    _, discriminator = build_networks(config, data.classes)
    bf16 = bf16_pays(_OfOneClass(discriminator, data.classes), SIDE, "cpu", config.batch_size, channels=1)
    trainer = DigitTrainer(data.train, data.classes, config, bf16)
    is_stopped = False

    def stopping() -> bool:
        nonlocal is_stopped
        is_stopped = stop()
        return is_stopped

    yield from train_digits(trainer, data.validation, out, stopping)
    if not is_stopped:
        write_digit_run(trainer, out / MODEL, name)


def write_digit_run(trainer: DigitTrainer, folder: Path, name: str) -> None:
    """Write a run's best generator (without validation, the last one) as a model folder of its own."""
    config = trainer.config
    settings = {
        **asdict(config),
        "updates_trained": trainer.updates_done,
        "update_chosen": trainer.best_update or trainer.updates_done,
        "pictures": len(trainer.data),
    }
    width = config.width if config.network == "modern" else 0
    record = DigitNetwork(title=TITLES[config.network], width=width, settings=settings)
    card = {
        "name": name,
        "title": f"Digits: {name}",
        "description": "Trained with `icgan-demo train-digits`.",
        "data": "IDX files given by whoever trained it.",
        "licence": UNKNOWN_LICENCE,
        "class_names": tuple(str(label) for label in range(trainer.classes)),
    }
    generator = trainer.best if trainer.best_update else trainer.drawing
    write_digit_model(folder, card, {config.network: (generator, record)})


def best_of_run(folder: Path) -> tuple[ConditionalGenerator, dict[str, Any]]:
    """Return the best generator of a run so far, and the settings stored with its newest checkpoint.

    Raises:
        TrainingError: if the folder holds no complete checkpoint.
    """
    stored = newest_settings(folder)
    generator, _ = build_networks(DigitTrainConfig(**stored["train"]), stored["classes"])
    if not stored["best_update"]:
        raise TrainingError(f"The run in {folder.name!r} was never validated; there is no best generator yet.")
    updates, _ = load_newest_checkpoint(folder, {"best": generator}, {}) or (0, {})
    return generator, {**stored, "updates_trained": updates}


def _check_same_run(out: Path, config: DigitTrainConfig, classes: int, pictures: int) -> None:
    now = {"network": config.network, "width": config.width, "batch_size": config.batch_size, "seed": config.seed}
    stored = check_same_run(out, now)
    if stored and (stored["classes"], stored["pictures"]) != (classes, pictures):
        raise TrainingError(f"The run in {out.name!r} learned from other images. Choose another folder.")


class _OfOneClass(nn.Module):
    """A discriminator that is always told class 0, which is what is timed to choose the precision."""

    def __init__(self, discriminator: nn.Module, classes: int) -> None:
        super().__init__()
        self.discriminator, self.classes = discriminator, classes

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (N,)."""
        labels = pictures.new_zeros(len(pictures)).long()
        return self.discriminator(pictures, one_hot(labels, self.classes))
