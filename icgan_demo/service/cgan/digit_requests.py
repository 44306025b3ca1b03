"""What is asked of the digit generators and what comes back; imports no network, so that the page can build on it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer

NETWORKS = ("modern", "paper")
"""The small convolutional one of today, and the one of Mirza and Osindero 2014."""
MAX_COLUMNS = 20
MAX_DIGITS = 20
BLEND_STEPS = 9
LEARN_SECONDS = 180
"""The longest that a page's own training may take."""


@dataclass(frozen=True)
class DigitRequest:
    """A grid of drawn digits: a row for each digit, a column for each seed."""

    network: str = "modern"
    """One of ``NETWORKS``."""
    digits: tuple[int, ...] = tuple(range(10))
    """Classes, one for each row."""
    seed: int = 0
    """Column i is drawn from (seed + i) mod 2^31, whatever the number of columns."""
    count: int = 10
    """Columns, 1..20."""

    def __post_init__(self) -> None:
        _check_network(self.network)
        if not 1 <= len(self.digits) <= MAX_DIGITS:
            raise RequestError(f"Give between 1 and {MAX_DIGITS} digits, got {len(self.digits)}.")
        check_integer("Seeds per digit", self.count, 1, MAX_COLUMNS)
        check_integer("The seed", self.seed, 0, MAX_SEED)

    @property
    def seeds(self) -> list[int]:
        """The seed of each column."""
        return [(self.seed + column) % (MAX_SEED + 1) for column in range(self.count)]


@dataclass(frozen=True)
class DigitBlendRequest:
    """One row of pictures whose condition lies between two digits."""

    network: str = "modern"
    first: int = 3
    second: int = 8
    amounts: tuple[float, ...] = (0.5,)
    """Where each picture lies: 0 is the first digit, 1 the second."""
    seeds: tuple[int, ...] = (0,)
    """As many as amounts."""

    def __post_init__(self) -> None:
        _check_network(self.network)
        if not 1 <= len(self.seeds) <= MAX_COLUMNS * MAX_DIGITS or len(self.seeds) != len(self.amounts):
            raise RequestError("A blend needs as many seeds as amounts, at most 400.")
        for seed in self.seeds:
            check_integer("The seed", seed, 0, MAX_SEED)
        for amount in self.amounts:
            if not 0 <= amount <= 1:
                raise RequestError(f"The blend must be between 0 and 1, got {amount}.")

    @classmethod
    def ways(cls, network: str, first: int, second: int, seeds: Sequence[int]) -> "DigitBlendRequest":
        """Return, for each seed, a row of ``BLEND_STEPS`` even steps from the first digit to the second."""
        steps = tuple(step / (BLEND_STEPS - 1) for step in range(BLEND_STEPS))
        rows = tuple(seed for seed in seeds for _ in steps)
        return cls(network, first, second, amounts=steps * len(seeds), seeds=rows)


@dataclass(frozen=True)
class DigitNetworkInfo:
    """One generator that can be chosen."""

    name: str
    title: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DigitModelInfo:
    """The folder of generators in use."""

    name: str
    title: str
    networks: tuple[DigitNetworkInfo, ...]
    class_names: tuple[str, ...]
    licence_note: str


@dataclass(frozen=True)
class DigitLearning:
    """How far a training on the page has come."""

    picture: Image.Image
    """The grid that the network draws now, always from the same noise."""
    update: int
    seconds: float
    """Since its start, without reading the data."""
    pictures_seen: int
    agreement: float | None
    """Share of the grid that the shipped classifier reads as asked for; None without a classifier."""
    real_data: bool
    """Whether it learns from MNIST itself, rather than from digits that the shipped network draws."""


class Digits(Protocol):
    """What the page and the command line need."""

    def info(self) -> DigitModelInfo:
        """Return what there is to choose from."""

    def grid(self, request: DigitRequest, scale: int = 3) -> Image.Image:
        """Return the grid as one picture, each digit ``scale`` times 28 pixels wide."""

    def blend(self, request: DigitBlendRequest, columns: int, scale: int = 3) -> Image.Image:
        """Return the blends as one picture."""

    def learn(self, seconds: float = LEARN_SECONDS) -> Iterator[DigitLearning | None]:
        """Train a small network from scratch; yield now and then how far it is, and None where others may draw."""


def parse_digits(text: str) -> tuple[int, ...]:
    """Return the digits of a text such as ``0123``, or the class numbers of one such as ``3,10,25``.

    Raises:
        RequestError: if it is anything else.
    """
    parts: Sequence[str] = text.split(",") if "," in text else list(text.strip())
    words = [part.strip() for part in parts]
    if not words or not all(word.isascii() and word.isdigit() and len(word) <= 3 for word in words):
        raise RequestError(f"Digits must be written like 0123 or 3,10,25, got {text[:50]!r}.")
    return tuple(int(word) for word in words)


def _check_network(name: str) -> None:
    if name not in NETWORKS:
        raise RequestError(f'The network must be "modern" or "paper", got {str(name)[:50]!r}.')
