"""The Compare page as a teacher uses it: rows for a stored instance and for a photo, another seed, the figures."""

import pytest
from chromium import MARKS, expect, screenshot, visitors
from comparison_fakes import PaintedComparison
from fakes import PaintedSampling
from live_page import open_page
from test_browser import PATIENCE_MS, until
from training_services import open_training

pytestmark = MARKS


@pytest.fixture(scope="module")
def compared():
    return PaintedComparison()


@pytest.fixture(scope="module")
def url(compared, tmp_path_factory):
    with open_page(PaintedSampling(), tmp_path_factory.mktemp("page"), compared=compared) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}compare")
            expect(page.locator("#compare-rows section")).to_have_count(5)
            expect(page.locator("#compare-licence")).not_to_be_empty()
            return page

        yield open_as


def test_rows_follow_the_photo_and_the_seed(visit, compared, photo_path):
    page = visit()
    expect(page.locator("#parts a[aria-current=page]")).to_have_text("Compare")
    expect(page.locator("#compare-rows .row:not(.members) img")).to_have_count(45)
    expect(page.locator("#compare-figures tr")).to_have_count(6)
    screenshot(page, "compare")
    before = compared.asked[-1][0]
    page.set_input_files("#compare-photo input[type=file]", photo_path)
    until(lambda: (compared.asked[-1][0] != before).any(), "the photo was not taken")
    photo = compared.asked[-1][0]
    page.locator("#compare-seed input").fill("12")
    page.keyboard.press("Tab")
    until(lambda: compared.asked[-1][1].seed == 12, "the seed was not taken")
    assert (compared.asked[-1][0] == photo).all()
    expect(page.locator("#compare-status")).to_be_empty()
    expect(page.locator("#compare-rows section")).to_have_count(5)


def test_two_learn_side_by_side_are_paused_and_found_again(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_STEP_S", "0.1")  # six minutes in all
    with (
        open_training(tmp_path) as training,
        open_page(PaintedSampling(), tmp_path / "page", compared=PaintedComparison(), training=training) as address,
        visitors(browser, PATIENCE_MS) as new_page,
    ):
        page = new_page()
        page.goto(f"{address}compare")
        expect(page.locator("#compare-try-images")).to_contain_text("60")
        expect(page.locator("#compare-licence")).not_to_be_empty()
        page.locator("#compare-try-minutes input[type=number]").fill("30")
        page.keyboard.press("Tab")
        page.click("#compare-try-start")
        runs = [page.locator(f"#compare-try-{name}-run") for name in ("first", "second")]
        for run, word in zip(runs, ("Nothing", "Instance"), strict=True):
            expect(run).to_contain_text(f"Side by side: {word}")
        for name in ("first", "second"):
            expect(page.locator(f"#compare-try-{name}-sheet img")).to_have_count(1)
        expect(page.locator("#compare-try-curves img")).to_have_count(1)
        expect(page.locator("#compare-try-start")).to_be_disabled()
        screenshot(page, "compare side by side")
        page.click("#compare-try-pause")
        for run in runs:
            expect(run).to_contain_text("Paused")
        expect(page.locator("#compare-try-resume")).to_be_visible()
        page.reload()
        for run in runs:
            expect(run).to_contain_text("Paused")
        page.click("#compare-try-resume")
        for run in runs:
            expect(run).to_contain_text("Step ")
        expect(page.locator("#compare-try-pause")).to_be_visible()


def test_on_a_phone_the_rows_fit_and_the_table_scrolls_within_itself(visit):
    page = visit(390, 844, locale="ko-KR")
    expect(page.locator("#compare-rows h3").first).to_have_text("없음")
    screenshot(page, "compare phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
