"""Damaged files of every kind, the same on every run: each reader gives a value or one of our sentences, and soon.

``ICGAN_FUZZ_S=3600 pytest tests/test_fuzz.py`` continues for so many seconds for each reader, with other damage each
time.
"""

import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from strangers_files import encoded, half_red, strangers_archives, strangers_pictures, with_chunk
from training_sets import png, write_zip

from icgan_demo.errors import DemoError
from icgan_demo.guards.archive import read_archive, survey_archive
from icgan_demo.guards.dataset_json import read_dataset_labels
from icgan_demo.guards.labels import labels_of
from icgan_demo.guards.name_encoding import decode_name, guess_encoding
from icgan_demo.guards.picture import PictureLimits, read_picture
from icgan_demo.guards.png_text import read_png_text
from icgan_demo.service.recipes.recipe import NeighboursRecipe, RecipeModel, read_recipe
from icgan_demo.service.recipes.recipe_values import pack

SECONDS = float(os.environ.get("ICGAN_FUZZ_S", "0"))
INPUTS = 300
"""Of each reader in an ordinary run."""
HANG_S = 5.0
GROWTH_MB = 400
"""What a process may grow by over all inputs; single large pictures may take 200 MB."""


def mutated(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """Return damaged bytes: some flipped, cut, repeated, exchanged for edge values, or joined with another file."""
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 2, 4, 16))):
        at = source.randrange(len(changed) + 1)
        match source.randrange(7):
            case 0 | 1:
                if at < len(changed):
                    changed[at] = source.randrange(256)
            case 2:
                edge = source.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\1"))
                changed[at : at + len(edge)] = edge
            case 3:
                del changed[at : at + source.choice((1, 4, 100, 10_000))]
            case 4:
                piece = bytes(changed[at : at + source.choice((1, 8, 200))])
                changed[at:at] = piece * source.choice((1, 2, 50))
            case 5:
                changed[at:at] = source.randbytes(source.choice((1, 8, 200)))
            case 6:
                other = source.choice(others)
                start = source.randrange(len(other))
                changed[at:at] = other[start : start + source.choice((16, 400))]
        if not changed:
            changed = bytearray(b"x")
    return bytes(changed)


def tried(name: str, seeds: list[bytes], read: Callable[[bytes], object]) -> int:
    """Feed damaged seeds to a reader; returns how many. The name and the number of an input make it again."""
    run = "" if not SECONDS else f"/{time.time_ns()}"
    until = time.monotonic() + SECONDS
    before = _peak_mb()
    count = 0
    while count < INPUTS or time.monotonic() < until:
        source = random.Random(f"{name}{run}/{count}")
        data = mutated(source.choice(seeds), source, seeds)
        started = time.monotonic()
        try:
            read(data)
        except DemoError as error:
            sentence = str(error)
            assert sentence.endswith((".", ")")), f"{name}{run}/{count}: {sentence!r}"
            assert "\n" not in sentence
        except Exception as error:
            raise AssertionError(f"{name}{run}/{count}: {type(error).__name__}: {error}") from error
        assert time.monotonic() - started < HANG_S, f"{name}{run}/{count} took too long"
        count += 1
    assert _peak_mb() - before < GROWTH_MB
    print(f"{name}: {count} inputs")
    return count


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found.group(1)) / 1024 if found else 0.0


def a_recipe() -> bytes:
    feature = np.zeros(8, np.float32)
    feature[0] = 1
    recipe = NeighboursRecipe(model=RecipeModel("m", ""), feature=pack(feature), count=1, seed=1, truncation=0.5)
    return recipe.to_json().encode()


def test_pictures():
    seeds = [file.content for file in strangers_pictures() if 10 < len(file.content) < 20_000]
    assert tried("pictures", seeds, read_picture) >= INPUTS


def test_archives(tmp_path):
    path = tmp_path / "a.zip"
    seeds = [write_zip(path, file.members).read_bytes() for file in strangers_archives()]
    small = PictureLimits(max_pixels=1_000_000, max_jpeg_pixels=1_000_000)

    def read(data):
        path.write_bytes(data)
        survey_archive(path)
        for picture in read_archive(path, picture_limits=small):
            assert "/" not in picture.reason

    assert tried("archives", seeds, read) >= INPUTS


def test_texts_of_png_files(tmp_path):
    path = tmp_path / "a.png"
    seeds = [with_chunk(png(1), b"iTXt", b"recipe\0\0\0\0\0" + a_recipe()), with_chunk(png(1), b"tEXt", b"recipe\0x")]

    def read(data):
        path.write_bytes(data)
        read_png_text(path, "recipe", 1 << 20)

    assert tried("texts", seeds, read) >= INPUTS


def test_recipes():
    blend = {"schema": 1, "kind": "blend", "model": {"name": "m", "generator_sha256": ""}, "features": [], "seeds": [1]}
    travel = {**blend, "kind": "travel", "stops": [], "frames_per_leg": 2, "loop": True, "smooth": True}
    seeds = [a_recipe(), json.dumps(blend).encode(), json.dumps(travel).encode(), b"[" * 2000, b'{"schema": 1e999}']
    assert tried("recipes", seeds, lambda data: read_recipe(data).request()) >= INPUTS


def test_listings_of_labels():
    seeds = [json.dumps({"labels": [["a/1.png", 3], ["b/2.png", "x"]]}).encode(), b'{"labels": null}', b"[" * 2000]

    def read(data):
        labels = read_dataset_labels(data)
        assert labels is None or all(isinstance(label, str) for label in labels.values())

    assert tried("listings", seeds, read) >= INPUTS


def test_names(tmp_path):
    seeds = [
        text.encode(key) for key, text in (("cp949", "사과/배.png"), ("cp932", "りんご/1.png"), ("utf-8", "a/🍎/1"))
    ]

    def read(data):
        names = data.split(b"\0")
        encoding = guess_encoding(names)
        paths = [decode_name(name, encoding) for name in names]
        for label in labels_of(paths):
            for part in label.split("/"):
                (tmp_path / f"_{part}").mkdir(exist_ok=True)  # it is safe as a name
                assert part not in (".", "..")
                assert not set(part) & set('<>:"\\|?*\0')

    assert tried("names", seeds, read) >= INPUTS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_undamaged_seeds_are_read(kind):
    assert read_picture(encoded(half_red(), kind)).picture.size == (60, 40)
