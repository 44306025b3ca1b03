"""Folders of conditional GANs of digits: a card, one or more generators, and the classifier that judged them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import torch
from pydantic import Field, with_config
from torch import nn

from icgan_demo.guards.json_text import STRICT
from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator, ModernGenerator, PaperGenerator
from icgan_demo.models.cgan.digit_classifier import DigitClassifier
from icgan_demo.weights.cards import (
    AnyCard,
    FreeForm,
    Text,
    write_card,
)
from icgan_demo.weights.tensor_files import halved, load_listed, save_tensors

Network = TypeVar("Network", bound=nn.Module)
KIND: Literal["cgan-digits"] = "cgan-digits"
CLASSIFIER = "classifier.safetensors"
MAX_CLASSES = 100


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class DigitNetwork:
    """One generator of the folder."""

    title: Text
    width: Annotated[int, Field(ge=0, le=256)] = 0
    """Channels of the modern network; 0 for that of 2014, whose widths are fixed."""
    settings: FreeForm = field(default_factory=dict)
    """Settings of the training."""
    figures: FreeForm = field(default_factory=dict)
    """Measured figures."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class DigitCard(AnyCard):
    """What a folder of digit generators holds."""

    kind: Literal["cgan-digits"] = KIND
    networks: dict[Literal["paper", "modern"], DigitNetwork]
    """The generators; ``paper`` lies in ``paper.safetensors``."""
    class_names: Annotated[tuple[Text, ...], Field(min_length=2, max_length=MAX_CLASSES)]

    def __post_init__(self) -> None:
        if not self.networks:
            raise ValueError("networks must not be empty")
        if missing := {file_of(name) for name in self.networks} - set(self.files):
            raise ValueError(f"files must list {sorted(missing)[0]}")


def file_of(network: str) -> str:
    """Return the name of a generator's file."""
    return f"{network}.safetensors"


def load_digit_generator(card: DigitCard, folder: Path, network: str) -> ConditionalGenerator:
    """Return a generator of ``folder``, ready to draw.

    Raises:
        WeightsError: if its file is missing, damaged, or does not fit its card.
    """
    with torch.device("meta"):
        classes = len(card.class_names)
        wide = card.networks[network].width  # type: ignore[index]
        built = PaperGenerator(classes) if network == "paper" else ModernGenerator(classes, max(1, wide))
    return load_listed(built, folder, file_of(network), card.files)


def load_classifier(card: DigitCard, folder: Path) -> DigitClassifier | None:
    """Return the classifier of ``folder``, None if it has none; raises like ``load_digit_generator``."""
    if CLASSIFIER not in card.files:
        return None
    with torch.device("meta"):
        built = DigitClassifier(len(card.class_names))
    return load_listed(built, folder, CLASSIFIER, card.files)


def write_digit_model(
    folder: Path,
    card: Mapping[str, Any],
    networks: Mapping[str, tuple[ConditionalGenerator, DigitNetwork]],
    classifier: DigitClassifier | None = None,
) -> DigitCard:
    """Write generators (and the classifier) with their card into ``folder``, the card last; returns it.

    The weights are stored as float16, which halves the files and moves no pixel by more than a grey level or so.

    Args:
        card: the card's fields besides ``files`` and ``networks``.
    Raises:
        WeightsError: if a tensor is not finite or the disk fails.
    """
    modules: dict[str, nn.Module] = {file_of(name): generator for name, (generator, _) in networks.items()}
    if classifier is not None:
        modules[CLASSIFIER] = classifier
    files = {name: save_tensors(halved(module.state_dict()), folder / name) for name, module in modules.items()}
    records = {name: record for name, (_, record) in networks.items()}
    written = DigitCard(files=files, networks=records, **card)  # type: ignore[arg-type]
    write_card(written, folder)
    return written
