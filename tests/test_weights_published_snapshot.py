import io
import os
import pickle
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from official_files import write_archive
from snapshot_files import (
    STYLE_NAME,
    init_kwargs,
    module_of,
    pickled,
    snapshot_of,
    style_network,
    style_tensors,
    tiny_style_config,
    write_snapshot,
)

from icgan_demo.config import Precision
from icgan_demo.errors import WeightsError
from icgan_demo.inference.loading import load_model, load_network
from icgan_demo.models.stylegan2_generator import StyleGan2Generator
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.published import official, snapshot
from icgan_demo.weights.published.catalogue import PUBLISHED, STYLEGAN2
from icgan_demo.weights.published.conversion import convert, convert_apart
from icgan_demo.weights.published.official import convert_official, read_official
from icgan_demo.weights.published.snapshot import SNAPSHOT, read_snapshot

GOLDEN = sorted((Path(__file__).parents[1].parent / "shared" / "golden").glob("*.pkl"))
needs_golden = pytest.mark.skipif(not GOLDEN, reason="the golden files of ../shared/golden are not here")
CONFIG = tiny_style_config()


def read(content):
    return read_snapshot(io.BytesIO(content), "x.pkl", len(content))


def refusal(content):
    """What is said about a file that is refused, in one line."""
    with pytest.raises(WeightsError) as caught:
        read(content)
    sentence = str(caught.value)
    assert sentence.startswith("x.pkl ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@needs_golden
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_snapshots_draw_what_the_original_code_drew(path):
    with path.open("rb") as stream:
        config, tensors = read_snapshot(stream, path.name, path.stat().st_size)
    with torch.device("meta"):
        network = StyleGan2Generator(config)
    network.load_state_dict(tensors, assign=True)
    expected = np.load(path.with_suffix(".npz"))
    z, h = (torch.from_numpy(expected[key]) for key in "zh")
    with torch.inference_mode():
        for psi, w, images in zip((1.0, 0.7), expected["w"], expected["images"], strict=True):
            styles = network.eval().styles(z, network.condition(h), psi)
            assert np.abs(styles[0].numpy() - w[:, 0]).max() <= 1e-5
            assert np.abs(network.synthesis(styles).numpy() - images).max() <= 1e-5


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_snapshot_of_any_protocol_gives_back_settings_and_tensors(protocol):
    config, tensors = read(pickled(snapshot_of(CONFIG), protocol))
    assert config == CONFIG
    expected = style_network(CONFIG).state_dict()
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[key], value) for key, value in expected.items())


def test_a_generator_without_a_limit_on_its_maps_is_read_as_such():
    config = tiny_style_config(clamp=0.0)
    assert read(pickled(snapshot_of(config)))[0] == config


def test_the_source_text_is_neither_run_nor_kept(tmp_path):
    canary = tmp_path / "canary"
    source = f"SECRET = 1\nopen({str(canary)!r}, 'w')"
    before = set(sys.modules)
    result = read(pickled(snapshot_of(CONFIG, source=source)))
    assert not canary.exists()
    assert set(sys.modules) - before == set()
    assert "SECRET" not in repr(result)


class Gadget:
    """Pickles as a call of ``function``."""

    def __init__(self, function, *arguments, state=None):
        self.call = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.call


def gadgets(canary):
    return {
        "system": Gadget(os.system, f"touch {canary}"),
        "exec": Gadget(exec, f"open({str(canary)!r}, 'w')"),
        "eval": Gadget(eval, f"open({str(canary)!r}, 'w')"),
        "open": Gadget(open, str(canary), "w"),
        "getattr": Gadget(getattr, Gadget(__import__, "os"), "system"),
        "unsafe load": Gadget(torch.storage._load_from_bytes, pickle.dumps(Gadget(os.system, f"touch {canary}"))),
        "nested torch file": Gadget(pickle.loads, pickle.dumps(Gadget(os.system, f"touch {canary}"))),
    }


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("gadget", gadgets(""))
@pytest.mark.parametrize("place", ["top", "other network", "tensor", "attribute", "setting", "alone"])
def test_code_in_a_snapshot_is_refused_and_never_runs(tmp_path, gadget, place, protocol):
    canary = tmp_path / "canary"
    hostile = gadgets(canary)[gadget]
    contents = {
        "top": lambda: snapshot_of(CONFIG, augment_pipe=hostile),
        "other network": lambda: snapshot_of(CONFIG, D=module_of({"b4.weight": hostile})),
        "tensor": lambda: snapshot_of(CONFIG, {**style_tensors(CONFIG), "mapping.w_avg": hostile}),
        "attribute": lambda: snapshot_of(CONFIG, G_ema=module_of({}, _init_kwargs=hostile)),
        "setting": lambda: snapshot_of(CONFIG, kwargs={**init_kwargs(CONFIG), "z_dim": hostile}),
        "alone": lambda: hostile,
    }
    content = pickled(contents[place](), protocol)
    if gadget == "unsafe load" and place in ("top", "other network"):
        read(content)  # numbers that nobody asks for stay bytes
    else:
        assert "code" in refusal(content) or gadget == "unsafe load"
    assert not canary.exists()


