"""The public endpoints, through the real client and a tiny real model: good requests, and every class of bad one."""

import io
import json
import math
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe
from icgan_demo.service.values import Choice, Familiarity


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture(scope="module")
def url(service, tmp_path_factory):
    with open_page(service, tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture(scope="module")
def client(url, tmp_path_factory):
    return Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def generate(client, photo=None, feature=None, **settings):
    given = {"model": "tiny", "label": "", "count": 2, "seed": 0, "truncation": 0.8, "best_of": 1, **settings}
    file = None if photo is None else handle_file(photo)
    return client.predict(photo=file, feature=feature, **given, api_name="/generate")


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"), dtype=int)


def png(width, height):
    """A PNG whose header claims a size and that has no pixels."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def encoded(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


# --- what works ---


def test_models_lists_the_default_first_with_its_licence(client):
    models = client.predict(api_name="/models")
    assert {model["name"] for model in models} == {"tiny", "plain"}
    assert all(model["licence"] == "MIT" and model["resolution"] == 32 for model in models)


def test_labels_are_those_of_the_model_and_empty_without_classes(client):
    assert client.predict(model="tiny", api_name="/labels") == ["Lemon", "Lime", "Golden apple"]
    assert client.predict(model="plain", api_name="/labels") == []


def test_generate_returns_png_files_with_their_recipe(client, photo_path):
    files, recipe = generate(client, photo_path, count=3, seed=7, label="Lime")
    assert len(files) == 3
    assert recipe["seeds"] == [7, 8, 9]
    assert recipe["label"] == "Lime"
    for file, seed in zip(files, recipe["seeds"], strict=True):
        with Image.open(file) as picture:
            assert (picture.format, picture.size) == ("PNG", (32, 32))
            assert json.loads(picture.text["recipe"])["seed"] == seed
            assert "Synthetic" in picture.text["Comment"]


def test_a_seed_draws_the_same_picture_whatever_the_count_and_the_caller(client, service, photo_path):
    many, recipe = generate(client, photo_path, count=5, seed=3)
    [alone], _ = generate(client, photo_path, count=1, seed=5)
    assert np.abs(pixels(alone) - pixels(many[2])).max() <= 1
    *_, samples = service.drawing.samples(read_recipe(json.dumps(recipe)).request())
    assert np.abs(np.asarray(samples[2].picture, dtype=int) - pixels(alone)).max() <= 1


def test_pictures_arrive_while_the_drawing_goes_on(client, photo_path):
    job = client.submit(
        photo=handle_file(photo_path), feature=None, model="tiny", label="", count=9, seed=0, truncation=0.8,
        best_of=1, api_name="/generate",
    )  # fmt: skip
    job.result(timeout=60)
    counts = [len(files) for files, _ in job.outputs()]
    assert counts == sorted(counts)
    assert counts[0] == 1  # what a slow model draws of the rest comes in more answers, a quick one's in one
    assert counts[-1] == 9


def test_truncation_towards_the_nearest_centre_is_asked_for_by_name(client, photo_path):
    _, recipe = client.predict(photo=handle_file(photo_path), count=1, multimodal=True, api_name="/generate")
    assert recipe["schema"] == 4
    assert recipe["centre"]


def test_candidates_are_ranked_by_their_nearness(client, photo_path):
    files, recipe = generate(client, photo_path, count=2, best_of=4)
    assert len(files) == len(recipe["seeds"]) == 2
    assert set(recipe["seeds"]) <= set(range(8))


def test_candidates_are_not_sent_while_they_are_being_ranked(client, photo_path):
    """All files so far with every few of 640 took longer than drawing them, on the thread that answers everybody."""
    job = client.submit(
        photo=handle_file(photo_path), feature=None, model="tiny", label="", count=2, seed=0, truncation=0.8,
        best_of=5, api_name="/generate",
    )  # fmt: skip
    job.result(timeout=60)
    *before, last = [len(files) for files, _ in job.outputs()]
    assert (set(before), last) == ({0}, 2)


def test_auto_names_the_model_that_knows_the_photo_best(client, service, photo_path, monkeypatch):
    familiarities = (Familiarity("plain", 63.9, 0.5), Familiarity("tiny", 4.0, 0.2))
    chosen = replace(service.encode("plain", photo_path), familiarity=familiarities[0])
    monkeypatch.setattr(service, "choose", lambda photo: Choice(familiarities, chosen))
    facts, _ = client.predict(photo=handle_file(photo_path), model="auto", api_name="/encode")
    assert facts["model"] == "plain"
    assert facts["known"] == {"percent": 63, "is_known": True}  # also of a model that cannot say so by itself
    _, recipe = generate(client, photo_path, model="auto", count=1)
    assert recipe["model"]["name"] == "plain"
    with pytest.raises(AppError, match="Automatic chooses by the photo"):
        generate(client, feature=facts["feature"], model="auto")
    assert {model["automatic"] for model in client.predict(api_name="/models")} == {False}


def test_a_feature_from_encode_stands_for_the_photo(client, photo_path):
    facts, crop = client.predict(photo=handle_file(photo_path), model="tiny", api_name="/encode")
    assert math.isclose(np.linalg.norm(facts["feature"]), 1, abs_tol=1e-5)
    assert Image.open(crop).size == (32, 32)
    [from_photo], _ = generate(client, photo_path, count=1)
    [from_feature], _ = generate(client, feature=facts["feature"], count=1)
    assert np.abs(pixels(from_photo) - pixels(from_feature)).max() <= 1
    near = client.predict(photo=None, feature=facts["feature"], model="tiny", count=3, api_name="/neighbours")
    assert [neighbour["cosine"] for neighbour in near] == sorted((n["cosine"] for n in near), reverse=True)
    assert {"row", "label", "cosine"} == set(near[0])


def test_the_default_model_answers_to_an_empty_name(client, photo_path):
    default = client.predict(api_name="/models")[0]["name"]
    assert generate(client, photo_path, model="", count=1)[1]["model"]["name"] == default


def test_a_photo_alone_is_enough(client, photo_path):
    files, recipe = client.predict(photo=handle_file(photo_path), api_name="/generate")
    assert len(files) == 16
    assert (recipe["seed"], recipe["truncation"], recipe["label"], recipe["best_of"]) == (0, 0.8, None, 1)


# --- what is refused, each in one sentence, and the next good request works ---

GOOD = Image.linear_gradient("L").convert("RGB")
JPEG = encoded(GOOD, "JPEG")
BAD_FILES = {
    "empty.png": (b"", "This file is empty."),
    "text.jpg": (b"to be or not to be", "Not an image we can read"),
    "page.png": (b"<!doctype html><script>alert(1)</script>", "Not an image we can read"),
    "vector.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Not an image we can read"),
    "cut.jpg": (JPEG[: len(JPEG) // 2], "incomplete|damaged"),
    "bomb.png": (png(18000, 15000), "too large: 18000x15000"),
    "small.png": (encoded(GOOD.resize((8, 8)), "PNG"), "too small"),
    "narrow.png": (encoded(GOOD.resize((2000, 40)), "PNG"), "narrow"),
    "scan.tiff": (encoded(GOOD, "TIFF"), "TIFF is not supported"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_picture_gets_one_sentence_and_the_next_good_one_works(client, tmp_path, photo_path, name):
    data, sentence = BAD_FILES[name]
    bad = tmp_path / name
    bad.write_bytes(data)
    with pytest.raises(AppError, match=f"^[^\n]*({sentence})[^\n]*$") as refusal:
        generate(client, bad)
    assert str(tmp_path) not in str(refusal.value)
    assert len(generate(client, photo_path, count=1)[0]) == 1


ON_ITS_SIDE = Image.Exif()
ON_ITS_SIDE[0x0112] = 6
UNUSUAL = {
    "rotated.jpg": encoded(
        GOOD, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    ),
    "clear.png": encoded(GOOD.convert("RGBA").resize((40, 40)), "PNG"),
    "deep.png": encoded(Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16), "PNG"),
    "moving.gif": encoded(GOOD, "GIF", save_all=True, append_images=[GOOD.rotate(90)]),
    "wrong-name.gif": encoded(GOOD, "PNG"),
    "ünïcode & spaces.webp": encoded(GOOD, "WEBP"),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_but_honest_picture_works(client, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(UNUSUAL[name])
    assert len(generate(client, path, count=1)[0]) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"count": 0}, "Images must be a whole number between 1 and 64, got 0."),
        ({"count": 99}, "Images must be a whole number between 1 and 64, got 99."),
        ({"count": 2.5}, "Images must be a whole number"),
        ({"count": None}, "Images must be a whole number"),
        ({"seed": -1}, "The seed must be a whole number between 0 and 2147483647"),
        ({"seed": 10**40}, "The seed must be a whole number"),
        ({"seed": 2**31}, "The seed must be a whole number"),
        ({"seed": "seven"}, "The seed must be a whole number"),
        ({"truncation": 0}, "Truncation must be a number between 0.05 and 1"),
        ({"truncation": "much"}, "Truncation must be a number"),
        ({"truncation": None}, "Truncation must be a number"),
        ({"best_of": 11}, "Candidates per image must be a whole number between 1 and 10"),
        ({"label": "Dragon"}, "Dragon"),
        ({"model": "../../etc/passwd"}, "There is no model of that name"),
    ],
)
def test_a_setting_out_of_range_is_named(client, photo_path, settings, sentence):
    with pytest.raises(AppError, match=sentence):
        generate(client, photo_path, **settings)


@pytest.mark.parametrize("feature", [[], [1.0], [0.0] * 16, [float("nan")] * 16, [[1.0]], "abc", {"a": 1}, [10**400]])
def test_a_feature_that_is_none_is_refused(client, feature):
    with pytest.raises((AppError, ValueError), match=r"feature|instance|JSON"):
        generate(client, feature=feature)


def test_a_missing_photo_is_asked_for(client):
    for call in (lambda: generate(client), lambda: client.predict(photo=None, model="tiny", api_name="/encode")):
        with pytest.raises(AppError, match=r"Please upload the file\."):
            call()


@pytest.mark.parametrize("path", ["/etc/passwd", "http://127.0.0.1:9/secret.png"])
def test_a_raw_request_that_names_another_file_is_refused(url, path):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = httpx.post(f"{url}gradio_api/call/encode", json={"data": [file, "tiny"]})
    assert answer.status_code == 400
    assert answer.json()["detail"] == "Please upload the file."


def test_nothing_of_the_program_is_served(url):
    for path in (Path(__file__), Path(__file__).parents[1] / "pyproject.toml", "/etc/passwd"):
        assert httpx.get(f"{url}gradio_api/file={path}").status_code in (403, 404)


def test_a_foreign_name_and_a_foreign_origin_are_refused(url):
    assert httpx.get(url, headers={"Host": "evil.example"}).status_code == 400
    files = {"files": ("a.png", b"x")}
    answer = httpx.post(f"{url}gradio_api/upload", files=files, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_private_events_are_not_listed(url):
    names = httpx.get(f"{url}gradio_api/info").json()["named_endpoints"]
    assert set(names) == {
        *("/models", "/labels", "/encode", "/neighbours", "/generate"),
        *("/swap_class", "/mix", "/interpolate", "/children", "/recipe_restore", "/grid", "/invert", "/digits"),
        *("/directions", "/move"),
    }
    assert all(endpoint["description"] for endpoint in names.values())


@pytest.mark.parametrize(
    "path", ["queue/data?session_hash=nobody", "call/generate/nothing", "call/v2/generate/nothing"]
)
def test_a_stream_for_what_is_not_there_is_a_plain_404(url, path, capfd):
    answer = httpx.get(f"{url}gradio_api/{path}", timeout=60)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is nothing to wait for")
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("run/generate", {"data": []}),
        ("api/encode", {"data": [None]}),
        ("call/generate", {"data": []}),
        ("call/v2/generate", {"colour": "red"}),
    ],
)
def test_too_few_or_unknown_inputs_are_a_plain_422(url, path, body, capfd):
    """They ended in status 500 and a trace in the log."""
    answer = httpx.post(f"{url}gradio_api/{path}", json=body, timeout=60)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")
    assert "Traceback" not in "".join(capfd.readouterr())
