"""Drawing digits with a conditional GAN: from seeds and classes, or from what lies between two classes."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.errors import RequestError, WeightsError
from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator, one_hot
from icgan_demo.weights.cards import folders_of_kind, read_card_as
from icgan_demo.weights.digit_cards import KIND, DigitCard, load_classifier, load_digit_generator
from icgan_demo.weights.folders import model_folders


class DigitModel:
    """One folder of generators, each loaded when it first draws; loading twice at once is harmless."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = read_card_as(DigitCard, folder)
        self.classes = len(self.card.class_names)
        self.classifier = load_classifier(self.card, folder)
        self._generators: dict[str, ConditionalGenerator] = {}

    def generator(self, network: str) -> ConditionalGenerator:
        """Return a generator of the folder.

        Raises:
            RequestError: if the folder has no such network.
            WeightsError: if its file is damaged.
        """
        if network not in self.card.networks:
            known = ", ".join(self.card.networks)
            raise RequestError(f"{self.card.title} has no network {network!r}. Available: {known}.")
        if network not in self._generators:
            self._generators[network] = load_digit_generator(self.card, self.folder, network)
        return self._generators[network]

    def draw(self, network: str, condition: Tensor, seeds: Sequence[int]) -> Tensor:
        """Return pictures (N, 1, 28, 28) in [0, 1]; row i depends on its condition and seed alone.

        Args:
            condition: class weights (N, classes), rows that sum to 1.
        """
        generator = self.generator(network)
        with torch.inference_mode():
            return generator(generator.seeded_noise(seeds), condition)

    def condition(self, digits: Sequence[int]) -> Tensor:
        """Return the conditions of classes; raises RequestError for one that the model does not know."""
        for digit in digits:
            if not 0 <= digit < self.classes:
                raise RequestError(f"There is no class {digit}; they go from 0 to {self.classes - 1}.")
        return one_hot(torch.tensor(digits), self.classes)

    def blended(self, first: int, second: int, amounts: Sequence[float]) -> Tensor:
        """Return conditions on the straight line between two classes, amount 0 at the first and 1 at the second."""
        start, end = self.condition([first]), self.condition([second])
        return torch.lerp(start, end, torch.tensor(amounts, dtype=torch.float32)[:, None])


def open_digit_model(name: str | None = None) -> DigitModel:
    """Return the digit model of that name or folder, for None the first one of this machine.

    Raises:
        RequestError: if there is none of that name.
        WeightsError: if there is none at all, or it is damaged.
    """
    if name and Path(name).is_dir():
        return DigitModel(Path(name))
    found = folders_of_kind(model_folders(), KIND)
    if not found:
        raise WeightsError("No model of digits was found. Restore the folder weights/cgan-mnist.")
    chosen = [folder for folder in found if name in (None, folder.name)]
    if not chosen:
        known = ", ".join(folder.name for folder in found)
        raise RequestError(f"There is no model of digits of that name. Known: {known}.")
    return DigitModel(chosen[0])