def test_a_call_of_something_that_is_no_function_is_refused():
    assert "incomplete or damaged" in refusal(b"\x80\x04]\x85R.")


def test_a_call_on_other_arguments_than_published_ones_is_refused():
    for call in (b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n", b"ctorch._utils\n_rebuild_tensor_v2\n"):
        assert "x.pkl " in refusal(b"\x80\x02" + call + b"]\x85R.")
    whole = pickled(snapshot_of(CONFIG, G_ema=Gadget(torch.storage._load_from_bytes, "text")))
    assert "holds a tensor without numbers" in refusal(whole)


@pytest.mark.parametrize(
    "step",
    [
        b"(cos\nsystem\nX\x04\x00\x00\x00trueo.",  # OBJ
        b"(X\x04\x00\x00\x00trueios\nsystem\n.",  # INST
        b"\x82\x01.",  # EXT1
        b"P0\n.",  # PERSID
        b"}(K\x01K\x02u\x92.",  # NEWOBJ_EX
        b"\x96\x01\x00\x00\x00\x00\x00\x00\x00x.",  # BYTEARRAY8
    ],
)
def test_steps_that_no_snapshot_has_are_refused_by_name(step):
    assert "contains a step that no network snapshot has" in refusal(b"\x80\x04" + step)


def test_what_a_file_does_to_a_stand_in_does_not_outlast_it():
    """A step of a pickle can set attributes of what it finds, here the defaults of a function."""
    name = b"ctorch._utils\n_rebuild_parameter\n"
    refusal(b"\x80\x02" + name + b"N}X\x0c\x00\x00\x00__defaults__K\x01\x85s\x86b.")
    assert read(pickled(snapshot_of(CONFIG)))[0] == CONFIG
    fresh = snapshot._stand_ins()["torch._utils", "_rebuild_parameter"]
    assert fresh.__defaults__ is None
    refusal(b"\x80\x02ccollections\nOrderedDict\nN}X\x03\x00\x00\x00getK\x01s\x86b.")
    assert {}.get(1) is None


def test_a_name_that_a_torch_file_may_use_is_refused_inside_a_tensor():
    nested = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    hostile = nested + b"\x80\x02ctorch\nHalfStorage\n." + pickle.dumps(["0"], 2)
    tensor = Gadget(torch._utils._rebuild_tensor_v2, Gadget(torch.storage._load_from_bytes, hostile), 0, (1,), (1,))
    content = pickled(snapshot_of(CONFIG, {**style_tensors(CONFIG), "mapping.w_avg": tensor}))
    assert refusal(content) == "x.pkl contains code (torch.HalfStorage) and was not loaded."


def changed(name, value):
    return lambda tensors: tensors.__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("mapping.w_avg", torch.zeros(13)), "has mapping.w_avg as 13 instead of 12"),
        (changed("mapping.w_avg", torch.full((12,), torch.nan)), "has NaN or infinite values in mapping.w_avg"),
        (changed("mapping.w_avg", torch.zeros(12).half()), "contains code (torch.HalfStorage)"),
        (changed("mapping.w_avg", torch.zeros(24)[:12]), "holds mapping.w_avg with a shape that its numbers do not"),
        (changed("mapping.w_avg", torch.zeros(1).expand(12)), "holds mapping.w_avg with a shape that its numbers do"),
        (changed("mapping.w_avg", "text"), "holds mapping.w_avg, which is not a tensor"),
        (changed("mapping.more", torch.zeros(1)), "holds mapping.more, which its architecture does not have"),
        (changed("synthesis.b8.resample_filter", torch.ones(4, 4)), "has another filter in synthesis.b8.resample_filt"),
        (lambda tensors: tensors.pop("mapping.w_avg"), "lacks mapping.w_avg"),
        (lambda tensors: tensors.pop("synthesis.b16.conv1.weight"), "lacks synthesis.b16.conv1.weight"),
        (lambda tensors: tensors.pop("mapping.embed_feats.weight"), "is a generator without instance conditioning"),
    ],
)
def test_the_first_difference_is_named(change, message):
    tensors = style_tensors(CONFIG)
    change(tensors)
    assert message in refusal(pickled(snapshot_of(CONFIG, tensors)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c_dim": 10}, "is a generator with classes or other colours"),
        ({"img_resolution": 33}, "is not a generator this program can build: resolution must be a power of two"),
        ({"img_resolution": 1 << 60}, "does not tell the size of its images"),
        ({"img_resolution": "64"}, "does not tell the size of its images"),
        ({"z_dim": "10"}, "is not a generator this program can build"),
        ({"w_dim": 10**9}, "instead of 1000000000"),
        ({"mapping_kwargs": {"num_layers": 10**9}}, "is not a generator this program can build"),
        ({"mapping_kwargs": {"num_layers": 2, "lr_multiplier": 1}}, "setting lr_multiplier, which no published model"),
        ({"synthesis_kwargs": {"architecture": "resnet"}}, "setting architecture, which no published model has"),
        ({"synthesis_kwargs": {"conv_clamp": float("nan")}}, "clamp must be 0 or a positive number"),
        ({"synthesis_kwargs": 3}, "does not tell how its generator was built"),
    ],
)
def test_settings_that_no_published_model_has_are_refused(changes, message):
    assert message in refusal(pickled(snapshot_of(CONFIG, kwargs={**init_kwargs(CONFIG), **changes})))


