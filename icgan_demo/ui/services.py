"""What the page is given: the drawing service and a place for files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from icgan_demo.errors import RequestError
from icgan_demo.service.installation import Downloads
from icgan_demo.service.requests import ModelInfo, Sampling


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

    def model(self, name: str) -> ModelInfo:
        """Return the model of that name, for an empty name the default one.

        Raises:
            RequestError: if there is none.
        """
        models = self.sampling.models()
        for info in models:
            if name in ("", info.name):
                return info
        known = ", ".join(info.name for info in models) or "none"
        raise RequestError(f"There is no model of that name. Known models: {known}.")
