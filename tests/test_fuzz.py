"""Damaged files of every kind, the same on every run: each reader gives a value or one of our sentences, and soon.

``ICGAN_FUZZ_S=600 pytest -s tests/test_fuzz.py`` continues for so many seconds for each reader, with other damage each
time, and says how many inputs there were, how long the slowest took and what they took of the memory.
"""

import json
import os
import random
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from digit_fakes import write_idx
from strangers_files import chunk, encoded, half_red, strangers_archives, strangers_pictures, with_chunk
from test_weights_bank_file import written
from training_sets import png, write_zip

from icgan_demo.errors import DemoError
from icgan_demo.guards.archive import read_archive, survey_archive
from icgan_demo.guards.dataset_json import read_dataset_labels
from icgan_demo.guards.idx_file import read_images
from icgan_demo.guards.labels import labels_of
from icgan_demo.guards.name_encoding import decode_name, guess_encoding
from icgan_demo.guards.picture import PictureLimits, read_picture
from icgan_demo.guards.png_text import read_png_text
from icgan_demo.service.recipes.recipe import NeighboursRecipe, RecipeModel, read_recipe
from icgan_demo.service.recipes.recipe_values import pack
from icgan_demo.weights.bank_file import read_bank

SECONDS = float(os.environ.get("ICGAN_FUZZ_S", "0"))
INPUTS = 300
"""Of each reader in an ordinary run."""
HANG_S = 5.0
"""Of processor time: the machine may have other work."""
LONG_JSON = 20_000
"""Characters of a list that is not repeated any more; a hundred times as much is twice what any reader takes."""
GROWTH_MB = 400
"""What a process may grow by over all inputs; single large pictures may take 200 MB."""
ODD_VALUES = (
    None, True, -1, 0, 1 << 31, 1 << 63, 10**400, float("nan"), float("inf"), 1e308, -0.0, "", "\0", "\ud800", "\u202e",
    "../..", "<img src=x>", "A" * 5000, "AAAA", [], {}, [[]], {"": {}}, [[0, 1]] * 50,
)  # fmt: skip
ODD_NAMES = (
    "..", "/", "\\", "C:", "\n", "\x1b", "\u202e", "\u200d", "e\u0301", "🍎", ".", " ", "x" * 300, "a/" * 60, ".zip",
)  # fmt: skip

Mutate = Callable[[bytes, random.Random, list[bytes]], bytes]


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


