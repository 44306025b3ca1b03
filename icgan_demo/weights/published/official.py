"""Published IC-GAN checkpoints: ``{name}.tar.gz`` or its unpacked folder, read member by member and converted once.

What counts is inside: the architecture is inferred from the tensors' shapes and compared with the settings that lie
beside them. Every tensor is used or on the list of ignored ones; anything else is an error that names it. Snapshots of
the StyleGAN2 backbone are read by ``snapshot.py``.
Source: the layout and the loading code of the official repository, described in the facts beside each function.
"""

import io
import logging
import math
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from icgan_demo.config import AnyGeneratorConfig, GeneratorConfig
from icgan_demo.errors import WeightsError
from icgan_demo.models.generators import unfilled_generator
from icgan_demo.weights.model_folder import write_model
from icgan_demo.weights.published.catalogue import CC_BY_NC, FEATURE_DIM, PUBLISHED, imagenet_class_names
from icgan_demo.weights.published.catalogue import GENERATOR_WIDTHS as WIDTH_UNITS
from icgan_demo.weights.published.snapshot import SNAPSHOT, read_snapshot
from icgan_demo.weights.torch_files import SETTINGS_GLOBALS, check_tensors, exactly, read_torch_file, shapes_of, shown

logger = logging.getLogger(__name__)

MAX_MEMBERS = 100
MAX_ARCHIVE_BYTES = 8 << 30
MAX_GENERATOR_BYTES = 1 << 30
MAX_SETTINGS_BYTES = 8 << 20
SUFFIXES = ("best0", "best1", "")
"""Copies in the order of preference when their scores are equal; the last is a training run's newest, unscored."""
WANTED = re.compile(r"(?:G_ema|state_dict)(?:_best[01])?\.pth|" + re.escape(SNAPSHOT))


@dataclass(frozen=True)
class OfficialModel:
    """A published checkpoint, checked."""

    name: str
    origin: str
    """What the archive or folder calls it, which tells encoder and data also where the user gave another name."""
    config: AnyGeneratorConfig
    tensors: dict[str, Tensor]
    """Exactly the tensors of the network of ``config``."""
    encoder: str
    """Kind of the encoder whose features it takes."""
    class_names: tuple[str, ...]
    settings: dict[str, Any]
    """The plain values among the settings that came with it; empty if none came."""
    figures: dict[str, Any]
    """What its training log last said; unofficial scores, not those of the paper."""


def read_official(path: Path, name: str | None = None) -> OfficialModel:
    """Return the better of the best copies in an archive or folder: the one with the lower ``best_FID``.

    Args:
        path: ``{name}.tar.gz`` or the unpacked folder, or a network snapshot (``.pkl``).
        name: what to call the model; None takes the folder's name inside the archive.
    Raises:
        WeightsError: that says what is missing, damaged, unsafe, unknown or of the wrong shape.
    """
    files: _Files = (_OpenFiles if path.is_dir() or path.suffix == ".pkl" else _ArchiveFiles)(path)
    found = (_read_snapshot if SNAPSHOT in files else _read_best)(files)
    name = name or files.name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise WeightsError(f"{name[:100]!r} cannot name a model. Set --name with letters, digits, dots and dashes.")
    return replace(found, name=name)


def _read_snapshot(files: "_Files") -> OfficialModel:
    with files.opened(SNAPSHOT, MAX_GENERATOR_BYTES) as (stream, size):
        config, tensors = read_snapshot(stream, files.snapshot_label, size)
    return OfficialModel(files.name, files.name, config, tensors, _encoder_kind({}, files.name, config), (), {}, {})


def _read_best(files: "_Files") -> OfficialModel:
    suffix, state = _choose(files)
    file = _file_name("G_ema", suffix)
    with files.opened(file, MAX_GENERATOR_BYTES) as (stream, size):
        tensors = check_tensors(read_torch_file(stream, file, size), file, size)
    settings = _settings(files, state)
    config = infer_config(tensors, file)
    if settings:
        _compare(config, config_from_settings(settings, config), file)
    return OfficialModel(
        name=files.name,
        origin=files.name,
        config=config,
        tensors=_fitted(tensors, config, file),
        encoder=_encoder_kind(settings, files.name, config),
        class_names=_class_names(settings, config),
        settings={key: value for key, value in settings.items() if key != "class_names"},
        figures={key: _number(state[key]) for key in ("itr", "epoch", "best_IS", "best_FID") if key in state},
    )


