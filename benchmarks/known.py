"""How often Automatic is right, and what it says of pictures of nothing that any model learned.

``python -m benchmarks.known SPLITS MODEL=DOMAIN[,DOMAIN] ... [--strange FOLDER] [--photos N] [--write]``, for example
with ``everyday64=produce,clothing natural64=natural``: for the evaluation photos of each domain (at most N, spread
evenly) the share that is sent to the right model, and the share that each model and none is said to know; then a line
for each image of ``benchmarks.strange_pictures`` and of FOLDER. The document leaves out those that read near 0.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.calibrate import spread
from benchmarks.document import write_section
from benchmarks.strange_pictures import strange_pictures
from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.encoders.lite0 import shared_encoder
from icgan_demo.errors import ImageError
from icgan_demo.guards.picture import read_picture
from icgan_demo.inference.loading import find_model, load_bank
from icgan_demo.service.model_store import usable_calibration
from icgan_demo.service.values import KNOWN_FROM
from icgan_demo.training.common.image_set import pictures_under
from icgan_demo.weights.calibration import Calibration, familiarity
from icgan_demo.weights.lite0_files import read_nothing

PHOTOS = 500
LISTED_FROM = 1.0
"""Percent of a model's own photos; strange images below it are counted, not listed, in the document."""
SIDE = 64
"""At which photos are encoded; those of larger models are reduced to it."""


@dataclass(frozen=True)
class Reader:
    """A model that says how well it knows photos."""

    name: str
    domains: tuple[str, ...]
    """What it learned from."""
    bank: Tensor
    calibration: Calibration

    @classmethod
    def open(cls, words: str) -> "Reader":
        """Return the reader that ``MODEL=DOMAIN,DOMAIN`` names."""
        name, _, domains = words.partition("=")
        found = find_model(name)
        card = found.usable()
        bank, calibration = load_bank(card, found.folder), usable_calibration(card)
        assert bank is not None, f"{name} has no stored instances"
        assert calibration is not None, f"{name} is not calibrated"
        return cls(card.name, tuple(domains.split(",")), bank.features, calibration)

    def percents(self, features: Tensor) -> list[float]:
        """Return how well it knows photos by their features (N, D)."""
        return [self.calibration.percent(value) for value in familiarity(features, self.bank, read_nothing()).tolist()]


def embedded(encoder: Encoder, files: Sequence[Path]) -> tuple[list[str], Tensor]:
    """Return the names and features (N, D) of files; those that are refused are left out."""
    names, features = [], []
    for file in files:
        try:
            features.append(encode_pictures(encoder, [read_picture(file).picture], SIDE))
            names.append(file.name)
        except ImageError as error:
            print(f"{file.name}: {error}")
    return names, torch.cat(features)


def of_domains(readers: Sequence[Reader], encoder: Encoder, splits: Path, photos: int) -> list[list[str]]:
    """Return a row for each domain: photos, sent to the right model, known to it, to each model, to none."""
    rows = []
    for domain in [domain for reader in readers for domain in reader.domains]:
        files = spread(pictures_under(splits / domain / "evaluation"), photos)
        percents = torch.tensor([reader.percents(embedded(encoder, files)[1]) for reader in readers])
        right = next(place for place, reader in enumerate(readers) if domain in reader.domains)
        sent = (percents.argmax(dim=0) == right).double().mean().item()
        known = percents >= KNOWN_FROM
        shares = [each.double().mean().item() for each in (*known, ~known.any(dim=0))]
        rows.append([domain, str(len(files)), f"{sent:.1%}", *(f"{share:.1%}" for share in shares)])
    return rows


@dataclass(frozen=True)
class Strange:
    """An image that shows nothing any model learned, the model that knows it best, and how well in percent."""

    name: str
    model: str
    percent: float

    @property
    def is_called_known(self) -> bool:
        """Whether the page would generate from it without asking."""
        return self.percent >= KNOWN_FROM


def of_strange(readers: Sequence[Reader], names: Sequence[str], features: Tensor) -> list[Strange]:
    """Return the reading of each image."""
    read = []
    for name, *percents in zip(names, *(reader.percents(features) for reader in readers), strict=True):
        best = max(range(len(readers)), key=lambda place: percents[place])
        read.append(Strange(name, readers[best].name, percents[best]))
    return read


def strange_section(read: Sequence[Strange], listed_from: float) -> list[str]:
    """Return a sentence with the counts, and the table of the images that read at least ``listed_from`` percent."""
    known = sum(image.is_called_known for image in read)
    listed = sorted((image for image in read if image.percent >= listed_from), key=lambda image: -image.percent)
    unlisted = f" {len(read) - len(listed)} read below {listed_from:g} %; the others:" if listed_from else ""
    rows = [
        [image.name, image.model, f"{image.percent:.1f} %", "yes" if image.is_called_known else "no"]
        for image in listed
    ]
    return [
        f"{len(read)} strange images, {known} of them called known.{unlisted}",
        table(["image", "nearest model", "better known than", "called known"], rows),
    ]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Print the tables; write them into docs/benchmarks.md if asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("splits", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--strange", type=Path)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder, readers = shared_encoder(), [Reader.open(words) for words in given.models]
    known_to = [f"known to {name}" for name in (*(reader.name for reader in readers), "none")]
    heads = ["domain", "photos", "sent to the right model", *known_to]
    domains = table(heads, of_domains(readers, encoder, given.splits, given.photos))
    names, pictures = zip(*strange_pictures(), strict=True)
    features = torch.cat([encode_pictures(encoder, [picture], SIDE) for picture in pictures])
    read = of_strange(readers, names, features)
    if given.strange is not None:
        read += of_strange(readers, *embedded(encoder, sorted(given.strange.iterdir())))
    print("\n\n".join([domains, *strange_section(read, 0)]))
    if given.write:
        write_section("known", "\n\n".join([domains, *strange_section(read, LISTED_FROM)]))


if __name__ == "__main__":
    main()
