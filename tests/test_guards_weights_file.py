"""Every class of bad weights file, built from scratch; after each refusal a good file must still load."""

import gzip
import hashlib
import json
import logging
import os
import pickle
import random
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

from icgan_demo.errors import WeightsError
from icgan_demo.guards import weights_file as guard
from icgan_demo.guards.weights_file import (
    TensorEntry,
    check_safetensors,
    layout_of,
    load_tensors,
    read_header,
    sha256_of,
)


def make_tensors():
    source = torch.Generator().manual_seed(1)
    return {
        "blocks.0.conv1.weight": torch.randn(4, 3, 3, 3, generator=source),
        "blocks.0.bias": torch.randn(4, generator=source).half(),
        "output.weight": torch.randn(3, 4, generator=source).bfloat16(),
        "steps": torch.tensor(7),
        "mask": torch.tensor([True, False, True]),
        "empty": torch.zeros(0, 4),
    }


TENSORS = make_tensors()
LAYOUT = layout_of(TENSORS)
GOOD = save(TENSORS)


def build(header, data=b"", padding=b""):
    """A safetensors file from a header (an object or ready text) and the bytes behind it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += padding
    return struct.pack("<Q", len(text)) + text + data


def entry(shape=(2, 2), dtype="F32", start=0, end=16):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def briefly(value):
    """A test's name for a long parameter."""
    return ascii(value)[:40]


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / "private folder"
    folder.mkdir()
    return folder / "model.safetensors"


def assert_good_still_works(path):
    path.write_bytes(GOOD)
    for name, tensor in load_tensors(path, LAYOUT, hashlib.sha256(GOOD).hexdigest()).items():
        assert torch.equal(tensor, TENSORS[name])


def assert_refused(path, content, sentence, expected=None, sha256=None):
    """Refused by the check and by the load, with the file's name first and its folder nowhere."""
    path.write_bytes(content)
    for refuse in (check_safetensors, load_tensors):
        with pytest.raises(WeightsError) as caught:
            refuse(path, expected, sha256)
        text = str(caught.value)
        assert text.startswith("model.safetensors: ")
        assert re.search(sentence, text), text
        assert "private" not in text
        assert "\n" not in text
    assert_good_still_works(path)


# ----------------------------------------------------------------------------------------------------------- good files


def test_a_good_file_comes_back_bit_for_bit(path):
    assert_good_still_works(path)
    loaded = load_tensors(path, None)
    assert loaded.keys() == TENSORS.keys()
    assert all(loaded[name].dtype == tensor.dtype for name, tensor in TENSORS.items())


def test_the_header_tells_shapes_dtypes_and_places(path):
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(5, dtype=torch.uint8)}, path)
    assert read_header(path) == {"a": TensorEntry((2, 3), "F32", 0, 24), "b": TensorEntry((5,), "U8", 24, 29)}


def test_a_models_own_layout_is_what_is_expected(path):
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    save_file(model.state_dict(), path)
    check_safetensors(path, layout_of(model.state_dict()))


def test_a_file_with_text_metadata_is_accepted(path):
    save_file(TENSORS, path, metadata={"format": "pt", "note": "안녕"})
    assert "__metadata__" not in read_header(path)
    check_safetensors(path, LAYOUT)


def test_a_file_without_tensors_is_sound_but_fits_no_model(path):
    path.write_bytes(build({}))
    assert read_header(path) == {}
    assert_refused(path, build({}), "does not fit", LAYOUT)


@pytest.mark.parametrize("length", [0x0280, 0x0480, 0x8B1F])
def test_a_header_whose_length_looks_like_another_format_is_accepted(path, length):
    """A header of 640 bytes makes a file begin like a pickle, one of 35,615 bytes like a gzip archive."""
    text = json.dumps({"a": entry()}).encode()
    path.write_bytes(build(text, bytes(16), b" " * (length - len(text))))
    assert path.read_bytes()[:2] in (b"\x80\x02", b"\x80\x04", b"\x1f\x8b")
    assert torch.equal(load_tensors(path, {"a": ((2, 2), "F32")})["a"], torch.zeros(2, 2))


def test_a_link_to_a_file_is_followed(path):
    """The Hub's cache consists of links."""
    path.write_bytes(GOOD)
    link = path.with_name("link.safetensors")
    link.symlink_to(path)
    check_safetensors(link, LAYOUT, sha256_of(path))


