"""Any OpenCLIP model as an encoder. The package is optional: it is imported when an encoder is made, not before."""

import importlib
import logging
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.encoders.encoder import Encoder, unit_length
from icgan_demo.errors import EncoderError
from icgan_demo.guards.weights_file import check_safetensors, sha256_of
from icgan_demo.weights.cards import Card

logger = logging.getLogger(__name__)

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
"""Statistics of CLIP's training pictures, for the models that do not bring their own."""


class OpenClipEncoder(Encoder):
    """An ``Encoder`` around the picture side of an OpenCLIP model."""

    is_mirror_free = False

    def __init__(self, model: nn.Module, identity: str, architecture: str | None = None) -> None:
        """Wrap a model of ``open_clip.create_model``; its own input side and statistics are used.

        Args:
            model: with its weights.
            identity: names model and weights.
            architecture: OpenCLIP's name for it, by which it finds the words of texts; None does without texts.
        """
        self.identity = identity
        self._architecture = architecture
        self.model = model.eval().requires_grad_(False)
        visual: Any = model.visual
        side = visual.image_size
        self._side = (side, side) if isinstance(side, int) else tuple(side)
        self._mean = torch.tensor(getattr(visual, "image_mean", None) or MEAN).view(1, 3, 1, 1)
        self._std = torch.tensor(getattr(visual, "image_std", None) or STD).view(1, 3, 1, 1)
        self.feature_dim = self.encode(torch.zeros(1, 3, *self._side)).shape[1]

    def embed(self, images: Tensor) -> Tensor:
        """Return features that can be derived; see ``Encoder.embed``."""
        encode_image: Any = self.model.encode_image
        return unit_length(encode_image(self.prepare(images)))

    @torch.inference_mode()
    def encode_text(self, sentence: str) -> Tensor:
        """Return the unit-length feature (feature_dim,) of a sentence; words beyond the model's context are cut off.

        Raises:
            EncoderError: if the model has no text side here, or its words are not on this machine.
        """
        if self._architecture is None or not hasattr(self.model, "encode_text"):
            raise EncoderError("This OpenCLIP model was loaded without its text side. Choose an image instead.")
        try:
            tokens = _import_open_clip().get_tokenizer(self._architecture)([sentence])
        except Exception as error:  # tokenizers of other kinds are fetched by their own libraries
            logger.warning("words of OpenCLIP %s: %s", self._architecture, error)
            raise EncoderError(
                f"The tokenizer of OpenCLIP {self._architecture} cannot be read here. Choose an image instead."
            ) from error
        encode_text: Any = self.model.encode_text
        return unit_length(encode_text(tokens))[0]

    def prepare(self, images: Tensor) -> Tensor:
        """Return what the model sees: bicubic with antialiasing to its input side, then its statistics.

        Args:
            images: (N, 3, R, R), float in [-1, 1].
        Source: open_clip's own picture transform, here on tensors.
        """
        colours = images * 0.5 + 0.5
        if tuple(images.shape[2:]) != self._side:
            colours = F.interpolate(colours, self._side, mode="bicubic", antialias=True, align_corners=False)
            colours = colours.clamp(0, 1)  # bicubic overshoots at edges
        return (colours - self._mean) / self._std


def create_encoder(architecture: str, pretrained: str | None) -> OpenClipEncoder:
    """Return an encoder by OpenCLIP's names.

    Args:
        architecture: for example "ViT-B-32", or "hf-hub:owner/model".
        pretrained: a local weights file, or the name of published weights that the Hub has or its cache holds; None
            only for an "hf-hub:" architecture, which names its weights itself.
    Raises:
        EncoderError: if open_clip cannot be imported, does not know a name, or the weights cannot be had.
    """
    open_clip = _import_open_clip()
    if pretrained is None and not architecture.startswith("hf-hub:"):
        raise EncoderError("An OpenCLIP encoder needs weights: name them, or give a local file.")
    named = f"{architecture} ({Path(pretrained).name})" if pretrained else architecture
    try:
        model = open_clip.create_model(architecture, pretrained=pretrained, require_pretrained=True)
    except Exception as error:  # open_clip reports unknown names, dead networks and damaged files in many ways
        logger.warning("OpenCLIP %s: %s", named, error)
        raise EncoderError(
            f"The OpenCLIP encoder {named} cannot be loaded: its name is unknown, its file is damaged, or its weights "
            "can neither be found on this machine nor fetched."
        ) from error
    local = pretrained is not None and Path(pretrained).is_file()
    weights = sha256_of(Path(pretrained))[:16] if local and pretrained else pretrained
    return OpenClipEncoder(model, f"openclip:{architecture}:{weights}", architecture)


def load_encoder(card: Card, folder: Path) -> OpenClipEncoder:
    """Return the encoder that a card names by ``architecture``, and ``pretrained`` or a ``file`` of its folder."""
    architecture, pretrained = _named(card, folder)
    return create_encoder(architecture, pretrained)


def check_encoder(card: Card, folder: Path) -> None:
    """Raise EncoderError if OpenCLIP cannot be imported; the Hub is not asked."""
    _named(card, folder)
    _import_open_clip()


def _named(card: Card, folder: Path) -> tuple[str, str | None]:
    """Architecture and weights; a card may name a file that it lists, never a path."""
    architecture, pretrained, file = (card.encoder.get(key) for key in ("architecture", "pretrained", "file"))
    weights = pretrained if file is None else file
    if not isinstance(architecture, str) or not isinstance(weights, str | None) or "/" in (weights or ""):
        raise EncoderError(f"The card of {card.name} does not describe its encoder. Download the model again.")
    if file is None:
        return architecture, weights
    if weights not in card.files:
        raise EncoderError(f"The card of {card.name} does not list its encoder's file. Download the model again.")
    check_safetensors(folder / weights, None, card.files[weights].sha256)
    return architecture, str(folder / weights)


def _import_open_clip() -> Any:
    try:
        return importlib.import_module("open_clip")
    except Exception as error:  # a broken installation raises more than ImportError
        raise EncoderError(
            "OpenCLIP cannot be imported here. Install open_clip_torch, or use another encoder."
        ) from error
