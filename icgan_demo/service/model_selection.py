"""Which model knows a photo, and how well: what Automatic chooses by, and what is said of every photo."""

import logging
from dataclasses import dataclass, replace

from PIL import Image
from torch import Tensor

from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.encoders.table import load_encoder
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.loading import Bank, load_bank
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.model_store import ModelStore, takes_part, usable_calibration
from icgan_demo.service.values import Familiarity
from icgan_demo.weights.calibration import familiarity
from icgan_demo.weights.cards import INSTANCES, Card, FoundModel
from icgan_demo.weights.folders import PREFERRED
from icgan_demo.weights.lite0_files import read_nothing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelMatch:
    """A photo as a model sees it, and how well the model knows it."""

    familiarity: Familiarity
    crop: Image.Image
    """The centre square at the model's resolution."""
    feature: Tensor
    """Unit-length float32, shape (D,)."""
    kind: str | None
    """Class of the nearest stored instance."""


class ModelSelection:
    """Tells how well models know photos; keeps stored instances, which are small, and no generator."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._banks: dict[str, tuple[Encoder, Bank]] = {}
        """Encoder and stored instances of a model, by the hash of the instances' file."""

    def matches(self, picture: Image.Image) -> list[ModelMatch]:
        """Return a photo as each model sees it that Automatic chooses among, the one that knows it best first.

        Loads the encoder and the stored instances alone; raises RequestError if no model can say.
        """
        matches: list[ModelMatch] = []
        sights: dict[int, tuple[Image.Image, Tensor]] = {}
        """What the encoder sees and makes of the photo at each resolution."""
        for found in self._store.automatic():
            assert found.card is not None
            try:
                encoder, bank = self._encoder_and_bank(found.card, found)
            except DemoError as error:
                logger.warning("%s takes no part: %s", found.name, error)
                continue
            side = found.card.generator.resolution
            if side not in sights:
                crop = crop_to_square(picture, side)
                sights[side] = crop, encode_pictures(encoder, [crop], side)[0]
            crop, feature = sights[side]
            familiarity, kind = _familiarity(found.card, bank.features, feature), _kind(found.card, bank, feature)
            matches.append(ModelMatch(familiarity, crop, feature, kind))
        if not matches:
            raise RequestError("No model on this machine can say how well it knows a photo. Name the model.")
        return sorted(matches, key=lambda each: (each.familiarity.share, each.familiarity.value), reverse=True)

    def larger(self, best: ModelMatch) -> Familiarity | None:
        """Return the preferred model that draws the same kind of thing larger, if any; as familiar as ``best``.

        Its own encoder cannot say how well it knows a photo, but the class of the nearest stored instance can.
        """
        if not best.familiarity.is_known:
            return None
        models = self._store.infos()
        side = next(info.resolution for info in models if info.name == best.familiarity.model)
        for info in models:
            is_preferred = info.name in PREFERRED and info.state != "unavailable" and not info.is_automatic
            if is_preferred and best.kind in info.class_names and info.resolution > side:
                return replace(best.familiarity, model=info.name)
        return None

    def familiarity(self, model: InstanceModel, feature: Tensor) -> Familiarity | None:
        """Return how well a loaded model knows the photo of a feature (D,); None if it cannot say."""
        if model.bank is None or not takes_part(model.card):
            return None
        return _familiarity(model.card, model.bank.features, feature)

    def _encoder_and_bank(self, card: Card, found: FoundModel) -> tuple[Encoder, Bank]:
        key = card.files[INSTANCES].sha256
        if key not in self._banks:
            bank = load_bank(card, found.folder)
            assert bank is not None, card.name
            self._banks[key] = load_encoder(card, found.folder), bank
        return self._banks[key]


def _familiarity(card: Card, bank: Tensor, feature: Tensor) -> Familiarity:
    calibration = usable_calibration(card)
    assert calibration is not None, card.name
    found = familiarity(feature[None], bank, read_nothing()).item()
    return Familiarity(card.name, calibration.percent(found), found, calibration.source == "evaluation")


def _kind(card: Card, bank: Bank, feature: Tensor) -> str | None:
    label = int(bank.labels[(bank.features @ feature).argmax()])
    return card.class_names[label] if label >= 0 and card.class_names else None