def test_the_checksum_is_compared_whatever_its_letters(path):
    path.write_bytes(GOOD)
    assert sha256_of(path) == hashlib.sha256(GOOD).hexdigest()
    check_safetensors(path, LAYOUT, sha256_of(path).upper())


# ------------------------------------------------------------------------------------------ missing, not a regular file


def test_a_missing_file_is_named_with_what_to_do(path):
    for call in (lambda: read_header(path), lambda: load_tensors(path, LAYOUT), lambda: check_safetensors(path, None)):
        with pytest.raises(
            WeightsError, match=r"^model\.safetensors: the file is missing\. Download it again or put it"
        ):
            call()
    assert_good_still_works(path)


def test_a_folder_a_pipe_and_a_device_are_refused_without_waiting(path):
    path.mkdir()
    with pytest.raises(WeightsError, match=r"^model\.safetensors: this is not a safetensors file"):
        read_header(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(WeightsError, match=r"^model\.safetensors: this is not a safetensors file"):
        read_header(path)
    path.unlink()
    with pytest.raises(WeightsError, match=r"^zero: this is not a safetensors file"):
        read_header(Path("/dev/zero"))
    assert_good_still_works(path)


def test_paths_that_cannot_be_opened_are_refused_in_our_own_words(path):
    path.symlink_to(path)
    for broken in (path, Path("nul\0byte"), path.with_name("x" * 5000)):
        with pytest.raises(WeightsError, match=r"could not be read \(reference [0-9a-f]{8}\)\. Download it again\.$"):
            read_header(broken)
    path.unlink()
    assert_good_still_works(path)


def test_an_odd_file_name_is_shown_on_one_printable_line(path):
    with pytest.raises(WeightsError, match=r"^two\?lines\?\[31m: the file is missing"):
        read_header(path.with_name("two\nlines\x1b[31m"))


# ------------------------------------------------------------------------------------------------------- something else


@pytest.mark.parametrize(
    "page",
    [b"<!DOCTYPE html><html><body>404", b"\n\n  <html>", b"<!doctype HTML>", b"<?xml version='1.0'?><Error/>"],
    ids=briefly,
)
def test_a_web_page_is_named(path, page):
    assert_refused(path, page + b" " * 600, r": this is a web page, not weights\. Download it again\.$")


def test_a_git_lfs_pointer_is_named(path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123\n"
    assert_refused(path, pointer, "this is a Git LFS pointer, not the weights")


def make_tar():
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("G_ema.pth")
        member.size = 4
        archive.addfile(member, BytesIO(b"code"))
    return stream.getvalue()


def test_archives_are_named_with_the_way_to_import_them(path):
    remedy = r"run `icgan-demo models import` on it first\.$"
    assert_refused(path, gzip.compress(make_tar()), r"this is a \.tar\.gz; " + remedy)
    assert_refused(path, make_tar(), r"this is a \.tar archive; " + remedy)
    stream = BytesIO()
    torch.save(TENSORS, stream)
    assert_refused(path, stream.getvalue(), "this checkpoint may contain code and was not loaded; " + remedy)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w"):
        pass
    assert_refused(path, stream.getvalue(), "may contain code")


class Canary:
    """Unpickling it would create a file."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (self.target,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_every_protocol_are_named_and_never_run(path, protocol):
    canary = path.with_name("canary")
    sentence = r"this checkpoint contains code and was not loaded\."
    assert_refused(path, pickle.dumps(Canary(str(canary)), protocol), sentence)
    assert_refused(path, pickle.dumps({"weights": Canary(str(canary))}, protocol), sentence)
    assert_refused(path, pickle.dumps([1, 2, 3], protocol), sentence)
    assert not canary.exists()


def test_old_torch_files_and_numpy_files_are_named(path):
    stream = BytesIO()
    torch.save(TENSORS, stream, _use_new_zipfile_serialization=False)
    assert_refused(path, stream.getvalue(), "contains code and was not loaded")
    stream = BytesIO()
    np.save(stream, np.zeros(3))
    assert_refused(path, stream.getvalue(), "this is a NumPy file")


@pytest.mark.parametrize(
    "content",
    [b"hello " * 20, b"\0" * 600, b"GGUF" + bytes(60), b"\x89HDF\r\n\x1a\n" + bytes(60)],
    ids=briefly,
)
def test_anything_else_is_not_a_safetensors_file(path, content):
    assert_refused(path, content, r": this is not a safetensors file\. Download it again\.$")


def test_an_empty_or_tiny_file_is_refused(path):
    assert_refused(path, b"", r": the file is empty\. Download it again\.$")
    for size in range(1, 10):
        assert_refused(path, GOOD[:size], r": the checkpoint is incomplete\. Download it again\.$")


# ------------------------------------------------------------------------------------------------------------- checksum


@pytest.mark.parametrize("sha256", ["0" * 64, "", "abc", hashlib.sha256(b"").hexdigest()])
def test_a_wrong_checksum_is_refused(path, sha256):
    assert_refused(path, GOOD, r"^model\.safetensors: checksum mismatch\. Download it again\.$", LAYOUT, sha256)


def test_one_flipped_bit_in_the_values_is_found_by_the_checksum(path):
    altered = GOOD[:-1] + bytes([GOOD[-1] ^ 1])
    assert_refused(path, altered, "checksum mismatch", LAYOUT, hashlib.sha256(GOOD).hexdigest())


# --------------------------------------------------------------------------------------------------------------- header


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_file_cut_short_is_incomplete(path, part):
    cut = GOOD[: max(10, int(len(GOOD) * part))]
    assert_refused(path, cut, r": the checkpoint is incomplete\. Download it again\.$", LAYOUT)


@pytest.mark.parametrize("length", [1_000_001, 2**31, 2**63, 2**64 - 1])
def test_a_header_above_a_megabyte_is_refused_before_it_is_read(path, length):
    assert_refused(path, struct.pack("<Q", length) + b'{"a":1}' + bytes(100), "its header is longer than 1 MB")


def test_a_header_of_the_largest_size_is_still_read(path):
    text = json.dumps({"a": entry()}).encode()
    path.write_bytes(build(text, bytes(16), b" " * (1_000_000 - len(text))))
    assert read_header(path) == {"a": TensorEntry((2, 2), "F32", 0, 16)}


def test_too_many_tensors_are_refused(path):
    header = {f"t{index}": entry((0,), "F32", 0, 0) for index in range(2001)}
    assert_refused(path, build(header), r": it holds 2001 tensors; the limit is 2000\.$")
    header.popitem()
    path.write_bytes(build(header))
    assert len(read_header(path)) == 2000


def test_a_name_given_twice_is_refused(path):
    one = json.dumps(entry())[1:-1]
    text = f'{{"a": {{{one}}}, "a": {{{one}}}}}'
    assert_refused(path, build(text.encode(), bytes(16)), "its header gives one name twice")
    inner = f'{{"a": {{{one}, "dtype": "F32"}}}}'
    assert_refused(path, build(inner.encode(), bytes(16)), "its header gives one name twice")


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F128", "f32", "", "O", "C64", "\x1b[31m"])
def test_an_unknown_number_format_is_refused(path, dtype):
    assert_refused(path, build({"a": entry(dtype=dtype)}, bytes(16)), r": a has the unsupported number format .*\.$")


@pytest.mark.parametrize(
    "header",
    [
        b"{",
        b"{]",
        b'{"a"}',
        b"{\xff\xfe}",
        b"{} {}",
        b'{"a": ' + b"[" * 100_000 + b"}",
        b'{"a":' * 100_000,
        b'{"a": {"dtype": "F32", "shape": [' + b"9" * 10_000 + b'], "data_offsets": [0, 16]}}',
        {"a": 1},
        {"a": None},
        {"a": []},
        {"a": {}},
        {"a": {"dtype": "F32", "shape": [2, 2]}},
        {"a": {**entry(), "extra": 1}},
        {"a": {**entry(), "dtype": ["F32"]}},
        {"a": {**entry(), "shape": "2x2"}},
        {"a": {**entry(), "shape": [2, 2.0]}},
        {"a": {**entry(), "shape": [2, "2"]}},
        {"a": {**entry(), "shape": [-2, -2]}},
        {"a": {**entry(), "shape": [True, 4]}},
        {"a": {**entry(), "shape": [float("nan")]}},
        {"a": {**entry(), "shape": [1] * 9 + [4]}},
        {"a": {**entry(), "data_offsets": [0]}},
        {"a": {**entry(), "data_offsets": [0, 16, 16]}},
        {"a": {**entry(), "data_offsets": [16, 0]}},
        {"a": {**entry(), "data_offsets": [-16, 0]}},
        {"a": {**entry(), "data_offsets": {"0": 16}}},
        {"__metadata__": {"a": 1}, "a": entry()},
        {"__metadata__": "text", "a": entry()},
    ],
    ids=briefly,
)
def test_a_malformed_header_is_damaged(path, header):
    assert_refused(path, build(header, bytes(16)), r": the checkpoint is damaged\. Download it again\.$")


@pytest.mark.parametrize(
    "header",
    [
        {"a": entry((200_000, 200_000))},  # claims 160 GB in 16 bytes
        {"a": entry((2**62, 4))},  # the product overflows 64 bits
        {"a": entry((2, 3))},
        {"a": entry((0,))},
        {"a": entry(dtype="F64")},
    ],
    ids=briefly,
)
def test_a_shape_that_does_not_match_its_bytes_is_damaged(path, header):
    assert_refused(path, build(header, bytes(16)), "the checkpoint is damaged")


@pytest.mark.parametrize(
    "offsets",
    [
        [(0, 16), (0, 16)],  # the same bytes twice
        [(0, 16), (8, 24)],  # overlap
        [(0, 16), (20, 36)],  # a hole
        [(4, 20), (20, 36)],  # does not start at the start
        [(16, 32), (32, 48)],
    ],
)
def test_holes_and_overlaps_between_tensors_are_damaged(path, offsets):
    header = {f"t{index}": entry(start=start, end=end) for index, (start, end) in enumerate(offsets)}
    assert_refused(path, build(header, bytes(max(end for _, end in offsets))), "the checkpoint is damaged")


def test_bytes_behind_the_last_tensor_are_damaged_and_missing_ones_incomplete(path):
    assert_refused(path, build({"a": entry()}, bytes(17)), "the checkpoint is damaged")
    assert_refused(path, GOOD + b"PK\x03\x04" + bytes(100), "the checkpoint is damaged")
    assert_refused(path, build({"a": entry()}, bytes(15)), "the checkpoint is incomplete")


def test_tensors_may_stand_in_any_order_in_the_header(path):
    path.write_bytes(
        build({"b": entry(start=16, end=32), "a": entry(), "none": entry((0,), start=16, end=16)}, bytes(32))
    )
    check_safetensors(path, {"a": ((2, 2), "F32"), "none": ((0,), "F32"), "b": ((2, 2), "F32")})


# -------------------------------------------------------------------------------------------------------- another model


def test_a_wrong_shape_is_named_with_both_shapes(path):
    content = save({"blocks.0.conv1.weight": torch.zeros(64, 64, 3, 3)})
    expected = {"blocks.0.conv1.weight": ((96, 96, 3, 3), "F32")}
    sentence = (
        r"^model\.safetensors: the checkpoint does not fit this model: "
        r"blocks\.0\.conv1\.weight is 64x64x3x3, expected 96x96x3x3\.$"
    )
    assert_refused(path, content, sentence, expected)


def test_the_first_difference_in_the_models_order_is_named(path):
    content = save({"a": torch.zeros(1), "b": torch.zeros(2), "z": torch.zeros(1)})
    assert_refused(path, content, "b is 2, expected 3", {"a": ((1,), "F32"), "b": ((3,), "F32"), "c": ((1,), "F32")})
    assert_refused(path, content, "c is missing", {"a": ((1,), "F32"), "b": ((2,), "F32"), "c": ((1,), "F32")})
    assert_refused(path, content, "z is not part of it", {"a": ((1,), "F32"), "b": ((2,), "F32")})
    assert_refused(path, content, "a is F32, expected F16", {"a": ((1,), "F16")})
    assert_refused(path, content, "a is 1, expected a single number", {"a": ((), "F32")})


def test_a_transposed_or_reshaped_tensor_does_not_fit(path):
    content = save({"a": torch.zeros(2, 3)})
    for shape in ((3, 2), (6,), (2, 3, 1), ()):
        assert_refused(path, content, "does not fit", {"a": (shape, "F32")})


def test_a_hostile_tensor_name_is_shown_short_and_on_one_line(path):
    content = build({"a\n<script>\x1b" + "x" * 5000: entry()}, bytes(16))
    assert_refused(path, content, r"a\?<script>\?x{10,190} is not part of it\.$", {})


# ---------------------------------------------------------------------------------------------------------- bad numbers


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(("value", "word"), [(float("nan"), "NaN"), (float("inf"), "infinite"), (-float("inf"), "inf")])
def test_values_that_are_not_finite_are_refused_by_tensor(path, dtype, value, word):
    tensors = {"input.weight": torch.ones(4), "output.weight": torch.ones(4, 4, dtype=dtype)}
    tensors["output.weight"][2, 3] = value
    path.write_bytes(save(tensors))
    check_safetensors(path, layout_of(tensors))  # a check of the header alone
    with pytest.raises(
        WeightsError, match=rf"^model\.safetensors: the checkpoint has {word}.* values in output\.weight\."
    ):
        load_tensors(path, layout_of(tensors))
    assert_good_still_works(path)


def test_the_largest_finite_values_are_accepted(path):
    tensors = {"a": torch.full((4,), torch.finfo(torch.float32).max), "b": torch.full((2,), 65504.0).half()}
    path.write_bytes(save(tensors))
    assert torch.equal(load_tensors(path, layout_of(tensors))["a"], tensors["a"])


# ----------------------------------------------------------------------------------------------- failures, side effects


def test_a_librarys_own_words_stay_in_the_log(path, monkeypatch, caplog):
    path.write_bytes(GOOD)

    def explode(_: object) -> None:
        raise RuntimeError(f"library wording about {path}")

    monkeypatch.setattr(guard, "load_file", explode)
    caplog.set_level(logging.INFO)
    with pytest.raises(WeightsError, match=r"could not be read \(reference [0-9a-f]{8}\)") as caught:
        load_tensors(path, LAYOUT)
    assert re.search("reference ([0-9a-f]{8})", str(caught.value)).group(1) in caplog.text
    assert "RuntimeError at explode" in caplog.text
    assert "private" not in caplog.messages[0]
    monkeypatch.undo()
    assert_good_still_works(path)


def test_a_check_leaves_the_folder_as_it_was(path):
    path.write_bytes(GOOD)
    load_tensors(path, LAYOUT)
    assert path.read_bytes() == GOOD
    assert list(path.parent.iterdir()) == [path]


def peak_megabytes():
    """Peak memory of this process; the more usual getrusage starts at that of the process that started this one."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of Linux")
def test_headers_that_claim_gigabytes_cost_little_memory(tmp_path):
    """A process of its own, because a peak never falls again; 50 MB is the promise."""
    code = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
import test_guards_weights_file as t
path = Path(sys.argv[1])
t.test_a_name_given_twice_is_refused(path)
before = t.peak_megabytes()
t.assert_refused(path, t.build({"a": t.entry((200_000, 200_000))}, bytes(16)), "damaged")
t.assert_refused(path, t.build({"a": t.entry((100_000, 100_000), end=40_000_000_000)}, bytes(16)), "incomplete")
t.test_too_many_tensors_are_refused(path)
t.test_a_malformed_header_is_damaged(path, b'{"a": ' + b"[" * 100_000 + b"}")
print(t.peak_megabytes() - before)
"""
    folder = tmp_path / "private folder"
    folder.mkdir()
    command = [sys.executable, "-c", code, str(folder / "model.safetensors")]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 50


# -------------------------------------------------------------------------------------------------------------- fuzzing


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_give_finite_tensors_of_the_model_or_a_sentence(path, seed):
    """800 damaged files, the same on every run."""
    generator = random.Random(seed)
    sentences = []
    for _ in range(200):
        data = bytearray(GOOD)
        reach = len(data) if generator.random() < 0.5 else 500  # the header matters most
        for _ in range(generator.choice((1, 1, 2, 8))):
            data[generator.randrange(reach)] = generator.randrange(256)
        if generator.random() < 0.1:
            del data[generator.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            loaded = load_tensors(path, LAYOUT)
        except WeightsError as error:
            sentences.append(str(error))
        else:
            assert layout_of(loaded) == LAYOUT
            assert all(torch.isfinite(tensor).all() for tensor in loaded.values())
    assert len(sentences) > 100
    assert all(text.startswith("model.safetensors: ") and "\n" not in text for text in sentences)
    assert not any("reference" in text for text in sentences), "an unforeseen failure"
    assert_good_still_works(path)


def test_any_flipped_byte_is_found_when_the_checksum_is_known(path):
    generator = random.Random(5)
    sha256 = hashlib.sha256(GOOD).hexdigest()
    for _ in range(200):
        data = bytearray(GOOD)
        data[generator.randrange(len(data))] ^= 1 + generator.randrange(255)
        path.write_bytes(data)
        with pytest.raises(WeightsError):
            load_tensors(path, LAYOUT, sha256)
    assert_good_still_works(path)
