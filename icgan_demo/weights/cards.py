"""Model cards: what a model is, in a ``card.json`` beside its tensors; read as untrusted data, written atomically."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, JsonValue, Tag, TypeAdapter, with_config

from icgan_demo.config import DiscriminatorConfig, GeneratorConfig, ProjectedConfig, StyleGan2Config
from icgan_demo.errors import WeightsError
from icgan_demo.guards.json_text import CHOICE, STRICT, all_finite, read_json
from icgan_demo.weights.calibration import Calibration
from icgan_demo.weights.folders import CARD
from icgan_demo.weights.learning import Learning
from icgan_demo.weights.tensor_files import FileRecord, save_json

SCHEMA: Literal[1] = 1
MAX_CARD_BYTES = 1 << 20
GENERATOR = "generator.safetensors"
DISCRIMINATOR = "discriminator.safetensors"
PROJECTED = "projected_discriminator.safetensors"
ENCODER = "encoder.safetensors"
INSTANCES = "instances.safetensors"

FreeForm = Annotated[dict[str, JsonValue], AfterValidator(all_finite)]
PlainName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""No separators, no leading dot: it can name a file or folder and nothing outside its own."""
Text = Annotated[str, Field(min_length=1, max_length=5000)]


def _backbone(settings: Any) -> str:
    """Return what kind of generator settings describe, read from JSON or built; those of BigGAN do not say so."""
    values = settings if isinstance(settings, Mapping) else vars(settings)
    return f"{CHOICE}{values.get('backbone', 'biggan')})"


GeneratorSettings = Annotated[
    Annotated[GeneratorConfig, Tag(f"{CHOICE}biggan)")] | Annotated[StyleGan2Config, Tag(f"{CHOICE}stylegan2)")],
    Discriminator(_backbone),
]
"""Settings of a generator of either backbone."""


@dataclass(frozen=True)
class Licence:
    """The terms of a model's weights."""

    name: Text
    """For example ``MIT``."""
    url: Annotated[str, Field(pattern=r"^(https://\S+)?$", max_length=500)]
    """Where its text is; empty if nowhere."""
    note: Text
    """One sentence for beside the pictures: what may be done with them and where the data is from."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class AnyCard:
    """What the card of a model of any kind says first."""

    schema: Literal[1] = SCHEMA
    """Version of this layout."""
    kind: str
    """What the files are."""
    name: PlainName
    """Chosen on the command line and in the API; also the folder's name."""
    title: Text
    """Shown in the model list."""
    description: Text
    """A few sentences for the About page."""
    data: Text
    """What it was trained on, with the citation."""
    licence: Licence
    files: Annotated[dict[PlainName, FileRecord], Field(max_length=100)]
    """Every file beside the card."""

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        adapter = _adapter(type(self))  # type: ignore[arg-type]  # classes are hashable
        return adapter.dump_python(self, mode="json", warnings=False)  # it would warn of tuples in free-form fields


OneCard = TypeVar("OneCard", bound=AnyCard)


@cache
def _adapter(kind: type[OneCard]) -> TypeAdapter[OneCard]:
    return TypeAdapter(kind)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class Card(AnyCard):
    """A model: its files with their hashes, what to build from them, and what a reader should know."""

    kind: Literal["icgan"] = "icgan"
    generator: GeneratorSettings
    discriminator: DiscriminatorConfig | None = None
    """That of pixels."""
    projected: ProjectedConfig | None = None
    """The heads on a trained network."""
    encoder: FreeForm
    """``kind`` and whatever that kind of encoder needs to be built."""
    class_names: tuple[Text, ...] = ()
    """Unique display names, one for each class of the generator."""
    settings: FreeForm = field(default_factory=dict)
    """Settings of the training."""
    figures: FreeForm = field(default_factory=dict)
    """Measured figures."""
    calibration: Calibration | None = None
    """What it takes to say how well the model knows a photo; None for one that cannot say."""
    learning: Learning | None = None
    """What `learning.webp` shows; None for a model without it."""

    def __post_init__(self) -> None:
        if GENERATOR not in self.files:
            raise ValueError(f"files must list {GENERATOR}")
        if any(record.size < 1 or len(record.sha256) != 64 for record in self.files.values()):
            raise ValueError("files must give each size and SHA-256")
        if len(self.class_names) != self.generator.num_classes:
            raise ValueError(f"class_names must be {self.generator.num_classes}, got {len(self.class_names)}")
        if len(set(self.class_names)) != len(self.class_names):
            raise ValueError("class_names must be unique")
        if not isinstance(self.encoder.get("kind"), str):
            raise ValueError("encoder must have a kind")

    @property
    def size_mb(self) -> float:
        """All files together, in millions of bytes."""
        return sum(record.size for record in self.files.values()) / 1e6