def convert_official(path: Path, models: Path, name: str | None = None, *, replace_existing: bool = False) -> str:
    """Convert an archive or folder into ``models/<name>`` in our own format; returns the name.

    The folder appears whole or not at all; every tensor is read back and compared.

    Raises:
        WeightsError: as ``read_official``, or if the folder exists or cannot be written.
    """
    official = read_official(path, name)
    folder = models / official.name
    if folder.exists() and not replace_existing:
        raise WeightsError(f"{official.name} is already in the model folder. Use --replace to import it again.")
    known = PUBLISHED.get(official.origin)
    data = known.data if known else "data its file does not name"
    generator = unfilled_generator(official.config)
    generator.load_state_dict(official.tensors, assign=True)
    write_model(
        folder,
        name=official.name,
        title=known.title if known and official.name == official.origin else official.name,
        description=(
            f"Published IC-GAN generator for {official.config.resolution} px, converted on this machine from the "
            f"authors' file. It generates neighbours of a photo from the photo's {official.encoder} feature"
            + (" and a class." if official.config.num_classes else ".")
        ),
        data=f"{data}; Casanova et al. 2021, Instance-Conditioned GAN, NeurIPS, arXiv 2109.05070.",
        licence=replace(CC_BY_NC, note=CC_BY_NC.note.format(data=data)),
        generator=generator,
        encoder_config={"kind": official.encoder, "align_corners": True},
        class_names=official.class_names,
        settings=official.settings,
        figures=official.figures,
    )
    logger.info("converted %s: %s", official.name, official.config)
    return official.name


def infer_config(tensors: Mapping[str, Tensor], file: str = "The file") -> GeneratorConfig:
    """Return the architecture that the shapes of a generator's tensors imply, without looking at any settings."""
    try:
        blocks = sum(1 for key in tensors if re.fullmatch(r"blocks\.\d+\.0\.conv1\.weight", key))
        chunk = tensors["linear.weight"].shape[1]
        first = tensors["linear.weight"].shape[0] // 16
        widths = (first, *(tensors[f"blocks.{block}.0.conv1.weight"].shape[0] for block in range(blocks)))
        feature_width, feature_dim = tensors["shared_feat.weight"].shape
        classes, class_width = tensors["shared.weight"].shape
        conditioned_on = tensors["blocks.0.0.bn1.gain.weight"].shape[1] - chunk
    except (KeyError, IndexError, ValueError) as error:
        named = f": {error.args[0]} is missing" if isinstance(error, KeyError) else ""
        raise WeightsError(f"{file} is not an IC-GAN generator of the BigGAN family{named}.") from None
    if conditioned_on not in (feature_width, class_width + feature_width):
        raise WeightsError(f"{file} is a generator without instance conditioning, which has no use here.")
    try:
        return GeneratorConfig(
            resolution=4 << blocks,
            widths=widths,
            noise_chunk=chunk,
            feature_dim=feature_dim,
            feature_embed_dim=feature_width,
            num_classes=classes if conditioned_on != feature_width else 0,
            class_embed_dim=class_width,
            attention=tuple(8 << block for block in range(blocks) if f"blocks.{block}.1.theta.weight" in tensors),
            spectral_norm="linear.u0" in tensors,
        )
    except ValueError as error:
        raise WeightsError(f"{file} is not a generator this program can build: {error}.") from None


