"""A painted stand-in for the service: one flat colour per seed, so that a test sees which seed arrived where."""

import hashlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import ImageError, RequestError, WeightsError
from icgan_demo.service.drawing.children_requests import ChildrenRequest
from icgan_demo.service.drawing.direction_requests import (
    MAX_DIRECTIONS,
    Direction,
    DirectionsRequest,
    Kind,
    Space,
)
from icgan_demo.service.drawing.drawing_requests import Blend, Drawn, DrawRequest, Sample, TravelRequest
from icgan_demo.service.drawing.grid_requests import Drawable, GridRequest
from icgan_demo.service.drawing.inversion_requests import InversionRequest, InversionStep
from icgan_demo.service.drawing.search_requests import SearchRequest, SearchStep
from icgan_demo.service.values import BankEntry, Choice, Familiarity, Instance, ModelInfo, Neighbour

CLASS_NAMES = ("Lemon", "Lime", "Golden apple", "Brown cap mushroom")
RESOLUTION = 64
FEATURE_DIM = 8
BANK_SIZE = 12

MOMENTS = ((0, 0), (20, 1280), (100, 6400))
"""Steps and images seen of a model that shows how it learned."""


def colour_of_seed(seed: int) -> tuple[int, int, int]:
    """Return the flat colour that the fake paints for ``seed``; 16 million seeds differ."""
    mixed = seed * 2654435761 % 2**24
    return mixed >> 16, mixed >> 8 & 255, mixed & 255


class PaintedDrawing:
    """Keeps the ``Drawing`` contract: what decides a picture is its colour.

    Neighbours: ``colour_of_seed``, with a cosine that falls with the seed; found noise: its first number; one instance:
    (class slider, balance, seed); several: the shares of the first three. Closing a running ``samples`` is counted in
    ``closed_early``.
    """

    def __init__(self, sampling: "PaintedSampling", chunk: int = 4) -> None:
        self._sampling = sampling
        self.chunk = chunk
        self.requests: list[DrawRequest] = []
        self.closed_early = 0

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """Return the class of the nearest bank entry."""
        nearest = self._sampling.neighbours(model, feature, 1)
        return nearest[0].entry.label if nearest else None

    def draw(self, request: Drawable) -> Iterator[Drawn]:
        """Yield squares; frames of a path go from black to white."""
        if isinstance(request, GridRequest):
            for part in request.parts():
                yield from self.draw(part)
        elif isinstance(request, TravelRequest):
            for frame in range(request.frames):
                level = 255 * frame // request.frames
                yield Drawn(_painted((level, level, level)))
        elif request.best_of is not None:
            *_, kept = self.samples(request)
            yield from kept
        else:
            self.requests.append(request)
            for seed in request.seeds:
                yield Drawn(_painted(colour_of_request(request, seed)), seed)

    def samples(self, request: DrawRequest) -> Iterator[list[Sample]]:
        """Yield squares in chunks; ranked candidates end with those of the largest cosines."""
        known = self._sampling._known(request.model)
        if request.label is not None and request.label not in known.class_names:
            raise RequestError(f"{known.title} does not know the class {request.label!r}.")
        self.requests.append(request)
        samples: list[Sample] = []
        is_ranked = (request.best_of or 1) > 1
        try:
            for start in range(0, len(request.seeds), self.chunk):
                seeds = request.seeds[start : start + self.chunk]
                drawn = [Sample(_square(seed), seed) for seed in seeds]
                samples += self.measure(request, drawn) if is_ranked else drawn
                yield list(samples)
        except GeneratorExit:
            self.closed_early += 1
            raise
        if is_ranked:
            yield sorted(samples, key=lambda sample: -(sample.cosine or 0.0))[: request.count]

    def measure(self, request: DrawRequest, drawn: Sequence[Drawn]) -> list[Sample]:
        """Return a cosine of one half for all; in a set of neighbours one that falls with the seed."""
        if request.best_of is None:
            return [Sample(one.picture, one.seed, 0.5, 0) for one in drawn]
        places = [(one.seed - request.seeds[0]) % (MAX_SEED + 1) for one in drawn]
        return [
            Sample(one.picture, one.seed, 1 - place / 100, one.seed % BANK_SIZE)
            for one, place in zip(drawn, places, strict=True)
        ]

    def expected_s(self, request: Drawable) -> float:
        """Return no time: paint dries at once."""
        return 0.0

    def children(self, asked: ChildrenRequest) -> list[DrawRequest]:
        """Return children whose noise, hence colour, says which litter and which place in it they have."""
        parent = asked.parents[0]
        return [
            replace(parent, seeds=(place,), best_of=None, noise=noise_of_child(asked, place))
            for place in range(asked.count)
        ]

    def centred(self, request: DrawRequest) -> DrawRequest:
        """Return the request with the bank's first entry as its centre."""
        return replace(request, centre=self._sampling.pick(request.model, 0).feature)

    def towards_seed(self, found: DrawRequest, seed: int, share: float) -> DrawRequest:
        """Return an image that gets darker on its way."""
        assert found.noise is not None
        return replace(found, noise=found.noise * np.float32(1 - share))

    def surprise(self, model: str, seed: int) -> DrawRequest:
        """Return an image of the bank's first entry, with the seed itself."""
        return DrawRequest(model, Blend((self._sampling.pick(model, 0).feature,)), (seed,))

    def directions(self, asked: DirectionsRequest) -> list[Direction]:
        """Return directions along each of which the picture gets brighter; a difference is one."""
        self._sampling._known(asked.model)
        count = 1 if asked.kind is Kind.DIFFERENCE else asked.count
        vectors = np.eye(count, MAX_DIRECTIONS, dtype=np.float32)
        space = Space.INSTANCE if asked.kind in (Kind.INSTANCE, Kind.DIFFERENCE) else Space.CONDITION
        return [
            Direction(space, row, asked.side, f"{asked.kind.value} {place}") for place, row in enumerate(vectors, 1)
        ]

    def good_range(self, model: str, direction: Direction) -> Direction:
        """Return the same range for all."""
        return replace(direction, good=(-1.5, 3.0))

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """Return ``count``: paint dries at once."""
        return count


