"""The two sets of a difference: images that a visitor marks with plus or minus."""

from dataclasses import dataclass, field, replace

import numpy as np

NEXT = {0: 1, 1: -1, -1: 0}
"""What a click makes of a sign."""


@dataclass(frozen=True, eq=False)
class PickedImage:
    """A stored instance, or a photo."""

    name: str
    url: str
    """Of its small picture."""
    row: int = 0
    """Of the model's bank, where it is no photo."""
    feature: np.ndarray | None = None
    """Of a photo: unit-length float32, (D,); None for a stored instance."""
    sign: int = 0
    """1 to move towards it, -1 to move away from it, 0 neither."""


@dataclass
class PickedSets:
    """All images that can be picked; lives in ``gr.State``, changed in place: clicks may overtake each other."""

    model: str = ""
    """Whose instances they are."""
    images: list[PickedImage] = field(default_factory=list)

    def click(self, place: int) -> None:
        """Give the image at ``place`` its next sign; IndexError if there is none."""
        image = self.images[place]
        self.images[place] = replace(image, sign=NEXT[image.sign])

    def add_photo(self, name: str, url: str, feature: np.ndarray) -> None:
        """Put a photo in front, to be moved towards."""
        self.images.insert(0, PickedImage(name, url, feature=feature, sign=1))

    def of_sign(self, sign: int) -> tuple[PickedImage, ...]:
        """Return the images with that sign."""
        return tuple(image for image in self.images if image.sign == sign)

    @property
    def is_complete(self) -> bool:
        """Whether both sets hold something."""
        return bool(self.of_sign(1) and self.of_sign(-1))
