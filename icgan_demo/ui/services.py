"""What the page is given: the drawing service and a place for files."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from icgan_demo.errors import RequestError
from icgan_demo.service.bank_requests import BanksOf
from icgan_demo.service.digit_requests import Digits
from icgan_demo.service.installation import Downloads
from icgan_demo.service.requests import ModelInfo, Sampling
from icgan_demo.service.tag_requests import Tagging
from icgan_demo.service.training_desk import TrainingDesk


@cache
def open_digits() -> Digits:
    """Return the service that draws digits; imports torch, which building the page must not."""
    from icgan_demo.service.digits import DigitService

    return DigitService()


@dataclass(frozen=True)
class Services:
    """Arguments of ``build_app``; tests put fakes here."""

    sampling: Sampling
    """Encodes, searches and draws."""
    thumbnail_dir: Path
    """Folder for thumbnails of instance banks; its files may be shown to every visitor and live as long as the app."""
    output_dir: Path
    """Folder for drawn pictures; below the upload folder, so that Gradio deletes old ones."""
    is_starting: Callable[[], bool] = lambda: False
    """Whether ``sampling`` is still being built, so that its methods would wait."""
    downloads: Callable[[], Downloads] | None = None
    """Returns what fetches published models, once ``sampling`` is built; None where visitors may not fetch any."""
    digits: Callable[[], Digits] = open_digits
    """Gives the service that draws digits, made at the first call."""
    tagging: Tagging | None = None
    """Tags photos; without it the page has no Tags tab."""
    training: TrainingDesk | None = None
    """What the Train tab works with; None leaves it out."""
    banks: BanksOf | None = None
    """Gives the banks of visitors, once ``sampling`` is built; without it the studio has no map."""
    browser_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """The key with which a browser keeps the ids of what is a visitor's; by default another one at each start."""

    def find(self, name: str) -> ModelInfo | None:
        """Return the model of that name, listed or a visitor's own; None if there is none."""
        listed = next((info for info in self.sampling.models() if info.name == name), None)
        return listed or self.sampling.unlisted(name)

    def model(self, name: str) -> ModelInfo:
        """Return the model of that name, for an empty name the default one.

        Raises:
            RequestError: if there is none.
        """
        models = self.sampling.models()
        if not isinstance(name, str):
            raise RequestError("The model must be given by its name.")
        found = self.find(name) if name else next(iter(models), None)
        if found is not None:
            return found
        known = ", ".join(info.name for info in models) or "none"
        raise RequestError(f"There is no model of that name. Known models: {known}.")
