"""Encodes, draws and searches on the workers of a Ray cluster, each with models of its own.

What is asked for waits in Ray's queue until a processor is free, by which Ray's autoscaler also adds machines. A worker
that is lost in the middle costs time alone: Ray asks another for the same, which draws the same seeds, and passes over
what had come already.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from icgan_demo.config import Limits, Precision
from icgan_demo.guards.picture import DEFAULT_LIMITS
from icgan_demo.service.cluster.ray_cluster import RETRIES, as_here
from icgan_demo.service.drawing.children_requests import ChildrenRequest
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest
from icgan_demo.service.drawing.drawing_requests import Drawn, DrawRequest, Sample
from icgan_demo.service.drawing.drawing_service import keep_nearest
from icgan_demo.service.drawing.grid_requests import Drawable
from icgan_demo.service.drawing.inversion_requests import InversionRequest, InversionStep
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.drawing.search_requests import SearchRequest, SearchStep
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.values import BankEntry, Choice, Instance, ModelInfo, Neighbour

SHOWN_EVERY_S = 0.5
"""Time between two growing lists, the first of which has one picture."""
FINISHING_S = 0.1
"""For an answer that nobody waits for any more to end by itself, before it is cancelled.

Ray 2.60 ends this process, with the page, if a task is cancelled in the moment in which it finishes.
"""


@dataclass(frozen=True)
class WorkerModels:
    """The models of every worker: folders that all machines see, and one precision, so that all draw the same."""

    folders: tuple[Path, ...]
    unlisted: tuple[Path, ...] = ()
    precision: Precision = Precision.FLOAT32
    """Not AUTO, which each machine would understand in its own way."""
    limits: Limits = field(default_factory=Limits)


class RaySampling:
    """Implements ``Sampling`` on the cluster that ``ray_cluster.connect`` has found."""

    def __init__(self, models: WorkerModels, store: ModelStore) -> None:
        """Let workers do everything but tell of the models in ``store``, none of which is loaded here."""
        self._store, self._work = store, _Work(models)
        self.drawing = RayDrawing(self._work)
        self.search = RaySearch(self._work)

    def models(self) -> list[ModelInfo]:
        """See ``Sampling.models``."""
        return [_as_loaded(info) for info in self._store.infos()]

    def unlisted(self, name: str) -> ModelInfo | None:
        """See ``Sampling.unlisted``."""
        info = self._store.info(name)
        return None if info is None else _as_loaded(info)

    def choose(self, photo: Path | bytes) -> Choice:
        """See ``Sampling.choose``."""
        return self._work.ask("choose", _content(photo))

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """See ``Sampling.encode``."""
        return self._work.ask("encode", model, _content(photo))

    def bank(self, model: str) -> list[BankEntry]:
        """See ``Sampling.bank``; which thumbnails were drawn before depends on who is asked."""
        return self._work.ask("bank", model)

    def drawn(self, model: str, entries: Sequence[BankEntry]) -> list[BankEntry]:
        """See ``Sampling.drawn``."""
        return self._work.ask("drawn", model, entries)

    def pick(self, model: str, row: int) -> Instance:
        """See ``Sampling.pick``."""
        return self._work.ask("pick", model, row)

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """See ``Sampling.neighbours``."""
        return self._work.ask("neighbours", model, feature, count)


class RayDrawing:
    """Implements ``Drawing``."""

    def __init__(self, work: "_Work") -> None:
        self._work = work

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """See ``Drawing.own_class``."""
        return self._work.ask("drawing.own_class", model, feature)

    def draw(self, request: Drawable) -> Iterator[Drawn]:
        """See ``Drawing.draw``."""
        return self._work.stream(_answers, "drawing.draw", request)

    def samples(self, request: DrawRequest) -> Iterator[list[Sample]]:
        """See ``Drawing.samples``."""
        samples: list[Sample] = []
        shown_s = 0.0
        with closing(self._work.stream(_fresh_samples, request)) as fresh:
            for sample in fresh:
                samples.append(sample)
                if len(samples) == len(request.seeds) or time.monotonic() - shown_s >= SHOWN_EVERY_S:
                    yield list(samples)
                    shown_s = time.monotonic()
        if (request.best_of or 1) > 1:
            kept = keep_nearest([sample.cosine or 0.0 for sample in samples], request.count)
            yield [samples[position] for position in kept]

    def measure(self, request: DrawRequest, drawn: Sequence[Drawn]) -> list[Sample]:
        """See ``Drawing.measure``."""
        return self._work.ask("drawing.measure", request, drawn)

    def children(self, asked: ChildrenRequest) -> list[DrawRequest]:
        """See ``Drawing.children``."""
        return self._work.ask("drawing.children", asked)

    def centred(self, request: DrawRequest) -> DrawRequest:
        """See ``Drawing.centred``."""
        return self._work.ask("drawing.centred", request)

    def surprise(self, model: str, seed: int) -> DrawRequest:
        """See ``Drawing.surprise``."""
        return self._work.ask("drawing.surprise", model, seed)

    def towards_seed(self, found: DrawRequest, seed: int, share: float) -> DrawRequest:
        """See ``Drawing.towards_seed``."""
        return self._work.ask("drawing.towards_seed", found, seed, share)

    def directions(self, asked: DirectionsRequest) -> list[Direction]:
        """See ``Drawing.directions``."""
        return self._work.ask("drawing.directions", asked)

    def good_range(self, model: str, direction: Direction) -> Direction:
        """See ``Drawing.good_range``."""
        return self._work.ask("drawing.good_range", model, direction)

    def expected_s(self, request: Drawable) -> float:
        """See ``Drawing.expected_s``; as the worker that is asked has measured."""
        return self._work.ask("drawing.expected_s", request)

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """See ``Drawing.affordable``; as the worker that is asked has measured."""
        return self._work.ask("drawing.affordable", model, seconds, count)


class RaySearch:
    """Implements ``Search``."""

    def __init__(self, work: "_Work") -> None:
        self._work = work

    def understands_words(self, model: str) -> bool:
        """See ``Search.understands_words``."""
        return self._work.ask("search.understands_words", model)

    def run(self, request: SearchRequest) -> Iterator[SearchStep]:
        """See ``Search.run``."""
        if request.target.picture is not None:
            request = replace(request, target=replace(request.target, picture=_content(request.target.picture)))
        return self._work.stream(_answers, "search.run", request)

    def invert(self, request: InversionRequest) -> Iterator[InversionStep]:
        """See ``Search.invert``."""
        return self._work.stream(_answers, "search.invert", request)


class _Work:
    """What workers are asked: one answer, or several that come one after the other."""

    def __init__(self, models: WorkerModels) -> None:
        import ray

        as_work: Any = partial(ray.remote, num_cpus=1, max_retries=RETRIES)
        # Without a bound on what waits to be read: a worker that waited for its reader could keep all others waiting.
        in_parts = as_work(num_returns="streaming")
        self._models = models
        self._answer = as_work()(_answer)
        self._several = {function: in_parts(function) for function in (_answers, _fresh_samples)}

    def ask(self, method: str, *values: Any) -> Any:
        """Return what a method of ``SamplingService``, or of a part of it, answers; raises what it raises."""
        import ray

        return as_here(partial(ray.get, self._answer.remote(self._models, method, *values)))

    def stream(self, function: Callable[..., Any], *values: Any) -> Generator[Any, None, None]:
        """Yield what ``function`` yields on a worker, which stops when this is closed; raises what it raises."""
        import ray

        coming = self._several[function].remote(self._models, *values)
        try:
            while (one := next(coming, None)) is not None:
                yield as_here(partial(ray.get, one))
        except GeneratorExit:
            if not ray.wait([coming.completed()], timeout=FINISHING_S)[0]:
                ray.cancel(coming)
            raise


@cache
def _service(models: WorkerModels) -> SamplingService:
    """Return the service of this worker, made once."""
    return SamplingService(ModelStore(models.folders, (), models.precision, models.unlisted), models.limits)


def _answer(models: WorkerModels, method: str, *values: Any) -> Any:
    return attrgetter(method)(_service(models))(*values)


def _answers(models: WorkerModels, method: str, *values: Any) -> Iterator[Any]:
    with closing(attrgetter(method)(_service(models))(*values)) as answers:
        for answer in answers:  # noqa: UP028  Ray sends into a generator, which not everything that is iterated takes
            yield answer


def _fresh_samples(models: WorkerModels, request: DrawRequest) -> Iterator[Sample]:
    """Yield each picture once: growing lists would differ in length if another worker made them again."""
    known = 0
    with closing(_service(models).drawing.samples(request)) as growing:  # type: ignore[type-var]
        for samples in growing:
            for sample in samples[known:]:  # noqa: UP028
                yield sample
            known = max(known, len(samples))


def _as_loaded(info: ModelInfo) -> ModelInfo:
    """Return what the list says of a model that workers load when they need it: it can be used at once."""
    return replace(info, state="ready") if info.state == "available" else info


def _content(photo: Path | bytes) -> bytes:
    """Return what is in an upload, which lies on this machine alone; of one that is too large, enough to say so."""
    if isinstance(photo, bytes):
        return photo
    with photo.open("rb") as stream:
        return stream.read(DEFAULT_LIMITS.max_file_bytes + 1)