def test_something_else_than_a_snapshot_is_named_so():
    assert "is not a network snapshot" in refusal(b"")
    assert "is not a network snapshot" in refusal(b"<html>")
    assert "holds no generator named G_ema" in refusal(pickle.dumps([1, 2]))
    assert "holds no generator named G_ema" in refusal(pickle.dumps({"G_ema": 3}))
    loop = {}
    loop["G_ema"] = module_of({})
    loop["G_ema"].parts["state"]["_modules"]["self"] = {}
    assert "holds something else than a network module at self" in refusal(pickled(loop))


def test_a_cut_snapshot_is_refused_wherever_it_ends():
    content = pickled(snapshot_of(CONFIG))
    for end in range(1, len(content), len(content) // 40):
        assert "incomplete or damaged" in refusal(content[:end])


def test_an_endless_or_boundless_snapshot_is_refused_without_taking_memory(monkeypatch):
    monkeypatch.setattr(snapshot, "MAX_OPCODES", 50_000)
    remembered = b"\x80\x04N" + b"r\xff\xff\xff\x7f."  # remember one thing as number 2,147,483,647
    claimed = b"\x80\x04\x8e" + (1 << 60).to_bytes(8, "little") + b"abc."  # a billion gigabytes follow
    tracemalloc.start()
    assert "is longer than any network snapshot" in refusal(b"\x80\x04" + b"]" * 60_000)
    assert "is longer than any network snapshot" in refusal(remembered)
    assert "incomplete or damaged" in refusal(claimed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_more_modules_than_any_generator_has_are_refused(monkeypatch):
    monkeypatch.setattr(snapshot, "MAX_MODULES", 5)
    assert "holds more network modules than any generator" in refusal(pickled(snapshot_of(CONFIG)))


def test_one_storage_cannot_stand_for_many_tensors():
    shared = torch.zeros(100_000)
    tensors = {f"mapping.t{number}": shared for number in range(50)}
    assert "claims more numbers than it holds" in refusal(pickled(snapshot_of(CONFIG, tensors)))


def test_a_storage_must_hold_as_many_numbers_as_it_claims():
    content = pickled(snapshot_of(CONFIG))
    count = (12).to_bytes(8, "little") + style_tensors(CONFIG)["mapping.w_avg"].numpy().tobytes()
    assert content.count(count) == 1
    lying = content.replace(count, (13).to_bytes(8, "little") + count[8:])
    assert "claims more or fewer numbers than there are" in refusal(lying)


@needs_golden
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_snapshots_once_imported_draw_the_same_as_the_page_does(path, tmp_path):
    """Through the converted folder and the prepared generator, cut where a picture's colours end."""
    name = convert_official(path, tmp_path)
    model = load_model(name, [tmp_path], Precision.FLOAT32)
    expected = np.load(path.with_suffix(".npz"))
    z, h = (torch.from_numpy(expected[key]) for key in "zh")
    for psi, images in zip((1.0, 0.7), expected["images"], strict=True):
        assert np.abs(model.draw(z, h, truncation=psi).numpy() - images.clip(-1, 1)).max() <= 1e-4


@needs_golden
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_snapshots_drawn_in_bfloat16_stay_as_near_as_the_original_in_half_precision(path, tmp_path):
    """Both are rounded; ours keeps fewer digits, of which the picture shows little."""
    model = load_model(convert_official(path, tmp_path), [tmp_path], Precision.BFLOAT16)
    expected = np.load(path.with_suffix(".npz"))
    z, h = (torch.from_numpy(expected[key]) for key in "zh")
    levels = np.abs(model.draw(z, h).numpy() - expected["images"][0].clip(-1, 1)) * 127.5
    assert levels.mean() < 1


@pytest.mark.parametrize("name", STYLEGAN2)
def test_full_width_snapshots_have_the_architecture_that_the_list_says(name):
    config = STYLEGAN2[name].generator
    assert (config.style_dim, config.noise_dim, config.feature_dim, config.mapping_layers) == (512, 512, 2048, 2)
    assert config.widths[:5] == (512, 512, 512, 512, 256)
    assert config.widths[-1] == 16384 // config.resolution


@pytest.fixture
def archive(tmp_path):
    return write_archive(tmp_path / f"{STYLE_NAME}.tar.gz", {SNAPSHOT: pickled(snapshot_of(CONFIG))}, STYLE_NAME)


def test_a_converted_snapshot_has_a_card_and_the_same_tensors(archive, tmp_path):
    models = tmp_path / "models"
    assert convert(archive, models) == f"{STYLE_NAME} is ready."
    card = read_card(models / STYLE_NAME)
    assert (card.name, card.title, card.generator) == (STYLE_NAME, PUBLISHED[STYLE_NAME].title, CONFIG)
    assert (card.licence.name, card.encoder["kind"], card.class_names) == ("CC BY-NC 4.0", "resnet50-swav", ())
    assert "COCO-Stuff" in card.data
    written = load_network(card, models / STYLE_NAME).state_dict()
    assert all(torch.equal(written[key], value) for key, value in style_network(CONFIG).state_dict().items())
    assert sorted(path.name for path in models.iterdir()) == [STYLE_NAME]
    assert b"nothing" not in b"".join(path.read_bytes() for path in (models / STYLE_NAME).iterdir())  # no source text


def test_archive_folder_and_lone_file_are_the_same_model(archive, tmp_path):
    folder = tmp_path / "there" / STYLE_NAME
    folder.mkdir(parents=True)
    write_snapshot(folder / SNAPSHOT)
    lone = write_snapshot(tmp_path / "mine.pkl")
    found = [read_official(path) for path in (archive, folder, lone)]
    assert [model.name for model in found] == [STYLE_NAME, STYLE_NAME, "mine"]
    assert all(model.config == CONFIG for model in found)
    assert convert(folder / SNAPSHOT, tmp_path / "models") == f"{STYLE_NAME} is ready."
    assert convert(lone, tmp_path / "models", name="yours") == "yours is ready."


def test_a_child_process_converts_a_snapshot(tmp_path):
    assert convert_apart(write_snapshot(tmp_path / "mine.pkl"), tmp_path / "models") == "mine is ready."
    assert read_card(tmp_path / "models" / "mine").generator == CONFIG


def test_a_hostile_snapshot_leaves_no_trace(tmp_path):
    """In the child process as well: no file, no folder, one sentence."""
    canary, path, models = tmp_path / "canary", tmp_path / "mine.pkl", tmp_path / "models"
    source = f"open({str(canary)!r}, 'w')"
    path.write_bytes(pickled(snapshot_of(CONFIG, source=source, D=Gadget(os.system, f"touch {canary}"))))
    with pytest.raises(WeightsError, match=r"^mine\.pkl contains code \(posix\.system\) and was not loaded\.$"):
        convert_apart(path, models)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mine.pkl"]


def test_a_full_disk_leaves_no_half_model(archive, tmp_path, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(WeightsError, match="Is the disk full"):
        convert_official(archive, tmp_path / "models")
    assert list((tmp_path / "models").rglob("*")) == []


def test_a_snapshot_above_the_limit_is_not_read(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(official, "MAX_GENERATOR_BYTES", 1000)
    lone = write_snapshot(tmp_path / "mine.pkl")
    for path, label in ((archive, SNAPSHOT), (lone, "mine.pkl")):
        with pytest.raises(WeightsError, match=rf"{label} has .* MB; at most"):
            read_official(path)
