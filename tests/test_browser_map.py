"""The map as a person uses it: clicked, walked over by keys, filled with pictures of one's own."""

import io
import re
import zipfile

import gradio as gr
import numpy as np
import pytest
from chromium import MARKS, expect, go_within_studio, screenshot, visitors
from conftest import write_tiny_model
from live_page import launched, open_page
from PIL import Image
from test_browser_connection import OF_AN_OUTAGE
from wire import wired

from icgan_demo.config import Limits
from icgan_demo.service.banks import bank_service
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.banks.bank_streaming import EmbedPlan, embed_into
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.map.map_view import map_box
from icgan_demo.weights.bank_file import read_bank

pytestmark = MARKS
PATIENCE_MS = 60_000
LARGE, SHOWN = 40, 30
"""Rows of the bank for everybody, and how many of them a map shows."""


def png(seed):
    buffer = io.BytesIO()
    low = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8))
    low.resize((48, 48), Image.Resampling.BILINEAR).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def url(tmp_path_factory, patch):
    """Yield the address of a page that has a bank for everybody, of whose 40 rows the map shows 30."""
    folder = tmp_path_factory.mktemp("page")
    write_tiny_model(folder / "models" / "tiny")
    store = ModelStore([folder / "models"])
    sampling = SamplingService(store)
    (folder / "in").mkdir()
    for n in range(LARGE):
        (folder / "in" / f"{n}.png").write_bytes(png(100 + n))
    plan = EmbedPlan("Market", has_thumbnails=True)
    embed_into([folder / "in"], store.get("tiny"), folder / "data" / "shared-banks" / "market", plan)
    patch.setattr(bank_service, "MOST_SHOWN", SHOWN)
    with open_page(sampling, folder, banks=BankService(store, sampling, folder / "data", Limits())) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens the map; at the end no error was logged and nothing left this machine."""
    with visitors(browser, PATIENCE_MS) as new_page:

        def opened(width=1280, height=1000, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}studio?part=map")
            explained(page)
            return page

        yield opened


def explained(page):
    """Wait until the pictures are there in full quality and their explanation, too."""
    expect(page.locator("#map-stage img")).to_have_count(4, timeout=PATIENCE_MS)
    expect(page.locator("#map-stage figcaption").first).to_contain_text(
        re.compile("distance|거리"), timeout=PATIENCE_MS
    )
    expect(page.locator("#map-explanation tbody tr")).to_have_count(4, timeout=PATIENCE_MS)
    expect(page.locator("#bank-map .map")).to_be_visible(timeout=PATIENCE_MS)


def first_picture(page):
    return page.locator("#map-stage img").first.get_attribute("src")


def changed(page, before):
    page.wait_for_function(
        "(before) => { const now = document.querySelector('#map-stage img'); return now && now.src !== before; }",
        arg=before,
    )


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "my birds.zip"
    with zipfile.ZipFile(path, "w") as members:
        for n in range(8):
            members.writestr(f"{'robins' if n % 2 else 'wrens'}/{n}.png", png(n))
        members.writestr("wrens/broken.png", b"nothing")
    return path


def test_a_click_on_the_map_draws_that_instance(visit):
    page = visit()
    expect(page.locator("#bank-map .thumb")).not_to_have_count(0)
    before = first_picture(page)
    thumb = page.locator("#bank-map .thumb").first
    name = thumb.get_attribute("aria-label")
    thumb.click()
    changed(page, before)
    explained(page)
    expect(page.locator("#map-chosen")).to_contain_text(name)
    expect(page.locator("#bank-map .tip")).to_have_text(name)
    expect(page.locator("#bank-map .here")).to_be_visible()
    screenshot(page, "studio-map")


def test_a_map_that_is_mounted_between_its_value_and_its_scene_shows_the_scene(browser):
    with gr.Blocks(analytics_enabled=False) as demo:
        value = gr.Button("Value alone")
        scene = gr.Button("Scene")
        sent = gr.Markdown(elem_id="sent")
        with gr.Tabs():
            with gr.Tab("Closed at first"):
                pass
            with gr.Tab("Map"):
                shown = map_box()
        value.click(lambda: (gr.HTML(value="b0"), "sent"), None, [shown, sent])
        scene.click(lambda: gr.HTML(value="b0", scene='<p class="no-map">here</p>'), None, shown)
    with launched(demo) as address, visitors(browser, PATIENCE_MS) as new_page:
        page = new_page()
        page.goto(address)
        page.get_by_role("button", name="Value alone").click()
        expect(page.locator("#sent")).to_have_text("sent")
        page.get_by_role("tab", name="Map").click()
        expect(page.locator("#bank-map")).to_be_attached(timeout=PATIENCE_MS)
        page.get_by_role("button", name="Scene").click()
        expect(page.locator("#bank-map .no-map")).to_have_text("here", timeout=PATIENCE_MS)


def test_the_last_of_many_quick_clicks_is_the_one_drawn(visit):
    page = visit()
    thumbs = page.locator("#bank-map .thumb")
    assert thumbs.count() > 2
    before = first_picture(page)
    thumbs.nth(0).click()
    changed(page, before)
    explained(page)
    wanted = first_picture(page)
    thumbs.nth(1).click()
    changed(page, wanted)
    explained(page)
    for place in (2, 1, 2, 1, 0):
        thumbs.nth(place).click()
    expect(page.locator("#map-stage img").first).to_have_attribute("src", wanted, timeout=PATIENCE_MS)
    explained(page)
    assert first_picture(page) == wanted


def test_a_click_on_a_map_that_is_just_being_filled_is_what_is_drawn(visit, archive):
    """An answer that came after the click, or came twice, took it back."""
    page = visit()
    page.click("#map-make button.label-wrap")
    page.set_input_files("#bank-files input[type=file]", archive)
    expect(page.locator("#bank-files")).to_contain_text("my birds", timeout=PATIENCE_MS)
    page.click("#bank-build")
    page.locator("#bank-map [aria-label='robins']").first.click(timeout=PATIENCE_MS)
    expect(page.locator("#map-chosen")).to_contain_text("robins", timeout=PATIENCE_MS)
    explained(page)
    page.click("#map-bank input")
    page.get_by_role("option", name="The model’s own").click()
    expect(page.locator("#bank-map [aria-label='robins']")).to_have_count(0, timeout=PATIENCE_MS)
    last = page.locator("#bank-map .thumb").last
    last.click()
    place = "(mark) => [mark.style.left, mark.style.top]"
    expect(page.locator("#map-chosen")).to_contain_text(last.get_attribute("aria-label"), timeout=PATIENCE_MS)
    explained(page)
    assert page.locator("#bank-map .here").evaluate(place) == last.evaluate(place)
    drawn = first_picture(page)
    page.locator("#bank-map .thumb").first.click()
    changed(page, drawn)
    last.click()
    expect(page.locator("#map-stage img").first).to_have_attribute("src", drawn, timeout=PATIENCE_MS)


def test_arrow_keys_and_enter_do_the_same(visit):
    page = visit()
    before = first_picture(page)
    page.locator("#bank-map .map").focus()
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#bank-map .cursor")).to_be_visible()
    for _ in range(3):  # to an end, which cannot be where it began in both directions
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    at_left = page.locator("#bank-map .here").evaluate("(ring) => ring.style.left")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    changed(page, before)
    assert page.locator("#bank-map .here").evaluate("(ring) => ring.style.left") != at_left
    page.keyboard.press("+")
    expect(page.locator("#bank-map .map")).to_have_class(re.compile("zoomed"))


def test_a_photo_lands_on_the_map_and_is_drawn(visit, tmp_path):
    page = visit()
    (tmp_path / "photo.png").write_bytes(png(50))
    page.set_input_files("#map-photo input[type=file]", tmp_path / "photo.png")
    expect(page.locator("#bank-map .own")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("#map-chosen")).to_contain_text("your photo", timeout=PATIENCE_MS)
    explained(page)


def test_a_zip_becomes_a_bank_that_is_on_the_map_after_a_reload_and_for_another_visitor(visit, archive, tmp_path):
    page = visit()
    page.click("#map-make button.label-wrap")
    page.set_input_files("#bank-files input[type=file]", archive)
    expect(page.locator("#bank-files")).to_contain_text("my birds", timeout=PATIENCE_MS)
    page.fill("#bank-name input, #bank-name textarea", "Birds")
    page.click("#bank-build")
    expect(page.locator("#bank-status")).to_contain_text("8 images", timeout=PATIENCE_MS)
    expect(page.locator("#bank-status details")).to_contain_text("broken.png")
    expect(page.locator("#bank-map [aria-label='robins']").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#map-bank input")).to_have_value(re.compile("Birds"))
    before = first_picture(page)
    page.locator("#bank-map [aria-label='robins']").first.click()
    changed(page, before)
    explained(page)
    expect(page.locator("#map-explanation thead")).to_contain_text("nearest in this bank")
    page.click("#map-share button.label-wrap")
    with page.expect_download() as download:
        page.click("#bank-download")
    saved = tmp_path / "shared.safetensors"
    download.value.save_as(saved)
    assert len(read_bank(saved)) == 8
    screenshot(page, "studio-map-own")

    chosen = page.locator("#map-chosen").inner_text()
    page.reload()
    explained(page)
    expect(page.locator("#map-bank input")).to_have_value(re.compile("Birds"))
    expect(page.locator("#map-chosen")).to_have_text(chosen)
    expect(page.locator("#bank-map [aria-label='robins']").first).to_be_visible(timeout=PATIENCE_MS)

    other = visit()
    other.click("#map-bank input")
    expect(other.get_by_role("option", name=re.compile("Birds"))).to_have_count(0)
    other.keyboard.press("Escape")
    other.click("#map-share button.label-wrap")
    other.set_input_files("#bank-file input[type=file]", saved)
    expect(other.locator("#map-bank input")).to_have_value(re.compile("Birds"), timeout=PATIENCE_MS)
    expect(other.locator("#bank-map [aria-label='wrens']").first).to_be_attached()
    other.click("#bank-forget")
    expect(other.locator("#bank-map [aria-label='wrens']")).to_have_count(0, timeout=PATIENCE_MS)


def opened(folder):
    store = ModelStore([folder / "models"])
    sampling = SamplingService(store)
    banks = BankService(store, sampling, folder / "data", Limits())
    training = TrainingService(folder / "data", folder / "runs", Limits())  # keeps the key of what browsers keep
    return open_page(sampling, folder, banks=banks, training=training)


def test_after_a_restart_the_map_and_the_path_are_as_they_were(browser, tmp_path):
    write_tiny_model(tmp_path / "models" / "tiny")
    with wired() as wire, visitors(browser, PATIENCE_MS, forgiven=OF_AN_OUTAGE) as new_page:
        page = new_page()
        with opened(tmp_path) as url:
            wire.lead_to(url)
            page.goto(f"{wire.url}/studio?part=map")
            explained(page)
            (tmp_path / "photo.png").write_bytes(png(50))
            page.set_input_files("#map-photo input[type=file]", tmp_path / "photo.png")
            expect(page.locator("#map-chosen")).to_contain_text("your photo", timeout=PATIENCE_MS)
            explained(page)
            page.click("#map-add-stop")
            expect(page.get_by_text("Added to the path")).to_be_visible()
            go_within_studio(page, "Travel")
            expect(page.locator("#travel-stops .thumbnail-lg")).to_have_count(1)
            go_within_studio(page, "Map")
            last = page.locator("#bank-map .thumb").last
            name = last.get_attribute("aria-label")
            last.click()
            expect(page.locator("#map-chosen")).to_contain_text(name, timeout=PATIENCE_MS)
            explained(page)
            wire.cut()
            expect(page.locator("#connection")).to_contain_text("connection is lost")
        with opened(tmp_path) as url:
            wire.lead_to(url)
            expect(page.locator("#connection")).to_have_count(0)  # the page was opened again
            explained(page)
            expect(page.locator("#bank-map .own")).to_have_count(1)
            expect(page.locator("#map-chosen")).to_contain_text(name)
            go_within_studio(page, "Travel")
            expect(page.locator("#travel-stops .thumbnail-lg")).to_have_count(1)


@pytest.mark.parametrize(("width", "touch"), [(1280, False), (390, True)])
def test_the_map_of_a_large_bank_is_a_sample_whose_points_are_rows_of_the_bank(visit, width, touch):
    page = visit(width, has_touch=touch)
    page.click("#map-bank input")
    page.get_by_role("option", name=re.compile("Market")).click()
    expect(page.locator("#map-note")).to_contain_text(f"{SHOWN} of {LARGE}", timeout=PATIENCE_MS)
    expect(page.locator("#map-explanation thead")).to_contain_text("nearest in this bank", timeout=PATIENCE_MS)
    explained(page)
    rows = page.locator("#bank-map .map").get_attribute("data-rows").split(",")
    assert len(rows) == SHOWN
    assert [int(row) for row in rows] != list(range(SHOWN))
    for thumb in (page.locator("#bank-map .thumb:visible").first, page.locator("#bank-map .thumb:visible").last):
        thumb.click()
        row = thumb.get_attribute("data-key").removeprefix("b")
        assert row in rows
        expect(page.locator("#map-chosen")).to_contain_text(row, timeout=PATIENCE_MS)
        expect(page.locator("#bank-map .here")).to_be_visible()
        explained(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["swap", "mix"])
def test_pictures_of_the_other_pages_are_compared_with_real_ones_until_others_are_drawn(visit, name):
    page = visit()
    page.click(f"#map-to-{name}")
    expect(page.locator(f"#{name}-stage figcaption").first).to_contain_text("distance", timeout=PATIENCE_MS)
    page.click(f"#{name}-explain")
    expect(page.locator(f"#{name}-explanation tbody tr")).to_have_count(4, timeout=PATIENCE_MS)
    expect(page.locator(f"#{name}-explanation thead")).to_contain_text("nearest training image")
    screenshot(page, f"studio-{name}-explained")
    page.fill(f"#{name}-seed input", "7")
    page.keyboard.press("Tab")
    expect(page.locator(f"#{name}-explanation table")).to_have_count(0, timeout=PATIENCE_MS)


def test_what_a_search_found_is_compared_with_real_pictures_until_the_next_search(visit):
    page = visit()
    go_within_studio(page, "Search")
    expect(page.locator("#search-stage img")).to_have_count(1, timeout=PATIENCE_MS)
    start = explained_search(page)
    page.click("#search-start")
    expect(page.locator("#search-explanation table")).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("#search-status")).to_contain_text("Similarity from", timeout=PATIENCE_MS)
    assert explained_search(page) != start
    screenshot(page, "studio-search-explained")


def explained_search(page):
    """Ask for the explanation, and return it."""
    page.click("#search-explain")
    expect(page.locator("#search-explanation tbody tr")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("#search-explanation")).to_contain_text("for this image")
    return page.locator("#search-explanation tbody").inner_text()


@pytest.mark.parametrize(
    ("button", "place"), [("map-to-swap", "swap-stage"), ("map-to-mix", "mix-stage"), ("map-to-generate", "results")]
)
def test_the_instance_goes_to_the_other_pages(visit, button, place):
    page = visit()
    page.click(f"#{button}")
    expect(page.locator(f"#{place} img").first).to_be_visible(timeout=PATIENCE_MS)


def test_it_fits_a_phone_in_korean(visit):
    page = visit(390, 844, locale="ko-KR", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#map-note")).to_contain_text("인스턴스")
    screenshot(page, "studio-map-phone")
