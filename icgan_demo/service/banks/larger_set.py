"""A larger set of images from a small one: new neighbours of each, in its class folder, copies left out.

Source: data augmentation by an IC-GAN, after Astolfi et al. 2023, Instance-Conditioned GAN Data Augmentation.
"""

import io
import json
import logging
import tarfile
import time
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import torch
from torch import Tensor

from icgan_demo.atomic_files import atomic_write
from icgan_demo.config import MAX_SEED, LargerSetPlan
from icgan_demo.errors import ImageError, RequestError
from icgan_demo.guards.candidate import nothing_usable
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.banks.explain import nearest_real
from icgan_demo.service.banks.larger_set_requests import Enlarging, NewImage, PackedAs
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.photo_embedding import Embedder
from icgan_demo.service.picture_sources import class_of_each
from icgan_demo.service.recipes.drawn_files import png_with_recipe
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.service.values import ModelInfo, distance_of

logger = logging.getLogger(__name__)

MANIFEST = "manifest.jsonl"
NO_CLASS = "unlabelled"
"""Folder of the images whose instance is in no class folder."""
PORTION = 8
"""Images that are drawn, or given ones that are embedded, between two reports."""

Save = Callable[[bytes, dict[str, Any]], None]
"""Takes a PNG and what the manifest says of it."""
Written = AbstractContextManager[tuple[Save, TextIO]]
"""Yields what writes an image, and the manifest."""


@dataclass(frozen=True)
class _Instance:
    """A given image."""

    position: int
    name: str
    label: str
    feature: Tensor


@dataclass(frozen=True)
class _Embedded:
    """The given images that can be used."""

    instances: list[_Instance]
    index: NeighbourIndex
    skipped: tuple[tuple[str, str], ...]
    pace_s: float
    """For one."""


@dataclass(frozen=True)
class _Pace:
    """Seconds that a model takes."""

    of_embedding: float
    """For a given image."""
    of_drawing: float
    """For a new one, with looking where it lies."""


