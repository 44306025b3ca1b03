"""A set made larger on the Train page as a person does it: told how long, watched, stopped, saved."""

import zipfile

import pytest
from chromium import MARKS, chromium, expect, screenshot, unfold, visitors
from live_page import open_page
from test_browser import PATIENCE_MS
from training_services import open_training, until
from training_sets import class_zip

from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore

pytestmark = MARKS


class Waiting(LargerSetService):
    """Gets no further than the first new images until it is stopped."""

    waits = False

    def enlarge(self, *given):
        *_, is_over = given
        for made in super().enlarge(*given):
            yield made
            if made.new and self.waits:
                until(is_over, "nobody stopped it")


@pytest.fixture
def opened(tmp_path, models_folder):
    """Return a function that opens the page with a set of twelve images in two classes."""
    store = ModelStore([models_folder])
    sampling = SamplingService(store)
    with (
        open_training(tmp_path) as training,
        open_page(sampling, tmp_path, training=training, larger_sets=Waiting(store, sampling)) as url,
        chromium() as browser,
        visitors(browser, PATIENCE_MS) as new_page,
    ):

        def with_set(width=1280, height=1000, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}train")
            page.set_input_files("#train-drop input[type=file]", str(class_zip(tmp_path / "photos.zip")))
            expect(page.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
            unfold(page, "#larger")
            return page

        yield with_set


def test_a_set_is_made_larger_and_saved(opened, tmp_path):
    page = opened()
    expect(page.locator("#larger-estimate p")).to_contain_text("12 images × 4 = 48 new ones", timeout=PATIENCE_MS)
    page.locator("#larger-per-picture input[type=number]").fill("3")
    page.keyboard.press("Tab")
    expect(page.locator("#larger-estimate p")).to_contain_text("12 images × 3 = 36 new ones", timeout=PATIENCE_MS)
    page.click("#larger-make")
    expect(page.locator("#larger-status p")).to_contain_text("Left out as possible copies", timeout=PATIENCE_MS)
    expect(page.locator("#larger-shown .row")).to_have_count(4)
    expect(page.locator("#larger-shown img")).to_have_count(4 * (1 + 3))
    expect(page.locator("#larger-stop")).to_have_count(0)
    expect(page.locator("#larger-save-manifest")).to_have_count(0)
    screenshot(page, "larger-set")
    with page.expect_download() as saved:
        page.click("#larger-save")
    saved.value.save_as(tmp_path / "saved.zip")
    with zipfile.ZipFile(tmp_path / "saved.zip") as archive:
        assert len(archive.read("manifest.jsonl").splitlines()) == 36
        assert {name.partition("/")[0] for name in archive.namelist()} == {"otter", "heron", "manifest.jsonl"}


def test_on_a_phone_a_shard_is_stopped_and_saved_without_scrolling_sideways(opened, monkeypatch):
    monkeypatch.setattr(Waiting, "waits", True)
    page = opened(390, 844, has_touch=True, locale="ko-KR")
    page.locator("#larger-packed label").last.click()
    page.locator("#larger-per-picture input[type=number]").fill("16")
    page.keyboard.press("Tab")
    page.click("#larger-make")
    expect(page.locator("#larger-shown .row").first).to_be_visible(timeout=PATIENCE_MS)
    page.click("#larger-stop")
    expect(page.locator("#larger-status p")).to_contain_text("중지했습니다", timeout=PATIENCE_MS)
    expect(page.locator("#larger-save-manifest")).to_be_visible(timeout=PATIENCE_MS)
    screenshot(page, "larger-set-phone")
    with page.expect_download() as saved:
        page.click("#larger-save")
    assert saved.value.suggested_filename == "larger.tar"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
