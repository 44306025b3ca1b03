import gc
import os
import shutil
import threading
import weakref

import pytest
from conftest import write_tiny_model

from icgan_demo.errors import RequestError, WeightsError
from icgan_demo.service import model_store as store_module
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.published.catalogue import PUBLISHED

PATIENCE_S = 30


def states(store):
    return {info.name: info.state for info in store.infos()}


def test_an_empty_folder_is_an_empty_list_and_one_sentence(tmp_path):
    store = ModelStore([tmp_path, tmp_path / "absent"])
    assert store.infos() == []
    with pytest.raises(RequestError, match="There is no model on this machine"):
        _ = store.default
    with pytest.raises(RequestError, match="There is no model 'produce64'"):
        store.get("produce64")


def test_a_model_is_available_then_ready(models_folder):
    store = ModelStore([models_folder])
    assert states(store) == {"plain": "available", "tiny": "available"}
    model = store.get("tiny")
    assert states(store)["tiny"] == "ready"
    assert store.get("tiny") is model
    info = next(info for info in store.infos() if info.name == "tiny")
    assert (info.title, info.resolution, info.class_names) == ("Tiny tiny", 32, ("Lemon", "Lime", "Golden apple"))
    assert info.card["files"]["generator.safetensors"]["sha256"]
    assert 0 < info.size_mb < 1


def test_the_better_bundled_model_comes_first(tmp_path):
    for name in ("aardvark", "produce128", "produce64"):
        write_tiny_model(tmp_path / name)
    assert list(states(ModelStore([tmp_path]))) == ["produce128", "produce64", "aardvark"]
    os.remove(tmp_path / "produce128" / "generator.safetensors")
    store = ModelStore([tmp_path])
    assert list(states(store)) == ["produce64", "aardvark", "produce128"]
    assert store.default == "produce64"


@pytest.mark.parametrize("damage", ["missing", "short", "altered"])
def test_damaged_weights_are_listed_and_the_others_still_work(tmp_path, damage):
    write_tiny_model(tmp_path / "bad")
    write_tiny_model(tmp_path / "good")
    path = tmp_path / "bad" / "encoder.safetensors"
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[:-1] if damage == "short" else content[:-1] + b"\x7f")
    store = ModelStore([tmp_path])
    with pytest.raises(WeightsError, match=r"encoder\.safetensors"):
        store.get("bad")
    assert states(store) == {"good": "available", "bad": "unavailable"}
    assert "encoder.safetensors" in store.infos()[-1].message
    assert store.get("good").resolution == 32


def test_a_mended_model_works_without_a_restart(tmp_path):
    write_tiny_model(tmp_path / "tiny")
    path = tmp_path / "tiny" / "generator.safetensors"
    content = path.read_bytes()
    path.unlink()
    store = ModelStore([tmp_path])
    assert states(store) == {"tiny": "unavailable"}
    path.write_bytes(content)
    store.get("tiny")
    assert states(store) == {"tiny": "ready"}


def test_a_model_whose_encoder_is_not_here_says_so_in_the_list(tmp_path):
    write_tiny_model(tmp_path / "published")
    card = tmp_path / "published" / "card.json"
    card.write_text(card.read_text().replace('"bundled"', '"resnet50-swav"'))
    store = ModelStore([tmp_path])
    assert states(store) == {"published": "unavailable"}
    assert "resnet50-swav" in store.infos()[0].message


def test_a_model_is_loaded_once_however_many_ask_at_once(models_folder, monkeypatch):
    opened, may_go_on, callers = [], threading.Event(), []

    def slow_open(found, precision):
        opened.append(found.name)
        may_go_on.wait(PATIENCE_S)
        return object.__new__(Fake)

    monkeypatch.setattr(store_module, "open_model", slow_open)
    store = ModelStore([models_folder])
    results = []
    for _ in range(4):
        callers.append(threading.Thread(target=lambda: results.append(store.get("tiny"))))
        callers[-1].start()
    wait_for(lambda: opened)
    assert states(store) == {"plain": "available", "tiny": "loading"}
    may_go_on.set()
    for caller in callers:
        caller.join(PATIENCE_S)
    assert opened == ["tiny"]
    assert len(results) == 4
    assert len(set(map(id, results))) == 1


