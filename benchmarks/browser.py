"""How long a visitor waits in the browser: photo to pictures, slider to picture, map to picture, a search.

``python -m benchmarks.browser [--runs 20]`` starts the app in a process of its own, opens it in Debian's Chromium on
the same machine (which takes its share of the processor) and measures inside the page: from the event that a person
causes to the moment when new pictures are loaded in the document. Writes its section of ``docs/benchmarks.md``.
"""

import argparse
import importlib.util
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.document import DOCUMENT, describe_machine, write_section
from benchmarks.page import running_app, wait_for_model

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
NEW_VISIT = "() => { if (location.protocol.startsWith('http')) sessionStorage.clear(); }"
"""Else what the last visit had would be shown again."""
ARM = """([event, selector, counts]) => {
    const images = () => [...document.querySelectorAll(selector)];
    const before = new Set(images().map((image) => image.src));
    let begun = 0;
    const start = () => { begun ||= performance.now(); };
    document.addEventListener(event, start, { capture: true, once: true });
    window.measured = new Promise((done) => {
        const times = [];
        const look = () => {
            const fresh = images().filter((image) => !before.has(image.src) && image.complete && image.naturalWidth);
            while (begun && times.length < counts.length && fresh.length >= counts[times.length]) {
                times.push((performance.now() - begun) / 1000);
            }
            if (times.length < counts.length) requestAnimationFrame(look);
            else done(times);
        };
        requestAnimationFrame(look);
    });
}"""
"""Waits for ``event``; resolves to the seconds from it until each of ``counts`` new pictures were shown."""


class Visitor:
    """A page of the app, and a stopwatch in it."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def measure(self, event: str, selector: str, act: Any, counts: tuple[int, ...] = (1,)) -> list[float]:
        """Return seconds from the next ``event``, which ``act`` causes, until ``counts`` new pictures are there."""
        self.page.evaluate(ARM, [event, selector, list(counts)])
        act()
        return self.page.evaluate("window.measured")

    def open(self, url: str) -> None:
        """Open the page in a new visit and wait for its examples."""
        self.page.evaluate(NEW_VISIT)
        self.page.goto(url)
        self.page.locator("#examples img").first.wait_for()

    def opened(self, url: str) -> float:
        """Return the seconds until the first page shows its examples."""
        begun = time.monotonic()
        self.open(url)
        return time.monotonic() - begun

    def photo(self, path: Path) -> list[float]:
        """Return seconds from a chosen photo to the first and to the sixteenth picture, on an empty page."""
        times = self.measure(
            "change",
            "#results .thumbnail-lg img",
            lambda: self.page.set_input_files("#instance input[type=file]", str(path)),
            (1, 16),
        )
        self.page.locator("#results .caption-label", has_text="distance").nth(15).wait_for(state="attached")
        return times

    def slider(self, place: float) -> list[float]:
        """Return seconds from a slider moved (and held) to the first changed picture."""
        box = self.page.locator("#position input[type=range]").bounding_box()
        x, y = box["x"] + 8 + place * (box["width"] - 16), box["y"] + box["height"] / 2
        return self.measure("input", "#swap-stage img", lambda: self.page.mouse.move(x, y))

    def drag(self, places: list[float]) -> list[float]:
        """Return, for each place a held slider is moved to, seconds to the first changed picture."""
        handle = self.page.locator("#position input[type=range]")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        times = []
        for place in places:
            times += self.slider(place)
            self.page.wait_for_timeout(300)
        self.page.mouse.up()
        return times

    def map_click(self, place: int) -> list[float]:
        """Return seconds from a click on a thumbnail of the map to four pictures in full quality."""
        thumb = self.page.locator("#bank-map .thumb").nth(place)
        times = self.measure("click", "#map-stage img", lambda: thumb.click(), (1, 4))
        self.page.locator("#map-stage figcaption").first.wait_for()
        self.page.wait_for_timeout(1000)
        return times

    def search(self) -> float:
        """Return seconds from the start of a guided search of the usual length to its end."""
        begun = time.monotonic()
        self.page.click("#search-start")
        self.page.locator("#search-start").wait_for(state="hidden")
        self.page.locator("#search-start").wait_for(state="visible")
        return time.monotonic() - begun


def known_photos() -> dict[str, Image.Image]:
    """Return photos of 1600 x 1200 px by the model that Automatic draws them with: of others it would ask first."""
    gradio = importlib.util.find_spec("gradio")
    assert gradio is not None
    assert gradio.origin is not None
    photos = {
        "natural64": Image.open(Path(gradio.origin).parent / "media_assets" / "images" / "lion.jpg"),
        "produce128": Image.open(DOCUMENT.parent / "images" / "neighbours.jpg").crop((2, 2, 128, 128)),
    }
    return {model: photo.convert("RGB").resize((1600, 1200)) for model, photo in photos.items()}


def write_like(photo: Image.Image, source: np.random.Generator, path: Path) -> None:
    """Write a photo with a little noise, so that nothing is answered from a cache."""
    noisy = np.asarray(photo, dtype=np.int16) + source.integers(-4, 5, (photo.height, photo.width, 1), dtype=np.int16)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=90)


def measure(page: Any, url: str, runs: int) -> dict[str, list[float]]:
    """Return seconds by what was waited for."""
    visitor = Visitor(page)
    source = np.random.default_rng(0)
    result: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        for model, photo in known_photos().items():
            for _ in range(runs):
                write_like(photo, source, path)
                result.setdefault("page opened, its examples there", []).append(visitor.opened(url))
                for name, seconds in zip(("first of 16 images", "all 16 images"), visitor.photo(path), strict=True):
                    result.setdefault(f"photo chosen, {name} of {model}", []).append(seconds)
    page.goto(f"{url}/studio")
    page.locator("#swap-stage figcaption").first.wait_for()
    places = [0.5 + 0.45 * (-1) ** step * (step + 1) / runs for step in range(runs)]
    result["slider held, first new preview"] = visitor.drag(places)
    page.goto(f"{url}/studio?part=map")
    page.locator("#bank-map .thumb").first.wait_for()
    page.locator("#map-stage figcaption").first.wait_for()
    count = page.locator("#bank-map .thumb").count()
    for step in range(runs):
        for name, seconds in zip(("first new image", "four"), visitor.map_click(step % min(count, 8)), strict=True):
            result.setdefault(f"map clicked, {name}", []).append(seconds)
    page.goto(f"{url}/studio?part=search")
    page.locator("#search-stage img").first.wait_for()
    result["search of 60 gradient rounds, start to end"] = [visitor.search() for _ in range(3)]
    return result


def report(result: dict[str, list[float]]) -> str:
    """Return the figures as a Markdown table."""
    lines = [f"{describe_machine()}; browser and app share the machine.", "", "| wait | runs | median s | longest s |"]
    lines.append("|---|---|---|---|")
    for name, seconds in result.items():
        lines.append(f"| {name} | {len(seconds)} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the section."""
    from playwright.sync_api import sync_playwright  # a requirement of the tests, not of the app

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with running_app() as (_, url), sync_playwright() as playwright:
        wait_for_model(time.monotonic())
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, locale="en-US")
        text = report(measure(page, url, options.runs))
        browser.close()
    print(text)
    write_section("browser", text)


if __name__ == "__main__":
    main()
