"""Which photos train and which evaluate, as plain image folders, for every domain of the bundled models.

``python -m benchmarks.splits DATA OUT`` copies from ``DATA`` to ``OUT/DOMAIN/train`` and ``OUT/DOMAIN/evaluation``, one
folder per class, for as many of these as ``DATA`` has the photos of:

- ``produce``: fruit and vegetables of ``grocery``, the Grocery Store Dataset (Klasson et al. 2019). The last
  floor(n / 3) photos by file name of each class's ``test`` folder evaluate (series of one shelf stay on one side), all
  others train.
- ``packages``: its cartons of milk, juice and yoghurt, split alike; no bundled model learns them.
- ``clothing``: ``clothing``, Grigorev's clothing dataset (CC0). A photo evaluates where the SHA-256 of its file name,
  as a number, leaves a remainder below 15 when divided by 100: about 15 in 100 do, whatever other photos there are.
- ``natural``: ``natural50.zip``, 50 ImageNet classes at 64 px; its ``val`` evaluates, its ``train`` trains.
- ``everyday``: produce and clothing together.

A copy keeps the time of its original, so that copying again leaves decoded caches valid.
"""

import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path, PurePosixPath

PARTS = ("train", "evaluation")
EVALUATED_PERCENT = 15
"""Of the photos of clothing."""


def grocery(folder: Path, out: Path, kinds: tuple[str, ...]) -> None:
    """Copy the photos of some kinds of grocery; a photo's name begins with the part that it was published in."""
    for published in ("train", "val", "test"):
        for kind in kinds:
            for source in sorted({path.parent for path in (folder / published / kind).rglob("*.jpg")}):
                photos = sorted(source.glob("*.jpg"))
                first_held = len(photos) - (len(photos) // 3 if published == "test" else 0)
                for index, photo in enumerate(photos):
                    copy(photo, out / PARTS[index >= first_held] / source.name / f"{published}_{photo.name}")


def clothing(folder: Path, out: Path) -> None:
    """Copy clothing, split by the hash of the file name."""
    for photo in sorted(folder.glob("*/*.jpg")):
        copy(photo, out / PARTS[evaluates(photo.name)] / photo.parent.name / photo.name)


def evaluates(name: str) -> bool:
    """Say whether the photo of clothing with this file name is in the evaluation part."""
    return int(sha256(name.encode()).hexdigest(), 16) % 100 < EVALUATED_PERCENT


def natural(archive: Path, out: Path) -> None:
    """Unpack the photos of ``natural50.zip``; members are ``natural50/{train,val}/CLASS/FILE``."""
    part_of = {"train": "train", "val": "evaluation"}
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            name = PurePosixPath(member.filename)
            if name.suffix.lower() != ".jpeg":
                continue
            _, published, kind, photo = name.parts
            target = out / part_of[published] / class_name(kind) / photo
            assert target.resolve().is_relative_to(out.resolve()), member.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(member))
            os.utime(target, (0, 0))  # the same every time; the archive's own times depend on the time zone


def class_name(folder: str) -> str:
    """Return what a class is called on the page: ``African_elephant`` is "African elephant"."""
    return folder[:1].upper() + folder[1:].replace("_", " ")


def join(sources: tuple[Path, ...], out: Path) -> None:
    """Link the photos of several domains beside each other; their classes must have different names."""
    for part in PARTS:
        seen: set[str] = set()
        for source in sources:
            names = {folder.name for folder in (source / part).iterdir()}
            assert not seen & names, f"{seen & names} are classes of more than one domain"
            seen |= names
            for photo in sorted((source / part).rglob("*.jpg")):
                target = out / photo.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                target.hardlink_to(photo)


def copy(photo: Path, target: Path) -> None:
    """Copy a photo with its time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(photo, target)
    shutil.copystat(photo, target)
    target.chmod(0o644)  # the original may be read-only


SOURCES: dict[str, tuple[str, Callable[[Path, Path], None]]] = {
    "produce": ("grocery", partial(grocery, kinds=("Fruit", "Vegetables"))),
    "packages": ("grocery", partial(grocery, kinds=("Packages",))),
    "clothing": ("clothing", clothing),
    "natural": ("natural50.zip", natural),
}
TOGETHER = {"everyday": ("produce", "clothing")}
"""Domains that are made of others."""


def split(data: Path, out: Path) -> None:
    """Write both parts of every domain whose photos are in ``data``."""
    for domain, (source, take) in SOURCES.items():
        if (data / source).exists():
            take(data / source, out / domain)
    for domain, members in TOGETHER.items():
        if all((out / member).exists() for member in members):
            join(tuple(out / member for member in members), out / domain)


def main() -> None:
    """Write the splits and print the number of photos in each."""
    out = Path(sys.argv[2])
    split(Path(sys.argv[1]), out)
    for domain in sorted(out.iterdir()):
        for part in PARTS:
            classes = sorted((domain / part).iterdir())
            photos = sum(len(list(folder.iterdir())) for folder in classes)
            print(f"{domain.name:9s} {part:11s} {len(classes):3d} classes {photos:6d} photos")


if __name__ == "__main__":
    main()
