"""Classes as boxes on the Train page: named, filled from files and the camera, thinned out by mouse and keyboard."""

import pytest
from chromium import FAKE_CAMERA, MARKS, chromium, expect, screenshot, visitors
from live_page import open_page
from test_browser_training import PATIENCE_MS, Page
from training_sets import class_zip, save_pictures

from icgan_demo.config import Limits

pytestmark = MARKS


@pytest.fixture
def page(tmp_path):
    """Return a Train page in a browser with a camera; at its end no error was logged and nothing left this machine."""
    site = Page(tmp_path, Limits(free_disk_bytes=0, free_memory_bytes=0))
    with (
        open_page(site.sampling, tmp_path, training=site.training) as url,
        chromium(*FAKE_CAMERA) as browser,
        visitors(browser, PATIENCE_MS) as new_page,
    ):
        page = new_page(1280, 1000)
        page.goto(f"{url}train")
        expect(page.locator("#train-boxes .new-class input")).to_be_visible(timeout=PATIENCE_MS)
        yield page
    site.training.jobs.stop_all()


def name_class(page, label):
    field = page.locator("#train-boxes .new-class input")
    field.fill(label)
    field.press("Enter")
    expect(box(page, label)).to_be_visible(timeout=PATIENCE_MS)


def box(page, label):
    return page.locator(f'#train-boxes .box[data-label="{label}"]')


def has_pictures(page, label, count):
    expect(box(page, label).locator("header b")).to_have_text(str(count), timeout=PATIENCE_MS)
    expect(box(page, label).locator("img")).to_have_count(count, timeout=PATIENCE_MS)


def test_boxes_are_filled_from_files_and_a_zip_thinned_out_and_kept_over_a_reload(page, tmp_path):
    name_class(page, "newt")
    box(page, "newt").locator("input[type=file]").set_input_files(
        [str(path) for path in save_pictures(tmp_path, 14)[12:]]
    )
    has_pictures(page, "newt", 2)
    page.set_input_files("#train-drop input[type=file]", str(class_zip(tmp_path / "photos.zip")))
    has_pictures(page, "otter", 6)
    has_pictures(page, "heron", 6)
    expect(page.locator("#train-preview")).to_contain_text("newt only 2", timeout=PATIENCE_MS)
    expect(page.locator("#train-near img")).to_have_count(18, timeout=PATIENCE_MS)
    page.wait_for_function("[...document.querySelectorAll('#train-boxes img')].every((one) => one.naturalWidth)")
    screenshot(page, "train-boxes")

    box(page, "otter").locator("[data-do=remove]").first.click()
    has_pictures(page, "otter", 5)
    box(page, "otter").locator("[data-do=remove]").first.focus()
    page.keyboard.press("Enter")
    has_pictures(page, "otter", 4)
    box(page, "newt").locator(".name").fill("eft")
    page.keyboard.press("Enter")
    has_pictures(page, "eft", 2)
    box(page, "heron").locator("[data-do=remove_class]").click()
    expect(box(page, "heron")).to_have_count(0, timeout=PATIENCE_MS)

    page.reload()
    has_pictures(page, "eft", 2)
    has_pictures(page, "otter", 4)


def filmed(page, label):
    return f"document.querySelectorAll('#train-boxes .box[data-label=\"{label}\"] img').length"


def test_a_box_fills_while_the_camera_button_is_held_by_mouse_and_by_keyboard(page):
    name_class(page, "clock")
    box(page, "clock").locator("[data-do=camera]").click()
    record = page.locator("#train-camera .record")
    expect(record).to_be_enabled(timeout=PATIENCE_MS)
    expect(record).to_have_text("Hold to record")
    expect(page.locator("#train-camera .refused")).to_be_hidden()
    page.wait_for_function("document.querySelector('#train-camera video').videoWidth > 0")
    record.hover()
    page.mouse.down()
    page.wait_for_function(f"{filmed(page, 'clock')} > 1")
    page.mouse.up()
    expect(record).not_to_have_class("record plain on")
    name_class(page, "dial")
    box(page, "dial").locator("[data-do=camera]").click()
    expect(page.locator("#train-camera .class")).to_have_text("dial")
    page.keyboard.down("Space")
    page.wait_for_function(f"{filmed(page, 'dial')} > 1")
    page.keyboard.up("Space")
    expect(record).not_to_have_class("record plain on")
    screenshot(page, "train-camera")
    page.keyboard.press("Escape")
    expect(page.locator("#train-camera .camera")).to_be_hidden()
    assert page.evaluate("document.querySelector('#train-camera video').srcObject.active") is False
