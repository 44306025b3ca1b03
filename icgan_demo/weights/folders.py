"""Where models live: those that come with the program, and those the user downloads, converts or trains."""

import getpass
import os
import tempfile
from pathlib import Path

from icgan_demo.config import Conditioning

CARD = "card.json"
MODEL = "model"
"""Where a training run keeps the model that it has written."""
PREFERRED = ("produce128", "produce64")
"""Names that come first in lists, best first; the first is what is drawn with unless another is chosen."""


def place_in_list(name: str) -> tuple[int, str]:
    """Return what models are sorted by."""
    return (PREFERRED.index(name) if name in PREFERRED else len(PREFERRED), name)


def bundled_models_folder() -> Path:
    """Return the folder of the models that come with the program: in the installed package, else in the repository."""
    installed = Path(__file__).parent / "bundled"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "weights"


def user_models_folder() -> Path:
    """Return the user's model folder: ``ICGAN_MODELS_DIR``, else ``icgan_demo/models`` in the user's cache folder."""
    if named := os.environ.get("ICGAN_MODELS_DIR"):
        return Path(named).expanduser()
    return user_data_folder() / "models"


def mnist_folder() -> Path:
    """Return where MNIST's files are looked for: ``ICGAN_MNIST_DIR``, else ``icgan_demo/mnist`` in the cache folder."""
    if named := os.environ.get("ICGAN_MNIST_DIR"):
        return Path(named).expanduser()
    return user_data_folder() / "mnist"


def user_data_folder() -> Path:
    """Return the folder of the user's training runs and models: ``icgan_demo`` in the user's cache folder.

    Where that cannot be written, as in a container that runs under a number of nobody's, it lies among the temporary
    files, which do not outlive the container.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "icgan_demo"
    except RuntimeError:  # no home: neither HOME nor an entry for this user
        folder = None
    if folder is not None and _is_writable(folder):
        return folder
    return Path(tempfile.gettempdir()) / f"icgan_demo-data-{user_name()}"


def user_name() -> str:
    """Return the name of the user whose process this is; its number where the system knows no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _is_writable(folder: Path) -> bool:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)


def model_folders() -> list[Path]:
    """Return the folders that are searched for models; where two models share a name, the first one counts."""
    return [bundled_models_folder(), user_models_folder()]


def compared_folder() -> Path:
    """Return the folder of the comparison that comes with the program, there or not."""
    return bundled_models_folder() / "compare64"


def holds_comparison(folder: Path) -> bool:
    """Return whether a folder holds a model that ``compare`` wrote, without reading it."""
    return any(any((folder / f"{word}-0").glob(f"*/{CARD}")) for word in Conditioning)


def is_folder(text: str) -> bool:
    """Return whether a text of any kind, perhaps far too long for a path, names a folder."""
    try:
        return bool(text) and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def model_folder_of(folder: Path) -> Path:
    """Return where the card is: ``folder`` itself, or the model in it where it is a finished training run."""
    inner = folder / MODEL
    return inner if (inner / CARD).is_file() and not (folder / CARD).is_file() else folder
