"""What the page is given: services that draw, tag and train, and places for files."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from icgan_demo.config import NOT_TRAINABLE
from icgan_demo.errors import RequestError
from icgan_demo.lazy import is_awaited, lazy
from icgan_demo.secret_names import secret_name
from icgan_demo.service.banks.bank_requests import Banks
from icgan_demo.service.banks.larger_set_requests import LargerSets
from icgan_demo.service.cgan.digit_requests import Digits
from icgan_demo.service.cgan.tag_requests import Tagging
from icgan_demo.service.comparison.comparing import Comparing
from icgan_demo.service.download_requests import Downloads
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.recipes.direction_files import KeptDirections
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.service.values import AUTOMATIC, ModelInfo


def lazy_digits() -> Digits:
    """Return the service that draws digits, made at its first use, since it imports torch."""

    def make() -> Digits:
        from icgan_demo.service.cgan.digit_service import DigitService

        return DigitService()

    return lazy(make)


@dataclass(frozen=True)
class Services:
    """Arguments of ``build_app``; any service may be a stand-in for a later one, and tests put fakes here."""

    sampling: Sampling
    """Encodes, searches and draws."""
    thumbnail_dir: Path
    """Folder for thumbnails of instance banks; its files may be shown to every visitor and live as long as the app."""
    output_dir: Path
    """Folder for drawn pictures; below the upload folder, so that Gradio deletes old ones."""
    downloads: Downloads | None = None
    """Fetches published models; None where visitors may not fetch any."""
    digits: Digits = field(default_factory=lazy_digits)
    """Draws digits."""
    tagging: Tagging | None = None
    """Tags photos; without it the page has no Tags page."""
    training: TrainingService | None = None
    """What the Train page works with; None leaves it out."""
    banks: Banks | None = None
    """Banks of visitors; without them the studio has no map."""
    kept_directions: KeptDirections | None = None
    """Keeps directions that were named; None where every visitor would see those of strangers."""
    larger_sets: LargerSets | None = None
    """Makes training sets larger; without it the Train page does not offer that."""
    compared: Comparing | None = None
    """Models that were trained to be compared; without them the page has no Compare page."""
    places: int = 1
    """Requests that ``sampling`` answers at a time."""

    def is_starting(self) -> bool:
        """Return whether ``sampling`` is still to come, so that its methods would wait."""
        return is_awaited(self.sampling)

    @cached_property
    def browser_secret(self) -> str:
        """The key with which a browser keeps the ids of its visitor; the training service keeps it over restarts."""
        return secret_name() if self.training is None else self.training.browser_secret

    def find(self, name: str) -> ModelInfo | None:
        """Return the model of that name, listed or a visitor's own; None if there is none."""
        listed = next((info for info in self.sampling.models() if info.name == name), None)
        return listed or self.sampling.unlisted(name)

    def base(self, name: str) -> ModelInfo:
        """Return the model of that name, to be trained on.

        Raises:
            RequestError: if there is none, or this program cannot train such a network.
        """
        info = self.model(name)
        if not info.is_trainable:
            raise RequestError(NOT_TRAINABLE.format(title=info.title))
        return info

    def model(self, name: str) -> ModelInfo:
        """Return the model of that name; for an empty name, and where Automatic has no photo, the default one.

        Raises:
            RequestError: if there is none.
        """
        models = self.sampling.models()
        if not isinstance(name, str):
            raise RequestError("The model must be given by its name.")
        found = next(iter(models), None) if name in ("", AUTOMATIC) else self.find(name)
        if found is not None:
            return found
        known = ", ".join(info.name for info in models) or "none"
        raise RequestError(f"There is no model of that name. Known models: {known}.")
