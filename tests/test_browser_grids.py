"""Grids as a person uses them: choose what changes, draw, stop, save, open a cell."""

import pytest
from chromium import MARKS, expect, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from test_browser import PATIENCE_MS

pytestmark = MARKS


@pytest.fixture
def visit(browser, tmp_path):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    with open_page(PaintedSampling(), tmp_path) as url, visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}grids")
            expect(page.locator("#grids-rows-values textarea, #grids-rows-values input").first).to_have_value(
                "0; 1; 2; 3; 4"
            )
            return page

        yield open_as


def test_two_settings_are_drawn_against_each_other_saved_and_a_cell_is_opened(visit, tmp_path):
    page = visit()
    expect(page.locator("#grids-status")).to_contain_text("25 images")
    page.locator("#grids-columns-values textarea, #grids-columns-values input").first.fill("0.3; 0.9")
    expect(page.locator("#grids-status")).to_contain_text("10 images")
    page.click("#grids-draw")
    expect(page.locator("#grids-cells img")).to_have_count(10)
    screenshot(page, "grids")
    with page.expect_download() as download:
        page.click("#grids-pdf")
    saved = tmp_path / "grid.pdf"
    download.value.save_as(saved)
    assert saved.read_bytes().startswith(b"%PDF")
    page.locator("#grids-cells td a").nth(3).click()
    expect(page.locator("#swap-stage img").first).to_be_visible()
    expect(page.locator("#swap-truncation input[type=number]")).to_have_value("0.9")


def test_on_a_phone_the_grid_scrolls_within_itself(visit):
    page = visit(390, 844, locale="ko-KR")
    page.locator("#grids-columns-values textarea, #grids-columns-values input").first.fill(
        "0.1; 0.2; 0.3; 0.4; 0.5; 0.6; 0.7; 0.8; 0.9"
    )
    page.click("#grids-draw")
    expect(page.locator("#grids-cells img")).to_have_count(45)
    screenshot(page, "grids phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert all(
        box["x"] + box["width"] <= 390
        for part in ("draw", "cells")
        if (box := page.locator(f"#grids-{part}").bounding_box())
    )
