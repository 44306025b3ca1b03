"""Where the time of one drawing goes, step by step, in one process: no network, no page.

``python -m benchmarks.request [--runs 15]`` takes a new photo of 1600 x 1200 px each time and does what the page does:
check and decode it, encode it, find its neighbours, draw sixteen pictures with the bundled model, encode what was
drawn, write PNGs, and the zip for downloading. It writes its section of ``docs/benchmarks.md``. What the page adds
(upload, queue, events) is the difference to ``benchmarks.page``.
"""

import argparse
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from benchmarks.document import describe_machine, write_section
from benchmarks.limit import seconds_of
from benchmarks.page import write_photo
from icgan_demo.guards.picture import read_picture
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.drawn_files import DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.weights.folders import bundled_models_folder

COUNT = 16
THREADS = 2


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    store = ModelStore([bundled_models_folder()])
    service = SamplingService(store)
    service.start_loading().join()  # as the app does at its start
    seconds = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for run in range(options.runs + 1):
            for step, elapsed_s in steps(service, store, Path(folder), run).items():
                if run:  # the first one also pays for set-up
                    seconds[step].append(elapsed_s)
    text = "\n".join(
        [
            f"{describe_machine()}; medians of {options.runs} requests for {COUNT} images with {store.default}.",
            "",
            "| step | ms |",
            "|---|---|",
            *(f"| {step} | {statistics.median(times) * 1e3:.1f} |" for step, times in seconds.items()),
        ]
    )
    print(text)
    write_section("request", text)


def steps(service: SamplingService, store: ModelStore, folder: Path, run: int) -> dict[str, float]:
    """Return the seconds of every step of one drawing."""
    name = store.default
    model, info = store.get(name), store.infos()[0]
    photo = folder / f"{run}.jpg"
    write_photo(np.random.default_rng(run), photo)
    crop = crop_to_square(read_picture(photo).picture, model.resolution)
    feature = model.encode([crop])[0]
    seeds = range(COUNT)
    pictures = model.sample(feature, seeds)
    request = DrawRequest.neighbours(name, feature.numpy(), count=COUNT, seed=run)
    *_, samples = service.drawing.samples(request)
    seeds_kept = [sample.seed for sample in samples]
    files = DrawnFiles(folder, write_recipe(request, info, seeds_kept))
    return {
        "check and decode the photo": seconds_of(read_picture, photo),
        "encode it": seconds_of(model.encode, [crop]),
        "neighbours of it": seconds_of(service.neighbours, name, feature.numpy(), 6),
        "generate one image": seconds_of(model.sample, feature, [run]),
        f"generate {COUNT} images": seconds_of(model.sample, feature, seeds),
        f"encode {COUNT} generated images": seconds_of(model.encode, pictures),
        f"write {COUNT} PNGs": seconds_of(lambda: [files.save(sample) for sample in samples]),
        "write the zip": seconds_of(files.save_archive, seeds_kept, files.recipe),
        f"service in total, {COUNT} images": seconds_of(lambda: list(service.drawing.samples(request))),
    }


if __name__ == "__main__":
    main()