class LargerSetService:
    """Implements ``LargerSets``."""

    def __init__(self, store: ModelStore, sampling: SamplingService) -> None:
        """Draw with ``sampling``, whose models are those of ``store``."""
        self._store = store
        self._sampling = sampling
        self._paces: dict[str, _Pace] = {}  # of the last set by each model

    def enlarge(
        self,
        model: str,
        given: Iterable[SourcePicture],
        total: int,
        plan: LargerSetPlan,
        out: Path,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Iterator[Enlarging]:
        """See ``LargerSets.enlarge``."""
        info, loaded = self._info(model), self._store.get(model)
        embedded = yield from self._embed(loaded, given, total, is_over)
        if embedded is None:
            return
        report = Enlarging(total, total, len(embedded.skipped), skipped=embedded.skipped)
        drawing_s = 0.0
        with _written(out) as (save, manifest):
            for instance, request, is_last in self._requests(info, embedded.instances, plan):
                started = time.perf_counter()
                new = self._drawn(loaded, info, request, instance, embedded.index, save)
                for one in new:
                    manifest.write(_json(one.told) + "\n")
                drawing_s += time.perf_counter() - started
                copies = sum(one.is_left_out for one in new)
                report = replace(
                    report,
                    done=report.done + is_last,
                    images=report.images + len(new) - copies,
                    copies=report.copies + copies,
                    new=new,
                )
                yield report
                if is_over():
                    break
        self._paces[model] = _Pace(embedded.pace_s, drawing_s / (report.images + report.copies))
        logger.info("larger set: %s, %d images of %d, %d left out", model, report.images, report.done, report.copies)
        yield replace(report, new=(), files=_files(out))

    def expected_s(self, model: str, photo: Path, total: int, plan: LargerSetPlan) -> float:
        """See ``LargerSets.expected_s``."""
        if model not in self._paces:
            info, loaded = self._info(model), self._store.get(model)
            started = time.perf_counter()
            feature = self._sampling.encode(model, photo).feature
            embedded = time.perf_counter()
            label = info.class_names[0] if info.needs_class else None
            request = DrawRequest.neighbours(model, feature, 1, 0, plan.truncation, label)
            loaded.encode([one.picture for one in self._sampling.drawing.draw(request)])
            self._paces.setdefault(model, _Pace(embedded - started, time.perf_counter() - embedded))
        pace = self._paces[model]
        return total * (pace.of_embedding + plan.per_picture * pace.of_drawing)

    # --- pieces ---

    def _info(self, model: str) -> ModelInfo:
        if (info := self._store.info(model)) is None:
            raise RequestError("There is no model of that name.")
        return info

    def _embed(
        self, model: InstanceModel, given: Iterable[SourcePicture], total: int, is_over: Callable[[], bool]
    ) -> Generator[Enlarging, None, "_Embedded | None"]:
        """Embed the given images, and report; returns them, None if it is over before."""
        embedder = Embedder(model)
        taken: list[tuple[int, SourcePicture]] = []
        skipped: list[tuple[str, str]] = []
        position, seconds, started = 0, 0.0, time.perf_counter()
        for position, found in enumerate(given, 1):
            if found.candidate.picture is None:
                skipped.append((found.candidate.name, found.candidate.reason))
            else:
                embedder.take(crop_to_square(found.candidate.picture, model.resolution))
                taken.append((position - 1, found))
            if position % PORTION == 0:
                seconds += time.perf_counter() - started
                yield Enlarging(total, position, skipped=tuple(skipped))
                if is_over():
                    return None
                started = time.perf_counter()
        if not taken:
            raise ImageError(nothing_usable(skipped))
        features = embedder.features()
        seconds += time.perf_counter() - started
        classes = class_of_each([found.group for _, found in taken])
        instances = [
            _Instance(place, found.candidate.name, label, feature)
            for (place, found), label, feature in zip(taken, classes, features, strict=True)
        ]
        index = NeighbourIndex(features, model.feature_identity, [each.name for each in instances])
        return _Embedded(instances, index, tuple(skipped), seconds / position)

    def _requests(
        self, info: ModelInfo, instances: Sequence[_Instance], plan: LargerSetPlan
    ) -> Iterator[tuple[_Instance, DrawRequest, bool]]:
        """Yield what draws the neighbours of each instance, a few at a time, and whether they are its last.

        Each image has a seed of its own.
        """
        known = {} if plan.without_classes else {name.casefold(): name for name in info.class_names}
        for row, instance in enumerate(instances):
            feature = instance.feature.numpy()
            drawn_as = known.get(instance.label.casefold())
            if drawn_as is None and info.needs_class:
                drawn_as = self._sampling.drawing.own_class(info.name, feature) or info.class_names[0]
            for before in range(0, plan.per_picture, PORTION):
                count = min(PORTION, plan.per_picture - before)
                seed = (plan.seed + row * plan.per_picture + before) % (MAX_SEED + 1)
                request = DrawRequest.neighbours(info.name, feature, count, seed, plan.truncation, drawn_as)
                yield instance, request, before + count == plan.per_picture

    def _drawn(
        self,
        model: InstanceModel,
        info: ModelInfo,
        request: DrawRequest,
        instance: _Instance,
        index: NeighbourIndex,
        save: Save,
    ) -> tuple[NewImage, ...]:
        """Draw and save; returns each image with what the manifest says of it, those that may be copies unsaved."""
        drawn = list(self._sampling.drawing.draw(request))
        features = model.encode([one.picture for one in drawn])
        cosines = (features @ torch.from_numpy(request.blend.features[0])).clamp(-1, 1).tolist()
        place = f"{_file_name(instance.label) or NO_CLASS}/{_file_name(Path(instance.name).stem)}"
        recipe = write_recipe(request, info)
        new = []
        for one, cosine, (row, nearest, is_copy) in zip(drawn, cosines, nearest_real(index, features), strict=True):
            told = {
                "source": instance.name,
                "class": instance.label,
                "seed": one.seed,
                "distance": round(distance_of(cosine), 4),
                "nearest": index.names[row],
                "nearest_distance": round(nearest, 4),
            }
            if is_copy:
                told["left_out"] = "may be a copy of the nearest one"
            else:
                told["file"] = f"{place}-{one.seed}.png"
                save(png_with_recipe(one.picture, recipe.of_seed(one.seed)), told)
            new.append(NewImage(instance.position, one.picture, told))
        return tuple(new)


def _written(out: Path) -> Written:
    """Return what a set is written by, as the end of its name says."""
    suffix = out.suffix.removeprefix(".")
    return _shard(out) if suffix == PackedAs.SHARD else _zip(out) if suffix == PackedAs.ZIP else _class_folders(out)


def _files(out: Path) -> tuple[Path, ...]:
    return (out, _beside(out)) if out.suffix == f".{PackedAs.SHARD}" else (out,)


def _beside(shard: Path) -> Path:
    return shard.with_suffix(".jsonl")


@contextmanager
def _class_folders(out: Path) -> Iterator[tuple[Save, TextIO]]:
    """Yield what writes an image into its class folder below ``out``, and the manifest there."""
    out.mkdir(parents=True, exist_ok=True)

    def save(png: bytes, told: dict[str, Any]) -> None:
        path = out / told["file"]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png)

    with (out / MANIFEST).open("w", encoding="utf-8") as manifest:
        yield save, manifest


@contextmanager
def _zip(out: Path) -> Iterator[tuple[Save, TextIO]]:
    """Yield what adds an image to its class folder in a ZIP, and the manifest there; it is there when it is whole."""
    with atomic_write(out) as scratch, zipfile.ZipFile(scratch, "w") as archive:  # PNGs are compressed already
        manifest = io.StringIO()
        yield lambda png, told: archive.writestr(told["file"], png), manifest
        archive.writestr(MANIFEST, manifest.getvalue(), zipfile.ZIP_DEFLATED)


@contextmanager
def _shard(out: Path) -> Iterator[tuple[Save, TextIO]]:
    """Yield what adds an image, its class and what the manifest says of it to a shard, and the manifest beside it.

    The shard is there when it is whole. Source: https://github.com/webdataset/webdataset, "The WebDataset Format".
    """
    with (
        atomic_write(out) as scratch,
        tarfile.open(scratch, "w") as archive,
        _beside(out).open("w", encoding="utf-8") as manifest,
    ):

        def save(png: bytes, told: dict[str, Any]) -> None:
            key = str(told["file"]).removesuffix(".png")
            files = {".png": png, ".cls": told["class"].encode(), ".json": _json(told).encode()}
            for suffix, content in files.items():
                if content:
                    member = tarfile.TarInfo(key + suffix)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))

        yield save, manifest


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)


def _file_name(text: str) -> str:
    """Return ``text``, which may come from anyone, as the name of a file or folder."""
    return "".join(sign if sign.isalnum() or sign in " -_()" else "_" for sign in text)[:80].strip()