def config_from_settings(settings: Mapping[str, Any], inferred: GeneratorConfig | None = None) -> GeneratorConfig:
    """Return the architecture that the settings beside a checkpoint describe.

    Settings that a file lacks count as published: BigGAN's tables, 120 noise numbers, embeddings of 128 and 512.

    Args:
        settings: the ``config`` of a ``state_dict_*.pth``.
        inferred: what the tensors say, for the one thing that the settings never hold, the length of a feature.
    """
    for flag in ("cross_replica", "mybn"):
        if settings.get(flag):
            raise WeightsError(f"The settings ask for {flag}, a batch norm that no published model uses.")
    try:
        resolution = int(settings["resolution"])
        widths = tuple(int(settings["G_ch"]) * unit for unit in WIDTH_UNITS[resolution])
        conditional = bool(settings["class_cond"])
        attended = {int(side) for side in str(settings["G_attn"]).split("_")}
        return GeneratorConfig(
            resolution=resolution,
            widths=widths,
            noise_chunk=int(settings.get("dim_z", 120)) // len(widths),
            feature_dim=inferred.feature_dim if inferred else FEATURE_DIM,
            feature_embed_dim=int(settings.get("shared_dim_feat", 512)),
            num_classes=int(settings.get("n_classes", 1000)) if conditional else 0,
            class_embed_dim=int(settings.get("shared_dim", 128)),
            attention=tuple(8 << block for block in range(len(widths) - 1) if 8 << block in attended),
            spectral_norm=settings.get("G_param", "SN") == "SN",
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"The settings beside the weights are damaged or of another model ({error}).") from None


def _compare(inferred: GeneratorConfig, told: GeneratorConfig, file: str) -> None:
    for key, value in asdict(inferred).items():
        if value != getattr(told, key):
            raise WeightsError(f"{file} has {key} {value}, but the settings beside it say {getattr(told, key)}.")


def _fitted(tensors: dict[str, Tensor], config: GeneratorConfig, file: str) -> dict[str, Tensor]:
    """Return exactly the tensors of the generator; ``sv0`` is only a log, and labels mean nothing without classes."""
    shapes = shapes_of(unfilled_generator(config))
    if not config.num_classes:
        tensors.pop("shared.weight", None)
    tensors = {key: torch.ones(1) for key in shapes if key.endswith(".sv0")} | tensors
    for key in tensors.keys() - shapes.keys():
        if "bn.running_" in key or key.endswith(("num_batches_tracked", "accumulation_counter")):
            raise WeightsError(f"{file} holds {shown(key)} of another batch norm, which no published model uses.")
    return exactly(tensors, shapes, file)


def _choose(files: "_Files") -> tuple[str, dict[str, Any]]:
    """Return the copy with the lowest ``best_FID`` and its state; the first of equal ones, any score before none.

    Source: load_model_inference of the official code (strictly lower wins); ours also takes a copy without a state.
    """
    found: list[tuple[float, str, dict[str, Any]]] = []
    for suffix in SUFFIXES:
        if _file_name("G_ema", suffix) in files:
            state = _read_state(files, suffix)
            score = _number(state.get("best_FID"))
            found.append((math.inf if score is None else score, suffix, state))
    if not found:
        raise WeightsError(
            f"{files.label} holds no G_ema_best0.pth or G_ema_best1.pth, nor {SNAPSHOT}. "
            "Give a published IC-GAN archive or its folder."
        )
    scored = [entry for entry in found if entry[1]] or found
    _, suffix, state = min(scored, key=lambda entry: entry[0])
    return suffix, state


def _read_state(files: "_Files", suffix: str) -> dict[str, Any]:
    file = _file_name("state_dict", suffix)
    if file not in files:
        return {}
    with files.opened(file, MAX_SETTINGS_BYTES) as (stream, size):
        state = read_torch_file(stream, file, size, SETTINGS_GLOBALS)
    if not isinstance(state, dict):
        raise WeightsError(f"{file} does not hold settings.")
    return state


