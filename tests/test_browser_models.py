"""A published model through the page: terms, download from a local server, progress, pictures.

With ``ICGAN_SCREENSHOTS`` set to a folder, pictures of the page are left there.
"""

import re
import threading

import pytest
import torch
from chromium import expect, screenshot, unfold
from huggingface_hub import constants
from live_page import open_page
from official_files import NAME, tiny_config, write_official, write_stored
from stub_server import StubFile, serving
from test_browser import (
    PICTURES,
    pytestmark,  # noqa: F401  the same marks
    sampling,  # noqa: F401  a fixture
    upload,
    url,  # noqa: F401
    visit,  # noqa: F401
)

from icgan_demo.models.resnet50_network import build_resnet50
from icgan_demo.service.download_service import DownloadService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.published.catalogue import MIRROR_REVISION, PUBLISHED
from icgan_demo.weights.published.hub import Servers

ARCHIVE = f"/facebook/ic_gan/resolve/{MIRROR_REVISION}/pretrained_models_path/{NAME}.tar.gz"
ENCODER = "/deepcluster/swav_800ep_pretrain.pth.tar"
STORED = "/ic_gan/stored_instances.tar.gz"


@pytest.fixture
def server(tmp_path):
    """The files of one published model, its encoder and its stored instances, as the real servers have them."""
    with serving() as stub:
        archive = write_official(tmp_path / f"{NAME}.tar.gz", tiny_config(feature_dim=2048))
        torch.save(build_resnet50().state_dict(), tmp_path / "swav.pth.tar")
        stored = write_stored(tmp_path / "stored.tar.gz", PUBLISHED[NAME].stored_instances)
        for path, file in ((ARCHIVE, archive), (ENCODER, tmp_path / "swav.pth.tar"), (STORED, stored)):
            stub.files[path] = StubFile(file.read_bytes())
        yield stub


