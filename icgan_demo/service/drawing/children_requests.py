"""What children of images are asked for: variations of one image, or crossings of two; checked on construction."""

from dataclasses import dataclass

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number
from icgan_demo.service.drawing.drawing_requests import MAX_PICTURES, DrawRequest

CHILDREN = 9
STRENGTH = 0.5
"""How far children move away from their parent, unless asked otherwise."""


@dataclass(frozen=True)
class Moves:
    """How far a child may move away from its only parent at most, each 0 (not at all) .. 1 (all the way)."""

    noise: float
    """Along the great circle from the parent's noise to fresh noise."""
    instance: float
    """Along the great circle from the parent's instance to a stored one near it."""
    label: float
    """Share of the class of that stored instance."""

    def times(self, share: float) -> "Moves":
        """Return a share, 0..1, of each."""
        return Moves(share * self.noise, share * self.instance, share * self.label)

    @classmethod
    def of_strength(cls, strength: float) -> "Moves":
        """Return those of one dial: the noise moves first, the instance follows, the class comes last."""
        return cls(strength, 0.6 * strength, max(0.0, 1.5 * strength - 0.75))


@dataclass(frozen=True)
class ChildrenRequest:
    """Children of one image, or of two."""

    parents: tuple[DrawRequest, ...]
    """One to be varied, or two of one model to be crossed; of each the first image."""
    strength: float = STRENGTH
    """0 (all like the parent) .. 1 (far away); crossings lie between their parents whatever it is."""
    seed: int = 0
    """Another one gives other children."""
    count: int = CHILDREN

    def __post_init__(self) -> None:
        if len(self.parents) not in (1, 2):
            raise RequestError(f"An image has one parent or two, got {len(self.parents)}.")
        if len({parent.model for parent in self.parents}) > 1:
            raise RequestError("The two images belong to different models. Choose two of one model.")
        check_number("The strength", self.strength, 0, 1)
        check_integer("The seed", self.seed, 0, MAX_SEED)
        check_integer("Children", self.count, 1, MAX_PICTURES)

    @property
    def model(self) -> str:
        """Name of the model that draws parents and children."""
        return self.parents[0].model

    @property
    def moves(self) -> Moves:
        """How far the child of one parent may move."""
        return Moves.of_strength(self.strength)
