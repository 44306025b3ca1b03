"""A finished run saved as a file, deleted, dropped on the page again, and generated with; on a desk and on a phone."""

import re

import pytest
from chromium import MARKS, chromium, expect, screenshot, unfold, visitors
from conftest import write_tiny_model
from live_page import open_page
from training_services import open_training
from training_sets import class_zip

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.training.training_service import own_models_folder

pytestmark = MARKS

PATIENCE_MS = 60_000


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return a function that opens the Train page around a tiny model and a trainer that only pretends."""
    write_tiny_model(tmp_path / "models" / "tiny")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "models" / "tiny"))
    with open_training(tmp_path, steps=5_000) as training:
        own = own_models_folder(training.folder)
        sampling = SamplingService(ModelStore([training.models], unlisted=[own]))
        with (
            open_page(sampling, tmp_path, training=training) as url,
            chromium() as browser,
            visitors(browser, PATIENCE_MS) as new_page,
        ):

            def opened(width=1280, height=1000, **settings):
                page = new_page(width, height, **settings)
                page.goto(f"{url}train")
                expect(page.locator("#train-start")).to_be_visible(timeout=PATIENCE_MS)
                return page

            yield opened


def says(page, sentence):
    expect(page.locator("#train-status p")).to_contain_text(sentence, timeout=PATIENCE_MS)


def finish_a_run(page, tmp_path, said):
    page.set_input_files("#train-drop input[type=file]", str(class_zip(tmp_path / "photos.zip")))
    expect(page.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
    unfold(page, "#train-settings")
    page.locator("#train-steps input[type=number]").fill("20")
    page.keyboard.press("Tab")
    expect(page.locator("#train-command")).to_contain_text("--steps 20", timeout=PATIENCE_MS)
    page.click("#train-settings > button")
    page.click("#train-start")
    says(page, said)


def save(page, file):
    page.click("#project-make")
    expect(page.locator("#project-save")).to_be_visible(timeout=PATIENCE_MS)
    with page.expect_download() as saved:
        page.click("#project-save")
    saved.value.save_as(file)


def test_a_finished_run_is_saved_deleted_opened_again_and_drawn_with(page, tmp_path):
    tab = page()
    finish_a_run(tab, tmp_path, "Finished after 20 steps")
    unfold(tab, "#train-project")
    expect(tab.locator("#project-make")).to_have_text("Make the file")
    save(tab, tmp_path / "saved.project.zip")
    expect(tab.locator("#project-said p")).to_contain_text("The run at step 20")
    screenshot(tab, "project-saved")
    tab.click("#train-delete")
    tab.click("#train-delete-sure")
    says(tab, "Deleted.")
    expect(tab.locator("#project-save")).to_be_hidden()

    tab.set_input_files("#train-drop input[type=file]", str(tmp_path / "saved.project.zip"))
    says(tab, "Finished after 20 steps")
    expect(tab.locator("#train-now img")).to_be_visible(timeout=PATIENCE_MS)
    expect(tab.locator("#train-losses").locator("canvas, svg.marks")).to_be_visible(timeout=PATIENCE_MS)
    screenshot(tab, "project-opened")
    tab.click("#train-use")
    expect(tab.locator("#examples")).to_be_visible(timeout=PATIENCE_MS)
    unfold(tab, "#settings")
    expect(tab.locator("#model input")).to_have_value(re.compile("^My model"), timeout=PATIENCE_MS)
    tab.locator("#examples .thumbnail-lg").first.click()
    expect(tab.locator("#results .thumbnail-lg")).to_have_count(16, timeout=PATIENCE_MS)


def test_a_phone_reaches_everything_by_keyboard_without_scrolling_sideways(page, tmp_path):
    tab = page(390, 844, has_touch=True, locale="ko-KR")
    finish_a_run(tab, tmp_path, "20")
    expect(tab.locator("#train-use")).to_be_visible(timeout=PATIENCE_MS)
    unfold(tab, "#train-project")
    expect(tab.locator("#project-make")).to_have_text("파일 만들기")
    tab.focus("#project-images input")
    tab.keyboard.press("Space")
    expect(tab.locator("#project-images input")).not_to_be_checked()
    tab.keyboard.press("Tab")
    expect(tab.locator("#project-checkpoint input")).to_be_focused()
    tab.keyboard.press("Tab")
    expect(tab.locator("#project-make")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#project-save")).to_be_visible(timeout=PATIENCE_MS)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(tab, "project-phone")
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed (requirements-dev.txt)")
    tab.evaluate(axe.AXE_SCRIPT)
    result = tab.evaluate("axe.run('#train-project', {resultTypes: ['violations']})")
    assert [fault["id"] for fault in result["violations"] if fault["impact"] in ("serious", "critical")] == []
