"""The Train page as a person uses it: a zip in, a live run, a reload, an end, and pictures from the result."""

import re

import pytest
from chromium import MARKS, chromium, expect, screenshot, unfold, visitors
from conftest import write_tiny_model
from live_page import open_page
from training_services import FAKE_TRAINER, until
from training_sets import class_zip

from icgan_demo.config import Limits
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.training.training_service import TrainingService, own_models_folder

pytestmark = MARKS

PATIENCE_MS = 60_000


class Page:
    """A page with a Train page around a tiny model and a trainer that only pretends."""

    def __init__(self, folder, limits):
        self.models = folder / "models"
        write_tiny_model(self.models / "tiny")
        self.training = TrainingService(folder / "data", self.models, limits, command=FAKE_TRAINER)
        own = own_models_folder(self.training.folder)
        self.sampling = SamplingService(ModelStore([self.models], unlisted=[own]))


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Return a function that opens a browser page; at its end no error was logged and nothing left this machine."""
    monkeypatch.setenv("FAKE_STEP_S", "0.1")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "models" / "tiny"))
    site = Page(tmp_path, Limits(steps=5_000, free_disk_bytes=0, free_memory_bytes=0))
    with (
        open_page(site.sampling, tmp_path, training=site.training) as url,
        chromium() as browser,
        visitors(browser, PATIENCE_MS) as new_page,
    ):

        def opened(width=1280, height=1000, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}train")
            expect(page.locator("#train-start")).to_be_visible(timeout=PATIENCE_MS)
            return page

        yield opened
    site.training.jobs.stop_all()


def says(page, sentence):
    expect(page.locator("#train-status p")).to_contain_text(sentence, timeout=PATIENCE_MS)


def step_of(page):
    found = re.search(r"Step ([\d,]+) of", page.locator("#train-status p").inner_text())
    return int(found[1].replace(",", "")) if found else -1


def wait_for_more_steps(page):
    before = step_of(page)
    page.wait_for_function(
        """(before) => {
            const found = document.querySelector('#train-status p').innerText.match(/Step ([\\d,]+) of/);
            return found && Number(found[1].replace(',', '')) > before;
        }""",
        arg=before,
        timeout=PATIENCE_MS,
    )


def plotted(page):
    """Return what the plot of the losses shows, as text or pixels: it changes when the curve grows. None while it is
    made again."""
    return page.evaluate(
        """() => {
            const plot = document.querySelector('#train-losses'), canvas = plot?.querySelector('canvas');
            return canvas ? canvas.toDataURL() : plot?.querySelector('svg.marks')?.innerHTML;
        }"""
    )


def set_number(page, elem_id, value):
    page.locator(f"#{elem_id} input[type=number]").fill(str(value))
    page.keyboard.press("Tab")


def shows_before_and_after(page):
    """A finished run: the model's sheet beside the first one, and whether each class is recognised."""
    sheets = page.locator("#train-sheets [data-testid=block-label]")
    expect(sheets).to_have_text(["Before", "After"], timeout=PATIENCE_MS)
    expect(page.locator("#train-now img")).to_have_attribute("src", re.compile(r"model\.png"))
    before, after = (page.locator(f"#train-{name}").bounding_box() for name in ("before", "now"))
    assert before["y"] == after["y"]
    assert before["x"] + before["width"] <= after["x"]
    rows = page.locator("#train-by-class tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("heron <b>")
    expect(rows.first).to_contain_text("50% 20 of 40")
    expect(rows.first).to_contain_text("67% 8 of 12")


def test_a_zip_is_trained_on_watched_reloaded_ended_and_drawn_from(page, tmp_path):
    tab = page()
    screenshot(tab, "train-open")
    tab.set_input_files("#train-drop input[type=file]", str(class_zip(tmp_path / "photos.zip")))
    expect(tab.locator("#train-summary")).to_contain_text("12 images in 2 classes", timeout=PATIENCE_MS)
    expect(tab.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
    expect(tab.locator("#train-estimate p")).to_contain_text("About 4 min for 500 steps", timeout=PATIENCE_MS)
    screenshot(tab, "train-understood")
    unfold(tab, "#train-settings")
    set_number(tab, "train-steps", 5000)
    expect(tab.locator("#train-command")).to_contain_text("--steps 5000", timeout=PATIENCE_MS)
    tab.click("#train-settings > button")
    tab.click("#train-start")
    says(tab, "Step")
    expect(tab.locator("#train-losses").locator("canvas, svg.marks")).to_be_visible(timeout=PATIENCE_MS)
    before = plotted(tab)
    wait_for_more_steps(tab)
    expect(tab.locator("#train-now img")).to_be_visible(timeout=PATIENCE_MS)
    until(lambda: plotted(tab) not in (None, before), "the plot stayed")
    expect(tab.locator("#train-lesson")).to_contain_text("Overfitting", timeout=PATIENCE_MS)
    expect(tab.locator("#train-scores + .plot-note")).to_be_visible()
    expect(tab.locator("#train-by-class")).to_be_hidden()
    unfold(tab, "#train-worst-fold")
    expect(tab.locator("#train-worst img")).to_be_visible(timeout=PATIENCE_MS)
    screenshot(tab, "train-running")

    tab.reload()
    says(tab, "Step")
    wait_for_more_steps(tab)

    tab.locator("#train-try-own img").nth(1).click()
    expect(tab.locator("#train-tried img")).to_have_count(8, timeout=PATIENCE_MS)
    expect(tab.locator("#train-tried-step p")).to_contain_text("Generated at step", timeout=PATIENCE_MS)
    first = tab.locator("#train-tried-step p").inner_text()
    screenshot(tab, "train-tried")
    wait_for_more_steps(tab)
    tab.click("#train-try-draw")
    expect(tab.locator("#train-tried-step p")).not_to_contain_text(first, timeout=PATIENCE_MS)
    expect(tab.locator("#train-tried-step p")).to_contain_text("Generated at step", timeout=PATIENCE_MS)
    assert step_of(tab) > 0

    tab.click("#train-pause")
    says(tab, "Paused at step")
    tab.click("#train-resume")
    wait_for_more_steps(tab)
    tab.click("#train-stop")
    says(tab, "The model is in the list.")
    expect(tab.locator("#train-before img")).to_be_visible()
    shows_before_and_after(tab)
    screenshot(tab, "train-done")

    tab.click("#train-use")
    expect(tab.locator("#examples")).to_be_visible(timeout=PATIENCE_MS)
    unfold(tab, "#settings")
    expect(tab.locator("#model input")).to_have_value(re.compile("^My model"), timeout=PATIENCE_MS)
    tab.locator("#examples .thumbnail-lg").first.click()
    expect(tab.locator("#results .thumbnail-lg")).to_have_count(16, timeout=PATIENCE_MS)
    expect(tab.locator("#stop")).to_be_hidden(timeout=PATIENCE_MS)
    screenshot(tab, "train-generated")


def test_the_drawn_objects_train_on_a_phone_without_scrolling_sideways(page, monkeypatch):
    monkeypatch.setenv("FAKE_STEP_S", "0.01")  # nothing is looked at on the way
    tab = page(390, 844, has_touch=True)
    screenshot(tab, "train-phone-open")
    tab.click("#train-built-in")
    expect(tab.locator("#train-summary")).to_contain_text("60 images in 4 classes", timeout=PATIENCE_MS)
    expect(tab.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
    unfold(tab, "#train-settings")
    screenshot(tab, "train-phone-settings")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.click("#train-settings > button")
    tab.click("#train-start")
    says(tab, "Finished after")
    shows_before_and_after(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(tab, "train-phone-done")
    silent = tab.evaluate("[...document.images].filter((i) => i.offsetParent && !i.alt).map((i) => i.outerHTML)")
    assert silent == []
    tab.click("#train-delete")
    tab.click("#train-delete-sure")
    says(tab, "Deleted.")


def finish_a_run(page, tmp_path, said):
    page.set_input_files("#train-drop input[type=file]", str(class_zip(tmp_path / "photos.zip")))
    expect(page.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
    unfold(page, "#train-settings")
    set_number(page, "train-steps", 20)
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

    (tmp_path / "cut.project.zip").write_bytes((tmp_path / "saved.project.zip").read_bytes()[:5000])
    tab.set_input_files("#train-drop input[type=file]", str(tmp_path / "cut.project.zip"))
    expect(tab.locator(".toast-body").last).to_contain_text("project file", timeout=PATIENCE_MS)
    expect(tab.locator("#train-drop")).not_to_contain_text("cut", timeout=PATIENCE_MS)
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
