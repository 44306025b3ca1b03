"""How fast pictures are drawn, beside the plain reference with the same weights in the same run.

``python -m benchmarks.drawing [--quick] [--json FILE] [--sheet FILE]`` prints seconds per image for the published
full-width shapes with random weights and for the bundled shape: the reference (module by module, float32, spectral norm
evaluated each time, as the original code does), ours prepared, and their ratio; then where the time goes. It writes its
section of ``docs/benchmarks.md``. ``--quick`` leaves out the longest row; ``--sheet`` draws pictures of the bundled
model in both ways, with their difference. Reference and ours take turns, so that what else the machine does meets
both; a figure is the median of its runs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from benchmarks.document import describe_machine, process_memory_mb, write_section
from benchmarks.limit import limit_table, seconds_of
from benchmarks.random_models import (
    CASES,
    LARGEST,
    STYLE_CASES,
    random_generator,
    random_inputs,
    random_style_generator,
)
from benchmarks.reference import ReferenceGenerator
from benchmarks.reference_stylegan2 import ReferenceStyleGan2
from icgan_demo.config import EncoderConfig, GeneratorConfig, Precision
from icgan_demo.encoders.bundled import BundledEncoder, build_network
from icgan_demo.encoders.encoder import encode_pictures
from icgan_demo.inference.fast.prepare import choose_precision, prepare
from icgan_demo.inference.loading import find_model, load_model, load_network
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_pixels

Reference = Callable[[Tensor, Tensor], Tensor]
"""Noise and conditions to images, as the original code calculates them."""
QUICK_BATCH = 4
"""Batches of the largest shape above this are left out by ``--quick``."""
SHEET_MODEL = "produce64"
THREADS = 2
RUNS = 5


def main() -> None:
    """Measure every case, print tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the longest row")
    parser.add_argument("--json", type=Path, help="write the rows to this file, too")
    parser.add_argument("--sheet", type=Path, help="write a difference sheet of the bundled model to this picture file")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    if options.peak:
        print(_peak_mb(CASES[LARGEST][0]))
        return
    machine = (
        f"{describe_machine()}, inference in {choose_precision()}; medians of {RUNS} runs. Random weights unless "
        f"a line says otherwise. Load average {os.getloadavg()[0]:.1f} at the start."
    )
    print(machine, flush=True)
    rows = []
    for name, generator, reference, batches in cases():
        kept = [batch for batch in batches if not (options.quick and name == LARGEST and batch > QUICK_BATCH)]
        for row in measure(name, generator, reference, kept):
            rows.append(row)
            print(
                "{name:14s} batch {batch:2d}  {reference_s:.4f}  {ours_s:.4f}  {ratio:.2f}x".format(**row), flush=True
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    text = "\n".join([machine, "", *table(rows), "", *limit_table(LARGEST), "", *other_figures()])
    print(text)
    write_section("drawing", text)
    if options.sheet:
        difference_sheet(SHEET_MODEL, options.sheet)


def cases() -> Iterator[tuple[str, AnyGenerator, Reference, Sequence[int]]]:
    """Yield name, network, reference with its weights, and sizes of batches of all shapes, one network at a time."""
    for name, (config, batches) in CASES.items():
        network = random_generator(config)
        yield name, network, ReferenceGenerator.of(network), batches
    for name, (style_config, batches) in STYLE_CASES.items():
        style_network = random_style_generator(style_config)
        yield name, style_network, ReferenceStyleGan2(style_network), batches


@torch.inference_mode()
def measure(
    name: str, generator: AnyGenerator, reference: Reference, batches: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Yield one row for each batch: seconds per image of the reference and of ours, ratio, differences."""
    exact, ours = prepare(generator, Precision.FLOAT32), prepare(generator)
    for batch in batches:
        seconds: dict[str, list[float]] = {"reference": [], "ours": []}
        for _ in range(RUNS + 1):  # the first round also pays for set-up
            inputs = random_inputs(generator, batch)  # a new instance each time: no result is remembered
            seconds["reference"].append(seconds_of(reference, *inputs))
            seconds["ours"].append(seconds_of(ours, *inputs))
        reference_s, ours_s = (statistics.median(times[1:]) / batch for times in seconds.values())
        z, c = (part[:1] for part in inputs)
        expected = reference(z, c)
        yield {
            "name": name,
            "resolution": generator.config.resolution,
            "batch": batch,
            "reference_s": round(reference_s, 4),
            "ours_s": round(ours_s, 4),
            "ratio": round(reference_s / ours_s, 2),
            "mean_levels": round((ours(z, c) - expected).abs().mean().item() * 127.5, 3),
            "float32_largest": (exact(z, c) - expected).abs().max().item(),
        }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows as a Markdown table."""
    return [
        "| shape | batch | reference, s per image | ours, s per image | ratio | mean difference, levels of 255 "
        "| largest difference in float32 mode |",
        "|---|---|---|---|---|---|---|",
        *(
            "| {name} | {batch} | {reference_s:.3f} | {ours_s:.4f} | {ratio:.1f} | {mean_levels:.2f} "
            "| {float32_largest:.0e} |".format(**row)
            for row in rows
        ),
    ]


def other_figures() -> list[str]:
    """Return lines on accuracy, on the encoder and on memory."""
    config = EncoderConfig(input_side=112)
    encoder = BundledEncoder(build_network(config), config, "random")
    photo = Image.effect_noise((1600, 1200), 64).convert("RGB")
    encode_pictures(encoder, [photo], 64)
    photo_s = statistics.median(seconds_of(encode_pictures, encoder, [photo], 64) for _ in range(2 * RUNS))
    command = [sys.executable, "-m", "benchmarks.drawing", "--peak"]
    peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    expected, drawn = drawn_both_ways(SHEET_MODEL)
    levels = (drawn - expected).abs() * 127.5
    prepared_levels, autocast_levels = hard_levels(LARGEST)
    return [
        f"- {SHEET_MODEL} in bfloat16 differs from the float32 reference by {levels.mean().item():.2f} levels of 255 "
        f"in the mean and {levels.max().item():.1f} at most.",
        f"- A random {LARGEST} whose maps all have variance 1, so that it enlarges every rounding: "
        f"{prepared_levels:.1f} levels in the mean; the plain network under bfloat16 autocast: {autocast_levels:.1f}.",
        f"- Bundled encoder, from a photo of 1600 x 1200 px to its feature: {photo_s * 1e3:.0f} ms.",
        f"- Peak memory of a process that makes a random {LARGEST}, prepares it and draws: {peak} MB.",
    ]


@torch.inference_mode()
def hard_levels(name: str) -> tuple[float, float]:
    """Return the mean differences of ours and of autocast, both in bfloat16, for the most sensitive network."""
    generator = random_generator(CASES[name][0], settled=True)
    inputs = random_inputs(generator, 1)
    expected = ReferenceGenerator.of(generator)(*inputs)
    ours = prepare(generator, Precision.BFLOAT16)(*inputs)
    with torch.autocast("cpu", torch.bfloat16):
        autocast = generator(*inputs).float()
    ours_levels, autocast_levels = ((images - expected).abs().mean().item() * 127.5 for images in (ours, autocast))
    return ours_levels, autocast_levels


@torch.inference_mode()
def _peak_mb(config: GeneratorConfig) -> int:
    with torch.device("meta"):
        generator = BigGanGenerator(config)
    generator = generator.to_empty(device="cpu").eval().requires_grad_(False)
    for tensor in generator.state_dict().values():
        tensor.fill_(0.01)
    inputs = random_inputs(generator, 4)
    ours = prepare(generator)
    del generator
    ours(*inputs)
    return round(process_memory_mb(os.getpid(), "VmHWM"))


@torch.inference_mode()
def drawn_both_ways(name: str, count: int = 8) -> tuple[Tensor, Tensor]:
    """Return images of a model: the reference's in float32, ours in bfloat16."""
    found, bank = find_model(name), load_model(name).bank
    assert found.card is not None
    assert bank is not None
    plain = load_network(found.card, found.folder)
    assert isinstance(plain, BigGanGenerator)
    z = draw_noise(range(count), plain.config.noise_dim, 0.8)
    rows = torch.linspace(0, len(bank.features) - 1, count).long()
    c = plain.condition(bank.features[rows])
    return ReferenceGenerator.of(plain)(z, c), prepare(plain, Precision.BFLOAT16)(z, c)


def difference_sheet(name: str, path: Path) -> None:
    """Write pictures of a model: the reference's, ours in bfloat16, and sixteen times their difference around grey."""
    expected, drawn = drawn_both_ways(name)
    rows = [torch.cat(list(images), dim=2) for images in (expected, drawn, (drawn - expected) * 16)]
    sheet = Image.fromarray(to_pixels(torch.cat(rows, dim=1)).permute(1, 2, 0).numpy())
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.NEAREST).save(path, quality=88)


if __name__ == "__main__":
    main()
