"""The OpenCLIP model that guides a search by words: a file that the user puts into the model folder."""

from pathlib import Path

from icgan_demo.encoders.openclip import OpenClipEncoder, create_encoder
from icgan_demo.errors import EncoderError
from icgan_demo.guards.weights_file import check_safetensors
from icgan_demo.weights.published.encoder_store import ENCODERS

FOLDER = "openclip"
HOW_TO_GET = (
    "Put an OpenCLIP weights file, named after its architecture (for example ViT-B-32.safetensors), into the folder "
    f"{ENCODERS}/{FOLDER} of the model folder."
)


def guide_file(models: Path) -> Path | None:
    """Return the weights of the guide in a model folder, the first by name of several; None without."""
    return next(iter(sorted((models / ENCODERS / FOLDER).glob("*.safetensors"))), None)


def load_guide(models: Path) -> OpenClipEncoder:
    """Return the guide of a model folder; nothing is downloaded.

    Raises:
        EncoderError: if there is none, OpenCLIP cannot be imported, or it does not know the architecture.
        WeightsError: if the file is damaged.
    """
    path = guide_file(models)
    if path is None:
        raise EncoderError(f"Searching by words needs OpenCLIP weights. {HOW_TO_GET}")
    check_safetensors(path, None)
    return create_encoder(path.stem, str(path))