def resealed(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """Return a damaged PNG whose checksums fit again, so that what lies behind them is read."""
    damaged = mutated(data, source, others)
    position, parts = 8, [damaged[:8]]
    while (head := damaged[position : position + 8]) and len(head) == 8:
        length = int.from_bytes(head[:4], "big")
        content = damaged[position + 8 : position + 8 + length]
        parts.append(chunk(head[4:], content))
        position += 12 + length
    return b"".join(parts)


def bytes_or_checksums(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """Return damaged bytes; of every other PNG those whose checksums fit."""
    is_resealed = data.startswith(b"\x89PNG") and source.random() < 0.5
    return (resealed if is_resealed else mutated)(data, source, others)


def json_mutated(data: bytes, source: random.Random, others: list[bytes]) -> bytes:
    """Return JSON with values exchanged for odd ones, left out, repeated or put deep into lists; or damaged bytes."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return mutated(data, source, others)
    if source.random() < 0.3:
        return mutated(data, source, others)
    try:
        for _ in range(source.choice((1, 1, 2, 5))):
            values = _changed(values, source)
        return json.dumps(values).encode()
    except RecursionError:  # deeper than this writes; what is deeper yet comes as bytes
        return b"[" * source.choice((2_000, 200_000))


def _changed(value: object, source: random.Random) -> object:
    if isinstance(value, (dict, list)) and value and source.random() < 0.8:
        copy = value.copy()
        key = source.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
        match source.randrange(8):
            case 0:
                del copy[key]
            case 1 if isinstance(copy, list):
                # Not of what is long already: lists of lists of lists would fill the memory before a reader sees them.
                copy *= source.choice((2, 100)) if len(json.dumps(copy)) < LONG_JSON else 1
            case 1:
                copy[source.choice(("<b>", "__class__", "", "\0", "k" * 5000))] = copy[key]
            case _:
                copy[key] = _changed(copy[key], source)
        return copy
    if source.random() < 0.05:
        for _ in range(source.choice((3, 500))):
            value = [value]
        return value
    return source.choice(ODD_VALUES)


def tried(name: str, seeds: list[bytes], read: Callable[[bytes], object], mutate: Mutate = mutated) -> int:
    """Feed damaged seeds to a reader; returns how many. The name and the number of an input make it again."""
    run = "" if not SECONDS else f"/{time.time_ns()}"
    until = time.monotonic() + SECONDS
    before = _peak_mb(forget=True)
    count, slowest, found = 0, 0.0, []
    while count < INPUTS or time.monotonic() < until:
        source = random.Random(f"{name}{run}/{count}")
        data = mutate(source.choice(seeds), source, seeds)
        started = time.process_time()
        if problem := problem_with(read, data):
            found.append(f"{name}{run}/{count}: {problem}")
        took = time.process_time() - started
        if took > HANG_S:
            found.append(f"{name}{run}/{count} took {took:.1f} s")
        slowest = max(slowest, took)
        count += 1
    growth = _peak_mb() - before
    print(f"{name}: {count} inputs, {len(found)} problems, slowest {slowest:.2f} s, {growth:.0f} MB more at most")
    assert not found, "\n".join(found[:20])
    assert growth < GROWTH_MB
    return count


def problem_with(read: Callable[[bytes], object], data: bytes) -> str:
    """Return what a reader did wrong, nothing if it gave a value or one of our sentences."""
    try:
        read(data)
    except DemoError as error:
        sentence = str(error)
        return "" if sentence.endswith((".", "?", ")")) and "\n" not in sentence else f"no sentence: {sentence!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.300}"
    return ""


def _peak_mb(forget: bool = False) -> float:
    """Return the most memory that the process has had, of late if what was before shall be forgotten."""
    if forget and Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")
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
    assert tried("pictures", seeds, read_picture, bytes_or_checksums) >= INPUTS


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


def test_members_of_archives(tmp_path):
    """What lies in an archive whose checksums fit: odd names, damaged pictures and lists of labels."""
    path, archives = tmp_path / "a.zip", strangers_archives()
    pictures = [file.content for file in strangers_pictures() if 10 < len(file.content) < 20_000]

    def mutate(data, source, others):
        members = {}
        for name, content in archives[int.from_bytes(data)].members.items():
            if source.random() < 0.3:
                at = source.randrange(len(name) + 1)
                name = name[:at] + source.choice(ODD_NAMES) + name[at:]
            if source.random() < 0.3:
                change = json_mutated if name.endswith(".json") else bytes_or_checksums
                content = change(content or b"x", source, pictures)
            members[name] = content
        return _zip_of(path, members)

    def read(data):
        path.write_bytes(data)
        survey = survey_archive(path)
        found = list(read_archive(path))
        assert len(found) <= survey.files
        assert all(picture.label == " ".join(picture.label.split()) for picture in found)

    seeds = [number.to_bytes() for number in range(len(archives))]
    assert tried("members", seeds, read, mutate) >= INPUTS


def _zip_of(path: Path, members: dict[str, bytes]) -> bytes:
    with warnings.catch_warnings(action="ignore"):  # of names that come twice
        return write_zip(path, members).read_bytes()


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
    assert tried("recipes", seeds, lambda data: read_recipe(data).request(), json_mutated) >= INPUTS


def test_listings_of_labels():
    seeds = [json.dumps({"labels": [["a/1.png", 3], ["b/2.png", "x"]]}).encode(), b'{"labels": null}', b"[" * 2000]

    def read(data):
        labels = read_dataset_labels(data)
        assert labels is None or all(isinstance(label, str) for label in labels.values())

    assert tried("listings", seeds, read, json_mutated) >= INPUTS


def test_banks(tmp_path):
    path = tmp_path / "bank.safetensors"

    def read(data):
        path.write_bytes(data)
        bank = read_bank(path)
        assert len(bank.features) == len(bank.labels)

    assert tried("banks", [written(path).read_bytes()], read) >= INPUTS


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files(tmp_path, suffix):
    path = tmp_path / f"images{suffix}"
    write_idx(np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28), path)

    def read(data):
        path.write_bytes(data)
        assert read_images(path).ndim == 3

    assert tried(f"idx{suffix}", [path.read_bytes()], read) >= INPUTS


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
