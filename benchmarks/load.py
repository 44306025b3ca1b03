"""How the page bears many visitors at once: waiting times, errors, memory, and whether every picture is the right one.

``python -m benchmarks.load [--visitors 50] [--minutes 10] [--seed 0]`` starts the app in a process of its own, with
folders of its own, and lets that many simulated visitors use its public API at the same time. Each has photos of its
own, thinks between two actions, and uploads a photo for sixteen neighbours, moves a class slider, mixes instances, or
lets something be generated again from its recipe; the first of them also trains a model meanwhile. One picture of each
answer is kept; afterwards this process generates it again from the recipe that the file itself carries, and compares.
With ``ICGAN_ENGINE=ray`` in the environment it measures that engine. Each engine has its section of
``docs/benchmarks.md``. It ends with code 1 if a request failed, a picture differed, the training did not finish, or the
memory kept growing.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image

from benchmarks.browser import known_photos, write_like
from benchmarks.document import describe_machine, process_memory_mb, write_section
from benchmarks.page import running_app, wait_for_model
from icgan_demo.service.recipes.recipe import checked_request, read_recipe_file
from icgan_demo.service.recipes.redraw import open_sampling
from icgan_demo.service.training.job_record import ACTIVE_STATES

PATIENCE_S = 600.0
"""For the next sign of life of one request."""
LOOK_EVERY_S = 5.0
TRAINING_S = 900.0
"""For which the training is waited for after the visitors have left: with them, it has the lowest priority."""
GROWTH_MB = 60
"""By which the memory may grow from the second quarter of the time to the last; a run of 300 requests takes 15."""
IDLE_S = 2.0
"""After which a connection is not used again: at 5 seconds the server closes it, and what was just sent on it is lost.
A browser then asks once more by itself; this client would call it an error."""
SLIDER_PLACES = (-0.5, 0.0, 0.5, 1.0)
COUNT, FEW = 16, 4
ACTIONS = {"photo": 5, "slider": 3, "mix": 1, "restore": 1}
"""What a visitor does next, by weight."""
TRAINING = {"steps": 40, "batch_size": 16}
PERCENTILES = (50, 90, 95, 99, 100)


@dataclass
class Seen:
    """What all visitors have met so far."""

    first_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds to the first pictures of an answer, by endpoint."""
    whole_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds to the end of it."""
    errors: Counter[str] = field(default_factory=Counter)
    pictures: list[Path] = field(default_factory=list)
    """One of each answer."""
    memory_mb: list[float] = field(default_factory=list)
    training: str = "did not start"


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, page: httpx.AsyncClient, number: int, seed: int, folder: Path, seen: Seen) -> None:
        self._page, self._folder, self._seen = page, folder, seen
        self._source = np.random.default_rng((seed, number))
        self._name = f"visitor{number:03d}"
        self._subject = list(known_photos().values())[number % 2]
        self._features: list[tuple[str, list[float]]] = []
        self._kept: Path | None = None

    model = "auto"
    """What photos are drawn with."""

    async def stay(self, until: float, think_s: float) -> None:
        """Use the page until that time of the monotonic clock."""
        await asyncio.sleep(self._source.uniform(0, think_s))
        while time.monotonic() < until:
            names = list(ACTIONS) if self._features and self._kept else ["photo"]
            weights = np.array([ACTIONS[name] for name in names], dtype=float)
            action = str(self._source.choice(names, p=weights / weights.sum()))
            try:
                await getattr(self, f"_{action}")()
            except (httpx.HTTPError, RefusedError) as error:
                self._seen.errors[f"{action}: {error!r:.160}"] += 1
            await asyncio.sleep(self._source.exponential(think_s))

    async def train(self, until: float) -> None:
        """Train on the built-in set and say in the end, or at that time, how it went."""
        try:
            run = (await self._asked("train_start", TRAINING))[-1][0]
            while run["state"] in ACTIVE_STATES and time.monotonic() < until:
                await asyncio.sleep(LOOK_EVERY_S)
                run = await self._status(run["run_id"])
            self._seen.training = f"{run['state']} after {run['elapsed_s']:.0f} s"
        except (httpx.HTTPError, RefusedError) as error:
            self._seen.training = f"{error!r:.200}"

    async def _status(self, run_id: str) -> dict[str, Any]:
        answer = await self._page.post("/gradio_api/run/train_status", json={"data": [run_id]})
        return answer.raise_for_status().json()["data"][0]

    async def _photo(self) -> None:
        path = self._folder / f"{self._name}.jpg"
        await asyncio.to_thread(write_like, self._subject, self._source, path)
        photo = await self._uploaded(path)
        answers = await self._asked("encode", {"photo": photo, "model": self.model})
        facts = answers[-1][0]
        self._features = [*self._features[-3:], (facts["model"], facts["feature"])]
        drawn = {"photo": photo, "model": self.model, "count": COUNT, "seed": int(self._source.integers(2**31))}
        await self._drawn("generate", drawn)

    async def _slider(self) -> None:
        model, feature = self._features[self._source.integers(len(self._features))]
        labels = (await self._page.post("/gradio_api/run/labels", json={"data": [model]})).json()["data"][0]
        targets = {str(self._source.choice(labels)): 1.0} if labels else {}
        for position in SLIDER_PLACES:
            await self._drawn(
                "swap_class",
                {"feature": feature, "model": model, "targets": targets, "position": position, "count": FEW},
            )

    async def _mix(self) -> None:
        model, _ = self._features[-1]
        features = [feature for of, feature in self._features if of == model]
        await self._drawn("mix", {"features": features, "model": model, "count": FEW})

    async def _restore(self) -> None:
        assert self._kept is not None
        await self._drawn("recipe_restore", {"file": await self._uploaded(self._kept)})

    async def _drawn(self, endpoint: str, values: dict[str, Any]) -> None:
        """Ask for pictures, wait for all of them, and keep one."""
        files, _ = (await self._asked(endpoint, values))[-1]
        place = int(self._source.integers(len(files)))
        answer = await self._page.get(files[place]["url"])
        self._kept = self._folder / f"{self._name}-{len(self._seen.pictures):05d}.png"
        self._kept.write_bytes(answer.raise_for_status().content)
        self._seen.pictures.append(self._kept)

    async def _uploaded(self, path: Path) -> dict[str, Any]:
        answer = await self._page.post("/gradio_api/upload", files={"files": (path.name, path.read_bytes())})
        return {"path": answer.raise_for_status().json()[0], "meta": {"_type": "gradio.FileData"}}

    async def _asked(self, endpoint: str, values: dict[str, Any]) -> list[Any]:
        """Return what an endpoint answers, one after the other; raises RefusedError."""
        answers: list[Any] = []
        begun = time.monotonic()
        joined = await self._page.post(f"/gradio_api/call/v2/{endpoint}", json=values)
        if joined.status_code != 200:
            raise RefusedError(f"{joined.status_code} {joined.text:.100}")
        address = f"/gradio_api/call/{endpoint}/{joined.json()['event_id']}"
        async with aclosing(events(self._page, address)) as found:
            async for kind, data in found:
                if kind == "error":
                    raise RefusedError(str(data))
                if kind in ("generating", "complete"):
                    if not answers:
                        self._seen.first_s[endpoint].append(time.monotonic() - begun)
                    answers.append(data)
        if not answers:
            raise RefusedError("no answer")
        self._seen.whole_s[endpoint].append(time.monotonic() - begun)
        return answers


class RefusedError(Exception):
    """What a visitor would have seen instead of pictures."""


async def events(page: httpx.AsyncClient, address: str) -> AsyncGenerator[tuple[str, Any], None]:
    """Yield the events of a stream: what happened, and with which data."""
    kind = ""
    async with page.stream("GET", address) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: "))


async def visit(url: str, pid: int, options: argparse.Namespace, folder: Path) -> Seen:
    """Let all visitors use the page and return what they met."""
    seen, until = Seen(), time.monotonic() + 60 * options.minutes
    limits = httpx.Limits(max_keepalive_connections=options.visitors, keepalive_expiry=IDLE_S)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=limits) as page:
        visitors = [Visitor(page, number, options.seed, folder, seen) for number in range(options.visitors)]
        looking = asyncio.create_task(look(pid, seen))
        tasks = [visitor.stay(until, options.think) for visitor in visitors]
        if options.training:
            tasks.append(visitors[0].train(until + TRAINING_S))
        else:
            seen.training = "left out"
        await asyncio.gather(*tasks)
        looking.cancel()
    return seen


async def look(pid: int, seen: Seen) -> None:
    """Note the memory of the app now and then, and of the workers of a cluster that it has started."""
    while True:
        workers = [each.pid for each in psutil.Process(pid).children(recursive=True) if _is_worker(each)]
        seen.memory_mb.append(sum(map(_memory_mb, [pid, *workers])))
        await asyncio.sleep(LOOK_EVERY_S)


def _is_worker(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("ray::")
    except psutil.NoSuchProcess:
        return False


def _memory_mb(pid: int) -> float:
    """Return the memory of a process, 0 if it has ended."""
    try:
        return process_memory_mb(pid)
    except (FileNotFoundError, AssertionError):
        return 0.0


def wrong_pictures(pictures: list[Path]) -> list[Path]:
    """Return pictures that differ by more than one level of 255 from what their own recipe gives here."""
    sampling, wrong = None, []
    for path in pictures:
        recipe = read_recipe_file(path)
        sampling = sampling or open_sampling(recipe)
        [drawn] = sampling.drawing.draw(checked_request(recipe, sampling.unlisted(recipe.model.name)))
        with Image.open(path) as saved:
            difference = np.asarray(saved.convert("RGB"), dtype=np.int16) - np.asarray(drawn.picture, dtype=np.int16)
        if np.abs(difference).max() > 1:
            wrong.append(path)
    return wrong


def growth_mb(memory_mb: list[float]) -> float:
    """Return by how much the median of the last quarter lies above that of the second."""
    quarter = max(1, len(memory_mb) // 4)
    return float(np.median(memory_mb[-quarter:]) - np.median(memory_mb[quarter : 2 * quarter] or memory_mb))


def engine() -> str:
    """Return where the page has pictures drawn."""
    return os.environ.get("ICGAN_ENGINE", "local")


def report(seen: Seen, wrong: int, options: argparse.Namespace) -> str:
    """Return the figures as Markdown."""
    whose = "page and its workers" if engine() == "ray" else "page"
    lines = [
        f"{describe_machine()}; {options.visitors} visitors for {options.minutes:g} minutes, engine {engine()}, about "
        f"{options.think:g} s of thinking between two actions, visitors and page on one machine.",
        "",
        "| request | answered | " + " | ".join(f"{p} %" if p < 100 else "longest" for p in PERCENTILES) + " |",
        "|---|---:|" + "---:|" * len(PERCENTILES),
    ]
    for name, found in (("first", seen.first_s), ("all", seen.whole_s)):
        for endpoint, seconds in sorted(found.items()):
            cells = " | ".join(f"{value:.1f} s" for value in np.percentile(seconds, PERCENTILES))
            lines.append(f"| `/{endpoint}`, {name} | {len(seconds)} | {cells} |")
    lines += [
        "",
        f"Failed requests: {seen.errors.total()}. Pictures generated again and compared: {len(seen.pictures)}, "
        f"{wrong} differ. Training meanwhile: {seen.training}. Memory of the {whose}: {seen.memory_mb[0]:.0f} MB at "
        f"the start, {max(seen.memory_mb):.0f} MB at most, {seen.memory_mb[-1]:.0f} MB at the end; "
        f"{growth_mb(seen.memory_mb):+.0f} MB from the second quarter to the last.",
        *(f"- {count} times {error}" for error, count in seen.errors.most_common(10)),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of what the visitors do")
    parser.add_argument("--think", type=float, default=10, help="mean seconds between two actions of a visitor")
    parser.add_argument("--training", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--write", action=argparse.BooleanOptionalAction, default=True, help="into docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = {"ICGAN_DATA_DIR": "data", "GRADIO_TEMP_DIR": "uploads"}
        os.environ.update({name: str(Path(folder) / place) for name, place in places.items()})
        with running_app() as (pid, url):
            wait_for_model(time.monotonic())
            seen = asyncio.run(visit(url, pid, options, Path(folder)))
        wrong = wrong_pictures(seen.pictures)
    text = report(seen, len(wrong), options)
    print(text)
    if options.write:
        write_section(f"load-{engine()}", text)
    is_trained = seen.training.startswith(("finished", "left out"))
    if seen.errors or wrong or not is_trained or growth_mb(seen.memory_mb) > GROWTH_MB:
        sys.exit("Not everything held: see above.")


if __name__ == "__main__":
    main()