class PaintedSearch:
    """Keeps the ``Search`` contract: likeness grows by the rounds, and the found noise says how many were done.

    A round waits until ``allowed`` reaches its number, so that a test can look at the page in between.
    """

    def __init__(self) -> None:
        self.requests: list[SearchRequest] = []
        self.inversions: list[InversionRequest] = []
        self.allowed = 1000
        self.rounds_done = 0
        self.has_words = False

    def understands_words(self, model: str) -> bool:
        """Return what the test wants."""
        return self.has_words

    def run(self, request: SearchRequest) -> Iterator[SearchStep]:
        """Yield ever better rounds."""
        self.requests.append(request)
        for number in range(request.rounds + 1):
            deadline = time.monotonic() + 600
            while number > self.allowed and time.monotonic() < deadline:
                time.sleep(0.01)
            self.rounds_done = number
            noise = np.full(4, number / request.rounds * request.truncation, np.float32)
            yield SearchStep(number, noise, number / request.rounds, number + 1)

    def invert(self, request: InversionRequest) -> Iterator[InversionStep]:
        """Yield ever nearer rounds; the instance stays."""
        self.inversions.append(request)
        for number in range(request.rounds + 1):
            deadline = time.monotonic() + 600
            while number > self.allowed and time.monotonic() < deadline:
                time.sleep(0.01)
            self.rounds_done = number
            noise = np.full(4, number / max(1, request.rounds) * request.truncation, np.float32)
            distance = 1 - number / max(1, request.rounds) / 2
            yield InversionStep(number, request.seed, noise, request.blend.features[0], distance, 16 + number)


def noise_of_child(asked: ChildrenRequest, place: int) -> np.ndarray:
    """Return the noise of a painted child: a hash of the litter and the place, between 0 and the truncation."""
    parents = [(parent.seeds, None if parent.noise is None else parent.noise.tolist()) for parent in asked.parents]
    text = repr((parents, asked.strength, asked.seed, place))
    share = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
    return np.full(4, share * asked.parents[0].truncation, np.float32)


def colour_of_request(request: DrawRequest, seed: int) -> tuple[int, int, int]:
    """Return the colour that the fake paints for a blend or for found noise."""
    if request.moves:
        level = round(127.5 + 20 * sum(move.amount for move in request.moves))
        return level, level, level
    if request.noise is None:
        return colour_of_blend(request.blend, seed)
    level = round(255 * float(request.noise[0]) / request.truncation)
    return level, level, 255


def colour_of_blend(blend: Blend, seed: int) -> tuple[int, int, int]:
    """Return the colour that the fake paints for a blend and a seed."""
    if len(blend.features) > 1:
        shares = [round(255 * weight / sum(blend.weights)) for weight in (*blend.weights, 0)]
        return shares[0], shares[1], shares[2]
    return round(127.5 * (blend.swap.position + 1)), round(255 * blend.balance), 30 * seed % 256


