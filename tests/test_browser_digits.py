"""The Digits page as a person uses it, in Debian's Chromium, around a painted service."""

import time

import pytest
from chromium import MARKS, chromium, expect, screenshot, visitors
from digit_fakes import PaintedDigits
from fakes import PaintedSampling
from live_page import open_page

pytestmark = MARKS

PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def digits():
    return PaintedDigits()


@pytest.fixture(scope="module")
def page_at(digits, tmp_path_factory):
    """Return a function that opens the tab at a width; at the end no error was logged."""
    with (
        open_page(PaintedSampling(), tmp_path_factory.mktemp("page"), digits=digits) as url,
        chromium() as browser,
        visitors(browser, PATIENCE_MS) as new_page,
    ):

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}digits")
            page.locator("#digits-grid img").wait_for()
            page.locator("#digits-way img").wait_for()
            return page

        yield open_as


@pytest.fixture(autouse=True)
def _patience(digits):
    expect.set_options(timeout=PATIENCE_MS)
    digits.hurry.set()
    yield
    digits.hurry.set()


def source(page, sheet):
    return page.locator(f"#{sheet} img").get_attribute("src")


def test_the_grid_the_blends_and_the_figures_are_there_when_the_page_opens(page_at):
    page = page_at()
    expect(page.locator("#digits-status")).to_contain_text("seeds 0 to 9")
    expect(page.locator("#digits-figures")).to_contain_text("250.5 ± 1.9 nats")
    assert "row for each digit" in page.locator("#digits-grid img").get_attribute("alt")
    screenshot(page, "digits-training")


def test_the_last_place_of_the_blend_slider_wins(page_at, digits):
    page = page_at()
    before = source(page, "digits-blended")
    slider = page.locator("#digits-amount input[type=range]")
    slider.focus()
    for _ in range(6):
        slider.press("ArrowRight")
    expect(page.locator("#digits-blended img")).not_to_have_attribute("src", before)
    page.wait_for_function("() => document.querySelector('#digits-amount input[type=range]').value === '0.8'")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while digits.blends[-1].amounts[0] != pytest.approx(0.8):
        assert time.monotonic() < deadline, digits.blends[-1]
        page.wait_for_timeout(50)  # lets the page continue


def test_choosing_the_paper_s_network_draws_with_it(page_at, digits):
    page = page_at()
    before = source(page, "digits-grid")
    page.locator("#digits-network").get_by_text("From the paper, 2014").click()
    expect(page.locator("#digits-grid img")).not_to_have_attribute("src", before)
    assert digits.grids[-1].network == "paper"


def test_the_keyboard_alone_asks_for_another_seed(page_at, digits):
    page = page_at()
    before = source(page, "digits-grid")
    page.locator("#digits-seed input").fill("42")
    page.locator("#digits-seed input").press("Enter")
    expect(page.locator("#digits-grid img")).not_to_have_attribute("src", before)
    expect(page.locator("#digits-status")).to_contain_text("seeds 42 to 51")


def test_watching_it_learn_can_be_stopped_and_begun_again(page_at, digits):
    page = page_at()
    digits.hurry.clear()
    page.locator("#digits-learn-start").click()
    expect(page.locator("#digits-learn-status")).to_contain_text("recognised as the requested digit")
    expect(page.locator("#digits-learn-data")).to_contain_text("no MNIST files")
    first = source(page, "digits-learning")
    expect(page.locator("#digits-learning img")).not_to_have_attribute("src", first)
    page.locator("#digits-learn-stop").click()
    expect(page.locator("#digits-learn-status")).to_contain_text("Stopped")
    expect(page.locator("#digits-learn-stop")).to_be_hidden()
    assert digits.learning_ended.wait(PATIENCE_MS / 1000)
    digits.hurry.set()
    page.locator("#digits-learn-start").click()
    expect(page.locator("#digits-learn-status")).to_contain_text("Finished")


def test_drawing_does_not_wait_for_a_training(page_at, digits):
    page = page_at()
    digits.hurry.clear()
    page.locator("#digits-learn-start").click()
    expect(page.locator("#digits-learning img")).to_be_visible()
    before = source(page, "digits-grid")
    page.locator("#digits-seed input").fill("77")
    page.locator("#digits-draw").click()
    expect(page.locator("#digits-grid img")).not_to_have_attribute("src", before)
    assert not digits.learning_ended.is_set()
    page.locator("#digits-learn-stop").click()
    assert digits.learning_ended.wait(PATIENCE_MS / 1000)


def test_a_phone_shows_everything_without_scrolling_sideways(page_at):
    page = page_at(390, 844, color_scheme="dark", locale="ko-KR")
    expect(page.locator("#digits-draw")).to_have_text("숫자 생성")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#digits-grid img").bounding_box()["width"] > 250
    screenshot(page, "digits-phone")