@pytest.fixture
def address(server, tmp_path, models_folder, monkeypatch):
    """A page with a tiny model of its own, which may fetch from the local server."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 600)  # longer than any file is held back
    models = tmp_path / "models"
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models))
    store = ModelStore([models_folder, models], PUBLISHED.values())
    installer = DownloadService(models, on_ready=store.refresh, servers=Servers(server.url, server.url))
    with open_page(SamplingService(store), tmp_path / "page", downloads=installer) as opened:
        yield opened
    installer.stop()
    installer.wait(60)


def choose(page, title):
    """Choose a model by typing a part of its title.

    Typed at once and clicked: a list that arrives meanwhile, as after a download, empties what was typed.
    """
    page.locator("#model input").click()
    page.locator("#model input").fill(title)
    page.locator("#model [role=option]").filter(has_text=title).first.click()
    expect(page.locator("#model input")).to_have_value(re.compile(re.escape(title)))


def test_a_published_model_is_fetched_after_its_licence_was_shown_and_draws(address, visit, server, photo_path):  # noqa: F811
    page, other = visit(address=address), visit(address=address, width=390)
    unfold(page, "#settings")
    choose(page, "IC-GAN ImageNet 64 ")
    expect(page.locator("#download-terms")).to_contain_text("CC BY-NC 4.0")
    expect(page.locator("#download-terms li")).to_have_count(3)
    expect(page.locator("#notice")).to_contain_text("is not on this machine yet")
    expect(page.locator("#examples-heading")).to_be_hidden()  # there are no examples of a model that is not here
    assert server.requests == []  # nothing is asked of anyone before the visitor agrees
    screenshot(page, "model-terms")

    gate = server.files[ARCHIVE].gate = threading.Event()
    page.click("#download-start")
    for each in (page, other):  # every visitor sees it
        expect(each.locator("#download-progress")).to_contain_text("IC-GAN ImageNet 64, file 1 of 3")
        expect(each.locator("#download-stop")).to_be_visible()
    screenshot(page, "model-progress")
    screenshot(other, "model-progress-phone")
    upload(other, photo_path)  # and continues drawing with what is there
    expect(other.locator(PICTURES)).to_have_count(16)
    gate.set()

    expect(page.locator("#download-progress")).to_contain_text("is ready to use", timeout=300_000)
    expect(page.locator("#licence-note")).to_contain_text("CC BY-NC 4.0")
    expect(page.locator("#examples img")).to_have_count(6)
    expect(page.locator("#notice")).to_be_hidden()
    page.locator("#count input[type=number]").fill("4")
    page.keyboard.press("Tab")
    upload(page, photo_path)
    expect(page.locator(PICTURES)).to_have_count(4)
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#neighbours img")).to_have_count(6)
    expect(page.locator("#drawn-licence")).to_contain_text("CC BY-NC 4.0")
    expect(page.locator("#licence-note")).to_be_hidden()
    screenshot(page, "model-drawn")
    expect(other.locator("#download-progress")).to_contain_text("is ready to use")
    unfold(other, "#settings")
    choose(other, "IC-GAN ImageNet 64 ")
    expect(other.locator("#licence-note")).to_contain_text("CC BY-NC 4.0")
    expect(other.locator("#drawn-licence")).to_be_visible()  # its pictures are still those of the other model
    expect(other.locator("#drawn-licence")).to_contain_text("Synthetic pictures of a test model")


def test_a_stopped_download_can_go_on_and_a_failed_one_says_why(address, visit, server):  # noqa: F811
    page = visit(address=address)
    unfold(page, "#settings")
    choose(page, "IC-GAN ImageNet 64 ")
    gate = server.files[ARCHIVE].gate = threading.Event()
    page.click("#download-start")
    expect(page.locator("#download-progress")).to_contain_text("file 1 of 3")
    page.click("#download-stop")
    expect(page.locator("#download-progress")).to_contain_text("Stopping…")
    expect(page.locator("#download-stop")).to_be_hidden()
    gate.set()
    expect(page.locator("#download-progress")).to_contain_text("Stopped. Starting again continues")
    expect(page.locator("#download-start")).to_be_visible()
    server.files[ARCHIVE] = StubFile(b"<html>Sorry</html>")
    page.click("#download-start")
    expect(page.locator("#download-progress")).to_contain_text("was not downloaded")
    expect(page.locator("#download-progress")).to_contain_text("perhaps a web page")
    expect(page.locator("#download-start")).to_be_enabled()
    choose(page, "Tiny tiny")
    expect(page.locator("#download-terms")).to_be_hidden()
    page.locator("#examples .thumbnail-lg").first.click()
    expect(page.locator(PICTURES)).to_have_count(16)


def test_one_of_a_thousand_class_names_is_found_by_typing(address, visit):  # noqa: F811
    page = visit(address=address)
    unfold(page, "#settings")
    choose(page, "IC-GAN ImageNet 64, with classes")
    expect(page.locator("#download-terms")).to_contain_text("1,000 classes")
    page.click("#label input")
    expect(page.locator("#label [role=option]")).not_to_have_count(0)
    page.keyboard.type("golden ret")
    expect(page.locator("#label [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#label input")).to_have_value("Golden Retriever")
    screenshot(page, "model-classes")


def test_a_model_that_loads_for_long_is_told_of_and_left_at_a_click(visit, sampling, photo_path, monkeypatch):  # noqa: F811
    go, bank = threading.Event(), sampling.bank
    monkeypatch.setattr(
        sampling, "bank", lambda model: bank(model) if model != "plain" or go.wait(600) else pytest.fail("never")
    )
    page = visit()
    unfold(page, "#settings")
    choose(page, "Squares without classes")
    expect(page.locator("#notice")).to_contain_text(re.compile("Squares without classes is loading.* s so far"))
    screenshot(page, "model-loading")
    page.click("#stop-loading")
    expect(page.locator("#notice")).to_contain_text("Squares without classes is not loaded")
    expect(page.locator("#model input")).to_have_value(re.compile("Painted squares"))
    expect(page.locator("#stop-loading")).to_be_hidden()
    upload(page, photo_path)
    expect(page.locator(PICTURES)).to_have_count(16)
    go.set()
    choose(page, "Squares without classes")
    expect(page.locator("#label")).to_be_hidden()
    expect(page.locator("#notice")).not_to_contain_text("loading")