def _settings(files: "_Files", state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain settings and class names of a copy, else of any other copy: they stay the same in a training."""
    states = chain([state], (_read_state(files, suffix) for suffix in SUFFIXES))
    settings: Any = next((each["config"] for each in states if "config" in each), {})
    if not isinstance(settings, dict):
        raise WeightsError("The settings beside the weights are damaged.")
    return {
        key: value
        for key, value in settings.items()
        if isinstance(key, str) and (_is_plain(value) or key == "class_names")
    }


def _encoder_kind(settings: Mapping[str, Any], name: str, config: AnyGeneratorConfig) -> str:
    if settings.get("longtail") or "imagenetlt" in name:
        return "resnet50-imagenet-lt"
    extractor = settings.get("feature_extractor", "classification" if config.num_classes else "selfsupervised")
    return {"selfsupervised": "resnet50-swav", "classification": "resnet50-supervised"}.get(extractor, str(extractor))


def _class_names(settings: Mapping[str, Any], config: GeneratorConfig) -> tuple[str, ...]:
    names = settings.get("class_names")
    if isinstance(names, list) and len(names) == len(set(map(str, names))) == config.num_classes:
        return tuple(map(str, names))
    if config.num_classes == 1000:
        return imagenet_class_names()
    return tuple(f"Class {row}" for row in range(config.num_classes))


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= 1000)


def _number(value: Any) -> float | None:
    """``value`` as a plain finite number (numpy scalars included), None if it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last from a tensor
        return None
    return number if math.isfinite(number) else None


def _file_name(stem: str, suffix: str) -> str:
    return f"{stem}_{suffix}.pth" if suffix else f"{stem}.pth"


class _Files:
    """The wanted files of an archive or folder, by bare name."""

    label: str
    """What messages call the whole."""
    name: str
    """What the model is called inside."""
    snapshot_label = SNAPSHOT
    """What messages call a snapshot among them."""

    def __contains__(self, file: str) -> bool:
        raise NotImplementedError

    def opened(self, file: str, limit: int) -> Any:
        """Context manager of (seekable stream, size); refuses files above ``limit`` bytes."""
        raise NotImplementedError


class _OpenFiles(_Files):
    """Those of a folder, or a snapshot alone under any name, which names the model."""

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            self.label = self.name = path.resolve().name
            self._paths = {child.name: child for child in path.iterdir() if WANTED.fullmatch(child.name)}
        else:
            self.label, self.name, self.snapshot_label = path.name, path.stem, path.name
            self._paths = {SNAPSHOT: path}

    def __contains__(self, file: str) -> bool:
        return file in self._paths and self._paths[file].is_file()

    @contextmanager
    def opened(self, file: str, limit: int) -> Iterator[tuple[BinaryIO, int]]:
        path = self._paths[file]
        size = path.stat().st_size
        _check_size(path.name, size, limit)
        with path.open("rb") as stream:
            yield stream, size


class _ArchiveFiles(_Files):
    """Members are read into memory one at a time; nothing is unpacked to the disk."""

    def __init__(self, path: Path) -> None:
        self.label = path.name
        self._path = path
        self._sizes: dict[str, int] = {}
        folders = set()
        with self._archive() as archive:
            total = 0
            for count, member in enumerate(archive):
                total += member.size
                if count >= MAX_MEMBERS or total > MAX_ARCHIVE_BYTES:
                    raise WeightsError(f"{path.name} is larger than any published archive and was not read.")
                folder, _, file = member.name.rpartition("/")
                if not WANTED.fullmatch(file):
                    continue
                if not member.isfile():
                    raise WeightsError(f"{path.name} contains links, which are not allowed.")
                if file in self._sizes:
                    raise WeightsError(f"{path.name} holds {file} twice.")
                self._sizes[file] = member.size
                folders.add(folder.rpartition("/")[2])
        inside = folders.pop() if len(folders) == 1 else ""
        self.name = inside if inside in PUBLISHED else path.name.removesuffix(".gz").removesuffix(".tar")

    def __contains__(self, file: str) -> bool:
        return file in self._sizes

    @contextmanager
    def opened(self, file: str, limit: int) -> Iterator[tuple[BinaryIO, int]]:
        _check_size(file, self._sizes[file], limit)
        with self._archive() as archive:
            for member in archive:
                if member.name.rpartition("/")[2] == file:
                    stream = archive.extractfile(member)
                    assert stream is not None, file
                    content = io.BytesIO(stream.read())
                    break
        yield content, self._sizes[file]

    @contextmanager
    def _archive(self) -> Iterator[tarfile.TarFile]:
        try:
            with tarfile.open(self._path, "r:gz") as archive:
                yield archive
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            logger.info("%s could not be read: %s", self._path, error)
            raise WeightsError(f"{self.label} is not a complete .tar.gz archive. Download it again.") from None


def _check_size(file: str, size: int, limit: int) -> None:
    if size > limit:
        raise WeightsError(f"{file} has {size / 1e6:.0f} MB; at most {limit / 1e6:.0f} MB are read.")