class PaintedSampling:
    """Keeps the ``Sampling`` contract without a network.

    The feature of a photo depends on its bytes only.
    """

    def __init__(self, chunk: int = 4) -> None:
        self.drawing = PaintedDrawing(self, chunk)
        self.search = PaintedSearch()
        self.learning: Path | None = None
        """The picture of how the first model learned, at ``MOMENTS``."""
        self.knows: dict[str, float] = {}
        """How well models know every photo, in percent; those named here take part in the automatic choice."""

    def models(self) -> list[ModelInfo]:
        """Return a ready model, one without classes that is on disk, and one that cannot be used."""
        infos = [
            _info("painted", "Painted squares", CLASS_NAMES, "ready"),
            _info("plain", "Squares without classes", (), "available"),
            _info(
                "broken", "Broken squares", (), "unavailable", "generator.safetensors is missing. Download it again."
            ),
        ]
        if self.learning is not None:
            moments = [{"step": step, "images": images} for step, images in MOMENTS]
            card = {**(infos[0].card or {}), "learning": {"moments": moments}}
            infos[0] = replace(infos[0], learning=self.learning, card=card)
        return [replace(info, is_automatic=info.name in self.knows) for info in infos]

    def unlisted(self, name: str) -> ModelInfo | None:
        """Return nothing: every model of the fake is in its list."""
        return None

    def choose(self, photo: Path | bytes) -> Choice:
        """Return what the test wants to be known."""
        familiarities = [Familiarity(name, share, share / 100) for name, share in self.knows.items()]
        familiarities.sort(key=lambda familiarity: -familiarity.share)
        return Choice(tuple(familiarities), self.encode(familiarities[0].model, photo))

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """Return a feature made of the file's hash; refuses what Pillow cannot open."""
        self._known(model)
        data = photo if isinstance(photo, bytes) else photo.read_bytes()
        try:
            crop = Image.open(io.BytesIO(data)).convert("RGB").resize((RESOLUTION, RESOLUTION))
        except Exception as error:
            raise ImageError("Not an image we can read (JPEG, PNG, WebP, GIF, BMP).") from error
        familiarity = Familiarity(model, self.knows[model], self.knows[model] / 100) if model in self.knows else None
        return Instance(_feature(hashlib.sha256(data).digest()), crop, familiarity=familiarity)

    def bank(self, model: str) -> list[BankEntry]:
        """Return twelve entries in the colours of the seeds 1000, 1001, ..."""
        names = self._known(model).class_names
        return [
            BankEntry(row, names[row % len(names)] if names else None, _square(1000 + row)) for row in range(BANK_SIZE)
        ]

    def drawn(self, model: str, entries: Sequence[BankEntry]) -> list[BankEntry]:
        """Return the entries, painted."""
        return [replace(entry, thumbnail=_square(1000 + entry.row)) for entry in entries]

    def pick(self, model: str, row: int) -> Instance:
        """Return a bank entry as an instance."""
        if not 0 <= row < BANK_SIZE:
            raise RequestError(f"There is no instance {row}.")
        return Instance(_feature(bytes([row])), _square(1000 + row))

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """Return the bank entries with the largest cosines."""
        found = [Neighbour(entry, float(self.pick(model, entry.row).feature @ feature)) for entry in self.bank(model)]
        return sorted(found, key=lambda neighbour: -neighbour.cosine)[:count]

    def _known(self, model: str) -> ModelInfo:
        for info in self.models():
            if info.name == model and info.state == "unavailable":
                raise WeightsError(info.message)
            if info.name == model:
                return info
        raise RequestError(f"There is no model {model!r}.")


def _info(name: str, title: str, classes: Sequence[str], state: str, message: str = "") -> ModelInfo:
    return ModelInfo(
        name=name,
        title=title,
        resolution=RESOLUTION,
        size_mb=12.5,
        licence="MIT",
        licence_note="Pictures are synthetic; painted for tests.",
        class_names=tuple(classes),
        state=state,
        message=message,
        card={"schema": 1, "kind": "icgan", "name": name, "title": title, "figures": {}},
    )


def _square(seed: int) -> Image.Image:
    return _painted(colour_of_seed(seed))


def _painted(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (RESOLUTION, RESOLUTION), colour)


def _feature(data: bytes) -> np.ndarray:
    source = np.random.default_rng(list(data))
    feature = source.standard_normal(FEATURE_DIM).astype(np.float32)
    return feature / np.linalg.norm(feature)


def learning_webp() -> bytes:
    """Return a picture of the moments of four instances of 32 px, each row in a grey of its own."""
    picture = Image.new("RGB", (4 * 32, len(MOMENTS) * 32))
    for row in range(len(MOMENTS)):
        picture.paste((80 * row,) * 3, (0, 32 * row, 4 * 32, 32 * row + 32))
    content = io.BytesIO()
    picture.save(content, "WEBP")
    return content.getvalue()