def test_a_loaded_model_is_handed_out_while_another_one_loads(models_folder, monkeypatch):
    store = ModelStore([models_folder])
    tiny = store.get("plain")
    started, may_go_on = threading.Event(), threading.Event()

    def slow_open(found, precision):
        started.set()
        may_go_on.wait(PATIENCE_S)
        return object.__new__(Fake)

    monkeypatch.setattr(store_module, "open_model", slow_open)
    loader = threading.Thread(target=store.get, args=["tiny"])
    loader.start()
    assert started.wait(PATIENCE_S)
    assert store.get("plain") is tiny
    may_go_on.set()
    loader.join(PATIENCE_S)


def test_switching_frees_the_last_model_but_keeps_the_default(tmp_path):
    for name in ("produce64", "other", "third"):
        write_tiny_model(tmp_path / name)
    store = ModelStore([tmp_path])
    default = store.get("produce64")
    gone = weakref.ref(store.get("other"))
    store.get("third")
    gc.collect()
    assert gone() is None
    assert store.get("produce64") is default
    assert states(store) == {"produce64": "ready", "other": "available", "third": "ready"}


def test_new_models_appear_after_a_refresh_and_loaded_ones_stay(tmp_path):
    write_tiny_model(tmp_path / "first")
    store = ModelStore([tmp_path])
    model = store.get("first")
    write_tiny_model(tmp_path / "second")
    store.refresh()
    assert states(store) == {"first": "ready", "second": "available"}
    assert store.get("first") is model
    write_tiny_model(tmp_path / "first", seed=9)
    store.refresh()
    assert store.get("first") is not model


def test_published_models_are_offered_until_they_are_here(tmp_path):
    name = "icgan_biggan_imagenet_res64"
    published = [PUBLISHED[name], PUBLISHED["cc_icgan_biggan_imagenet_res64"]]
    store = ModelStore([tmp_path], published)
    assert states(store) == {name: "downloadable", "cc_icgan_biggan_imagenet_res64": "downloadable"}
    assert len(store.infos()[1].class_names) == 1000
    assert "CC BY-NC" in store.infos()[0].licence_note
    with pytest.raises(RequestError, match=f"icgan-demo models download {name}"):
        store.get(name)
    with pytest.raises(RequestError, match="There is no model on this machine"):
        _ = store.default
    write_tiny_model(tmp_path / name)
    store.refresh()
    assert states(store)[name] == "available"


class Fake:
    """Stands for a loaded model."""


def wait_for(condition):
    """Wait until ``condition()``, at most PATIENCE_S seconds."""
    waiter = threading.Event()
    for _ in range(int(PATIENCE_S / 0.01)):
        if condition():
            return
        waiter.wait(0.01)
    raise AssertionError("it did not happen in time")


def test_a_model_that_comes_or_goes_is_noticed_without_being_told(tmp_path):
    models = tmp_path / "models"
    write_tiny_model(models / "first")
    store = ModelStore([models])
    write_tiny_model(tmp_path / "second")
    (tmp_path / "second").rename(models / "second")
    assert len(store.infos()) == 2
    shutil.rmtree(models / "first")
    assert len(store.infos()) == 1


def test_an_unlisted_model_is_known_by_name_alone(tmp_path):
    write_tiny_model(tmp_path / "models" / "open")
    write_tiny_model(tmp_path / "own" / "secret")
    store = ModelStore([tmp_path / "models"], unlisted=[tmp_path / "own"])
    assert [info.name for info in store.infos()] == ["open"]
    assert store.info("secret").state == "available"
    assert store.info("other") is None
    assert store.get("secret").card.name == "secret"
    with pytest.raises(RequestError) as refusal:
        store.get("other")
    assert "secret" not in str(refusal.value)
