"""Explore as a person uses it: children by clicks and by keys, a tree that is saved, reloaded and walked."""

import json

import pytest
from chromium import MARKS, expect, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from test_browser import PATIENCE_MS, until

pytestmark = MARKS


@pytest.fixture
def visit(browser, tmp_path):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    with open_page(PaintedSampling(), tmp_path) as url, visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}explore")
            expect(page.locator("#explore-litter img")).to_have_count(9)
            return page

        yield open_as


def litter(page, is_it, message):
    """Wait for all nine children of a litter that ``is_it``, each time looked at once."""
    until(lambda: len(shown := children(page)) == 9 and is_it(shown), message)


def children(page):
    return page.locator("#explore-litter button").evaluate_all("all => all.map(each => each.dataset.name)")


def choose(page, place):
    """Click a child, and wait until its own children are all there."""
    image = children(page)[place]
    page.locator("#explore-litter button").nth(place).click()
    expect(page.locator(f'#explore-tree button[data-name="{image}"][aria-current]')).to_have_count(1)
    litter(page, lambda shown: image not in shown, "the child has no children")
    return image


def test_children_grow_into_a_tree_that_is_there_after_a_reload(visit):
    page = visit()
    first, second = choose(page, 3), choose(page, 8)
    expect(page.locator("#explore-tree button")).to_have_count(3)
    shown = children(page)
    screenshot(page, "explore")
    page.reload()
    expect(page.locator(f'#explore-tree button[data-name="{second}"][aria-current]')).to_have_count(1)
    until(lambda: children(page) == shown, "other children came after a reload")
    page.locator(f'#explore-tree button[data-name="{first}"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'#explore-tree button[data-name="{first}"][aria-current]')).to_have_count(1)


def test_a_tree_is_named_saved_and_opened_again(visit, tmp_path):
    page = visit()
    chosen = choose(page, 0)
    page.locator("#explore-name textarea, #explore-name input").first.fill("the <i>best</i>")
    page.keyboard.press("Enter")
    expect(page.locator("#explore-tree span")).to_have_text("the <i>best</i>")
    with page.expect_download() as download:
        page.click("#explore-save")
    saved = tmp_path / "family.json"
    download.value.save_as(saved)
    assert json.loads(saved.read_text())["images"][1]["name"] == "the <i>best</i>"
    page.click("#explore-prune")
    expect(page.locator("#explore-tree button")).to_have_count(1)
    with page.expect_file_chooser() as chooser:
        page.click("#explore-load")
    chooser.value.set_files(saved)
    expect(page.locator(f'#explore-tree button[data-name="{chosen}"][aria-current]')).to_have_count(1)
    expect(page.locator("#explore-tree span")).to_have_text("the <i>best</i>")


def test_two_images_are_crossed_and_a_step_is_taken_back(visit):
    page = visit()
    page.click("#explore-cross")
    expect(page.locator(".toast-body.error")).to_contain_text("partner")
    expect(page.locator("[data-testid=status-tracker] > .error:visible")).to_have_count(0)
    page.click("#explore-pair")
    expect(page.locator("#explore-status")).to_contain_text("is the partner now")
    choose(page, 4)
    before = children(page)
    page.click("#explore-cross")
    expect(page.locator("#explore-status")).to_contain_text("and its partner")
    litter(page, lambda shown: shown != before, "no crossings came")
    choose(page, 1)
    expect(page.locator("#explore-tree button")).to_have_count(3)
    page.click("#explore-undo")
    expect(page.locator("#explore-tree button")).to_have_count(2)


def test_children_follow_the_dial(visit):
    page = visit()
    before = children(page)
    page.locator("#explore-strength input[type=number]").fill("0.9")
    page.keyboard.press("Tab")
    expect(page.locator("#explore-moves")).to_contain_text("noise up to 90 %")
    litter(page, lambda shown: shown != before, "the children did not change")


def test_the_page_fits_a_phone(visit):
    page = visit(390, 844, locale="ko-KR")
    expect(page.locator("#parts a[aria-current]")).to_have_text("탐험")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, "explore-phone")
