"""Edit as a person uses it: a photo redrawn while one looks, stopped, changed by sliders, saved with its recipe."""

import json

import pytest
from chromium import MARKS, click_answered, expect, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from test_browser import PATIENCE_MS, until

pytestmark = MARKS


@pytest.fixture
def sampling():
    return PaintedSampling()


@pytest.fixture
def visit(browser, sampling, tmp_path):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    with open_page(sampling, tmp_path) as url, visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}edit")
            expect(page.locator("#edit-stage img")).to_have_count(1)
            return page

        yield open_as


def move(page, name, steps):
    """Move a slider by so many presses of an arrow key."""
    page.locator(f"#{name} input[type=range]").focus()
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")


def test_a_dropped_photo_is_redrawn_while_one_looks_and_stop_keeps_the_nearest(visit, sampling, photo_path, tmp_path):
    page = visit()
    expect(page.locator("#parts a[aria-current=page]")).to_have_text("Studio")
    expect(page.locator("#studio-parts a[aria-current=page]")).to_have_text("Edit")
    sampling.search.allowed = 30
    page.locator("#edit-photo input[type=file]").set_input_files(photo_path)
    expect(page.locator("#edit-stage img")).to_have_count(2)
    expect(page.locator("#edit-start")).to_be_hidden()
    click_answered(page, "edit-stop")
    sampling.search.allowed = 31
    expect(page.locator("#edit-status")).to_contain_text("Distance from 1.00")
    expect(page.locator("#edit-start")).to_be_visible()
    assert sampling.search.rounds_done < sampling.search.inversions[-1].rounds
    expect(page.locator("#edit-stage figcaption").nth(1)).to_contain_text("redrawn · distance 0.7")
    with page.expect_download() as download:
        page.locator("#edit-stage a[download]").click()
    download.value.save_as(tmp_path / "found.png")
    assert json.loads(Image.open(tmp_path / "found.png").text["recipe"])["schema"] == 2


def test_sliders_work_from_what_was_found(visit, sampling):
    page = visit()
    page.click("#edit-start")
    expect(page.locator("#edit-status")).to_contain_text("to 0.50")
    found = sampling.drawing.requests[-1]
    move(page, "edit-noise", 4)
    expect(page.locator("#edit-stage img")).to_have_count(3)
    until(lambda: float(sampling.drawing.requests[-1].noise[0]) < 0.9 * float(found.noise[0]), "the noise stayed")
    move(page, "edit-instance", 4)
    moved = pytest.approx((0.2,))
    until(lambda: sampling.drawing.requests[-1].blend.weights[1:] == moved, "the instance stayed")
    page.locator("#edit-class input").click()
    page.locator("[role=option]", has_text="Lime").click()
    until(lambda: sampling.drawing.requests[-1].blend.swap.targets == (("Lime", 1.0),), "the class stayed")
    assert sampling.drawing.requests[-1].blend.swap.position == 1
    expect(page.locator("#edit-position input[type=range]")).to_have_value("1")
    screenshot(page, "edit")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_nothing_scrolls_sideways_on_a_phone(visit, locale):
    page = visit(390, 844, locale=locale)
    page.click("#edit-start")
    expect(page.locator("#edit-stage img")).to_have_count(2)
    expect(page.locator("#edit-start")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, f"edit-390-{locale}")