@dataclass(frozen=True)
class FoundModel:
    """A model folder: with its card, or with what is wrong with it."""

    name: str
    """The card's name, or the folder's where there is no card to read."""
    folder: Path
    card: Card | None
    message: str = ""
    """What is wrong and what to do; empty if the card can be read and every file has its size."""

    def usable(self) -> Card:
        """Return the card; raises WeightsError with what is wrong if the model cannot be used."""
        if self.card is None or self.message:
            raise WeightsError(self.message)
        return self.card


def read_card(folder: Path) -> Card:
    """Return the card in ``folder``.

    Raises:
        WeightsError: if it is missing, too large, not JSON, of another version, or wrong in any field.
    """
    return read_card_as(Card, folder)


def read_card_as(kind: type[OneCard], folder: Path) -> OneCard:
    """Return the card in ``folder``, of a model of another kind; raises like ``read_card``."""
    adapter = _adapter(kind)  # type: ignore[arg-type]
    return read_json(_content(folder), adapter, f"{folder.name}/{CARD}", WeightsError, schema=SCHEMA)


def kind_of(folder: Path) -> str | None:
    """Return which kind of model the card in ``folder`` says it is, None if there is no card that says so."""
    try:
        values = json.loads(_content(folder))
    except (WeightsError, ValueError, RecursionError):
        return None
    kind = values.get("kind", "icgan") if isinstance(values, dict) else None
    return kind if isinstance(kind, str) else None


def folders_of_kind(folders: Sequence[Path], kind: str) -> list[Path]:
    """Return the sub-folders of ``folders`` whose card says that they hold a model of ``kind``."""
    return [
        folder
        for parent in folders
        if parent.is_dir()
        for folder in sorted(parent.iterdir())
        if not folder.name.startswith(".") and kind_of(folder) == kind
    ]


def _content(folder: Path) -> bytes:
    what = f"{folder.name}/{CARD}"
    try:
        with (folder / CARD).open("rb") as stream:
            content = stream.read(MAX_CARD_BYTES + 1)
    except OSError as error:
        raise WeightsError(f"{what} is missing or unreadable. Download the model again.") from error
    if len(content) > MAX_CARD_BYTES:
        raise WeightsError(f"{what} is not a model card: it is larger than 1 MB.")
    return content


def write_card(card: AnyCard, folder: Path) -> None:
    """Write ``card`` as ``card.json`` in ``folder``, durably; raises WeightsError if that fails."""
    save_json(card.to_json(), folder / CARD)


def find_cards(folders: Sequence[Path]) -> list[FoundModel]:
    """Return every IC-GAN in the sub-folders of ``folders``, in order; of two with one name, the first.

    A sub-folder counts if it holds a card or a tensor file. Only sizes are checked here, hashes when a model loads.
    """
    found: dict[str, FoundModel] = {}
    for parent in folders:
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if kind_of(folder) not in (None, "icgan"):
                continue
            if not folder.name.startswith(".") and ((folder / CARD).is_file() or any(folder.glob("*.safetensors"))):
                model = inspect_model(folder)
                found.setdefault(model.name, model)
    return list(found.values())


def inspect_model(folder: Path) -> FoundModel:
    """Return what ``folder`` holds, with the first thing that is wrong with its card or its files' sizes."""
    try:
        card = read_card(folder)
    except WeightsError as error:
        return FoundModel(folder.name, folder, None, str(error))
    for name, record in card.files.items():
        path = folder / name
        if not path.is_file():
            return FoundModel(card.name, folder, card, f"{folder.name}/{name} is missing. Download the model again.")
        if path.stat().st_size != record.size:
            return FoundModel(card.name, folder, card, f"{folder.name}/{name} is incomplete. Download the model again.")
    return FoundModel(card.name, folder, card)
