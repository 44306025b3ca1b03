"""Links to images as a person uses them: copied in one browser, opened in another one."""

import re

import pytest
from chromium import MARKS, expect, go_within_studio, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from test_browser import PATIENCE_MS, until, upload, wait_for_pictures
from test_browser_studio import colour, drag, finished, near, red_of, value_of

pytestmark = MARKS


@pytest.fixture(scope="module")
def sampling():
    return PaintedSampling()


@pytest.fixture(scope="module")
def url(sampling, tmp_path_factory):
    with open_page(sampling, tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens a page as a new visitor; at the end no error was logged."""
    expect.set_options(timeout=PATIENCE_MS)
    with visitors(browser, PATIENCE_MS) as new_page:

        def opened(address, width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.context.grant_permissions(["clipboard-read", "clipboard-write"])
            page.goto(address if address.startswith(url) else f"{url}{address}")
            return page

        yield opened


def copied(page, place):
    """Click the link to an image, and return what is on the clipboard then."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.locator(f"{place} .copy-link").first.click()
    expect(page.locator("#link-copied")).not_to_be_empty()
    return page.evaluate("navigator.clipboard.readText()")


def test_an_image_of_the_studio_opens_by_its_link_for_another_visitor(visit, url, sampling):
    page = visit("studio")
    finished(page, "swap")
    drag(page, "position", [0, 0.75])
    position = value_of(page, "position")
    until(lambda: near(colour(page, "swap"), (red_of(position), 128, 0)), "not drawn")
    finished(page, "swap")
    page.locator("#swap-stage figure").nth(2).locator(".copy-link").click()
    expect(page.locator("#link-copied")).to_contain_text("The link is copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{url}studio?part=swap#recipe=")
    assert len(link) < 4000
    other = visit(link, 390, 844, locale="ko-KR")
    until(lambda: value_of(other, "position") == position, "the slider was not restored")
    finished(other, "swap")
    expect(other.locator("#swap-stage img")).to_have_count(1)
    assert sampling.drawing.requests[-1].seeds == (2,)
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(other, "link-phone")
    screenshot(page, "link-studio")


def test_a_link_to_a_mix_opens_that_tool_and_stays_its_address(visit):
    page = visit("studio?part=mix")
    finished(page, "mix")
    link = copied(page, "#mix-stage")
    other = visit(link)
    finished(other, "mix")
    expect(other.locator("#mix-stage img")).to_have_count(1)
    expect(other.locator("#mix-page")).to_be_visible()
    assert other.url == link
    go_within_studio(other, "Class swap")
    finished(other, "swap")
    assert other.url.endswith("studio?part=swap")


def test_a_link_pasted_into_an_open_page_is_opened(visit, url):
    page = visit("studio")
    finished(page, "swap")
    before = copied(page, "#swap-stage")
    drag(page, "balance", [0.5, 1])
    until(lambda: copied(page, "#swap-stage") != before, "the images are still those of before")
    finished(page, "swap")
    link = copied(page, "#swap-stage")
    other = visit("studio?part=swap")
    finished(other, "swap")
    assert value_of(other, "balance") == 0.5
    other.evaluate("(link) => { location.href = link; }", link)
    until(lambda: other.locator("#balance").count() and value_of(other, "balance") == 1, "the link was not opened")
    finished(other, "swap")


def test_a_neighbour_and_a_picture_of_the_history_have_links(visit, photo_path, sampling):
    page = visit("")
    expect(page.locator("#examples img")).to_have_count(6)
    upload(page, photo_path)
    wait_for_pictures(page)
    page.locator("#results .thumbnail-lg").nth(3).click()
    expect(page.locator("#picked")).to_contain_text("Seed")
    seed = int(re.search(r"Seed (\d+)", page.locator("#picked").inner_text())[1])
    link = copied(page, "#picked")
    screenshot(page, "link-generate")
    page.goto(page.url + "studio?part=history")
    expect(page.locator("#history figure").first).to_be_visible()
    assert copied(page, "#history figure:nth-of-type(16)").count("#recipe=") == 1
    screenshot(page, "link-history")
    other = visit(link)
    finished(other, "swap")
    assert sampling.drawing.requests[-1].seeds == (seed,)
    feature = sampling.encode("painted", photo_path).feature
    assert (sampling.drawing.requests[-1].blend.features[0] == feature).all()


def test_the_chosen_image_of_a_family_has_a_link(visit):
    page = visit("explore")
    expect(page.locator("#explore-litter img")).to_have_count(9)
    page.locator("#explore-litter button").first.click()
    expect(page.locator("#explore-tree button")).to_have_count(2)
    link = copied(page, "#explore-chosen")
    screenshot(page, "link-explore")
    other = visit(link)
    expect(other.locator("#search-stage img")).to_have_count(2)


def test_a_link_that_was_cut_off_says_so_and_the_page_works(visit):
    page = visit("studio?part=mix#recipe=eJwrSS0uAQAEXQHB")
    expect(page.get_by_text("The recipe is damaged")).to_be_visible()
    finished(page, "swap")
    page = visit("studio#recipe=eJwrSS")
    expect(page.get_by_text("This link is damaged")).to_be_visible()
    finished(page, "swap")


def test_without_a_clipboard_the_link_is_shown_to_be_copied(visit):
    page = visit("studio")
    finished(page, "swap")
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(); document.execCommand = () => false; }"
    )
    shown = []
    page.on("dialog", lambda dialog: (shown.append(dialog.default_value), dialog.accept()))
    page.locator("#swap-stage .copy-link").first.click()
    until(lambda: page.evaluate("1") and shown, "no link was shown")
    assert "#recipe=" in shown[0]
