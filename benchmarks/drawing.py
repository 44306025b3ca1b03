"""How fast pictures are drawn, beside the plain reference with the same weights in the same run.

``python -m benchmarks.drawing [--quick] [--json FILE] [--sheet FILE]`` prints seconds a picture for the published
full-width shapes with random weights and for the bundled shape: the reference (module by module, float32, spectral norm
evaluated each time, as the original code does), ours prepared, and their ratio; then where the time goes. It writes its
section of ``docs/benchmarks.md``. ``--quick`` leaves out the longest row; ``--sheet`` draws pictures of the bundled
model in both ways, with their difference. Reference and ours take turns, so that what else the machine does meets
both; a figure is the median of its runs.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from benchmarks.reference import ReferenceGenerator
from icgan_demo.config import EncoderConfig, GeneratorConfig, Precision
from icgan_demo.encoders.base import encode_pictures
from icgan_demo.encoders.bundled import BundledEncoder, build_network
from icgan_demo.inference.attention import PreparedAttention
from icgan_demo.inference.loading import find_model, load_model
from icgan_demo.inference.output import OutputLayer
from icgan_demo.inference.packed import PackedConv
from icgan_demo.inference.prepare import choose_precision, prepare
from icgan_demo.inference.tiles import MIN_TILED_WIDTH, PlainConv, TiledConv
from icgan_demo.inference.upsample import UpsampledConv
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.noise import draw_noise
from icgan_demo.training.networks import small_networks
from icgan_demo.weights.cards import GENERATOR
from icgan_demo.weights.files import load_module

CASES = {
    "published 256": (
        GeneratorConfig(256, (1536, 1536, 768, 768, 384, 192, 96), 17, feature_dim=2048, attention=(64,)),
        (1, 4, 16),
    ),
    "published 128": (
        GeneratorConfig(128, (1536, 1536, 768, 384, 192, 96), 20, feature_dim=2048, attention=(64,)),
        (1, 4),
    ),
    "published 64": (GeneratorConfig(64, (1024, 1024, 512, 256, 128), 24, feature_dim=2048, attention=(32,)), (1, 4)),
    "bundled 64": (small_networks(64, 256, 50)[0], (1, 16)),
}
LARGEST = "published 256"
QUICK_BATCH = 4
"""Batches of the largest shape above this are left out by ``--quick``."""
THREADS = 2
RUNS = 5
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- drawing: begin -->", "<!-- drawing: end -->"


def main() -> None:
    """Measure every case, print tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the longest row")
    parser.add_argument("--json", type=Path, help="write the rows to this file, too")
    parser.add_argument("--sheet", type=Path, help="write a difference sheet of the bundled model to this PNG file")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    if options.peak:
        print(_peak_mb(CASES[LARGEST][0]))
        return
    print(machine := describe_machine(), flush=True)
    rows = []
    for name, (config, batches) in CASES.items():
        kept = [batch for batch in batches if not (options.quick and name == LARGEST and batch > QUICK_BATCH)]
        for row in measure(name, config, kept):
            rows.append(row)
            print(
                "{name:14s} batch {batch:2d}  {reference_s:.4f}  {ours_s:.4f}  {ratio:.2f}x".format(**row), flush=True
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    load = f"Load average {os.getloadavg()[0]:.1f} at the end of these rows."
    text = "\n".join([machine, "", *table(rows), "", load, "", *limit_table(LARGEST), "", *other_figures()])
    print(text)
    write_section(text)
    if options.sheet:
        difference_sheet("produce64", options.sheet)


@torch.inference_mode()
def measure(name: str, config: GeneratorConfig, batches: list[int]) -> Iterator[dict[str, Any]]:
    """Yield one row for each batch: seconds a picture of the reference and of ours, ratio, differences."""
    generator = random_generator(config)
    reference = ReferenceGenerator.of(generator)
    exact, ours = prepare(generator, Precision.FLOAT32), prepare(generator)
    for batch in batches:
        seconds: dict[str, list[float]] = {"reference": [], "ours": []}
        for _ in range(RUNS + 1):  # the first round also pays for set-up
            inputs = random_inputs(generator, batch)  # a new instance each time: no result is remembered
            seconds["reference"].append(_seconds(reference, *inputs))
            seconds["ours"].append(_seconds(ours, *inputs))
        reference_s, ours_s = (statistics.median(times[1:]) / batch for times in seconds.values())
        z, c = (part[:1] for part in inputs)
        expected = reference(z, c)
        yield {
            "name": name,
            "resolution": config.resolution,
            "batch": batch,
            "reference_s": round(reference_s, 4),
            "ours_s": round(ours_s, 4),
            "ratio": round(reference_s / ours_s, 2),
            "mean_levels": round((ours(z, c) - expected).abs().mean().item() * 127.5, 3),
            "float32_largest": (exact(z, c) - expected).abs().max().item(),
        }


def random_generator(config: GeneratorConfig) -> BigGanGenerator:
    """Return a generator with random weights whose maps have the usual size: norms know the statistics of one batch."""
    with torch.device("meta"):
        generator = BigGanGenerator(config)
    generator = generator.to_empty(device="cpu").eval().requires_grad_(False)
    source = torch.Generator().manual_seed(0)
    for name, tensor in generator.state_dict().items():
        if tensor.ndim > 1:
            tensor.normal_(std=tensor[0].numel() ** -0.5, generator=source)
        else:
            tensor.fill_(1.0 if name.endswith(("gain", "stored_var", "gamma")) else 0.0)

    def learn_statistics(norm: nn.Module, inputs: tuple[Any, ...]) -> None:
        norm.stored_var, norm.stored_mean = torch.var_mean(inputs[0], dim=(0, 2, 3))

    norms = [module for module in generator.modules() if hasattr(module, "stored_mean")]
    hooks = [norm.register_forward_pre_hook(learn_statistics) for norm in norms]
    generator(*random_inputs(generator, 2))
    for hook in hooks:
        hook.remove()
    return generator


def random_inputs(generator: BigGanGenerator, count: int) -> tuple[Tensor, Tensor]:
    """Return noise and conditions of ``count`` pictures of one new instance."""
    config = generator.config
    feature = F.normalize(torch.randn(1, config.feature_dim), dim=1)
    return torch.randn(count, config.noise_dim), generator.condition(feature).expand(count, -1)


def _seconds(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows as a Markdown table."""
    return [
        "| shape | batch | reference, s a picture | ours, s a picture | ratio | mean difference, levels of 255 "
        "| largest difference in float32 mode |",
        "|---|---|---|---|---|---|---|",
        *(
            "| {name} | {batch} | {reference_s:.3f} | {ours_s:.4f} | {ratio:.1f} | {mean_levels:.2f} "
            "| {float32_largest:.0e} |".format(**row)
            for row in rows
        ),
    ]


@torch.inference_mode()
def limit_table(name: str) -> list[str]:
    """Return, for one picture, the multiplications of every large layer and how near to the limit it comes."""
    config = CASES[name][0]
    generator = random_generator(config)
    ours = prepare(generator)
    rate = arithmetic_limit(ours.dtype)
    inputs = random_inputs(generator, 1)
    runs = []
    for _ in range(RUNS):
        with stopwatch() as spent:
            total = _seconds(ours, *inputs)
        runs.append({**spent, "all": total})
    milliseconds = {key: statistics.median(run[key] for run in runs) * 1e3 for key in runs[0]}
    counts = multiplications(config)
    counts["all"] = tuple(map(sum, zip(*counts.values(), strict=True)))
    return [
        f"Where the time of one picture ({name}) goes, and the share of the limit that each part reaches. The limit is "
        f"the rate of a large convolution in the same run: {rate / 1e9:.0f} G multiply-adds a second in "
        f"{str(ours.dtype).removeprefix('torch.')}, which as published would need {counts['all'][0] / rate:.3f} s.",
        "",
        "| part | G multiply-adds as published | done | ms | share |",
        "|---|---|---|---|---|",
        *(
            f"| {key} | {published / 1e9:.2f} | {done / 1e9:.2f} | {milliseconds[key]:.1f} "
            f"| {done / rate / milliseconds[key] * 1e3:.0%} |"
            for key, (published, done) in counts.items()
        ),
    ]


def multiplications(config: GeneratorConfig) -> dict[str, tuple[float, ...]]:
    """Return, by layer, the multiply-adds of a picture as published and as done here."""
    counts: dict[str, tuple[float, ...]] = {}
    for index, (width, k) in enumerate(pairwise(config.widths)):
        side = 8 << index  # of the block's result
        once = k * side**2
        counts[f"conv1, {side} px"] = (9.0 * width * once, 9 / 4 * width * once)
        counts[f"conv2, {side} px"] = (9.0 * k * once, (4.0 if k >= MIN_TILED_WIDTH else 9.0) * k * once)
        counts[f"shortcut, {side} px"] = (1.0 * width * once, width * once / 4)
        if side in config.attention:
            attention = once * k * 5 / 4 + once * side**2 / 4 * 5 / 8
            counts[f"attention, {side} px"] = (attention, attention)
    colours = 27.0 * config.widths[-1] * config.resolution**2
    return {**counts, "output": (colours, colours)}


@contextmanager
def stopwatch() -> Iterator[dict[str, float]]:
    """Add up the seconds that prepared generators spend in each large layer inside."""
    spent: dict[str, float] = defaultdict(float)
    names: dict[Any, Callable[[Any, Tensor, Any], str]] = {
        UpsampledConv: lambda _, x, out: f"conv1, {out.shape[1]} px",
        TiledConv: lambda _, x, shortcut: f"conv2, {x.shape[1] - 2} px",
        PlainConv: lambda _, x, shortcut: f"conv2, {x.shape[1] - 2} px",
        PreparedAttention: lambda _, x, scratch: f"attention, {x.shape[1]} px",
        OutputLayer: lambda _, x, image: "output",
        PackedConv: lambda conv, x, bias=None: "other" if bias is None else f"shortcut, {2 * x.shape[1]} px",
    }
    originals = {kind: kind.__call__ for kind in names}

    def timed(kind: Any) -> Callable[..., Any]:
        def call(self: Any, *arguments: Any) -> Any:
            start = time.perf_counter()
            result = originals[kind](self, *arguments)
            spent[names[kind](self, *arguments[:2])] += time.perf_counter() - start
            return result

        return call

    try:
        for kind in originals:
            kind.__call__ = timed(kind)
        yield spent
    finally:
        for kind, original in originals.items():
            kind.__call__ = original


@torch.inference_mode()
def arithmetic_limit(dtype: torch.dtype) -> float:
    """Return the multiply-adds a second of a large convolution that keeps the processor busy."""
    conv, x = PackedConv(torch.randn(384, 384, 3, 3), dtype), torch.randn(66, 66, 384).to(dtype)
    conv(x)
    return 64 * 64 * 9 * 384**2 / min(_seconds(conv, x) for _ in range(2 * RUNS))


def other_figures() -> list[str]:
    """Return lines on the encoder and on memory."""
    config = EncoderConfig(input_side=112)
    encoder = BundledEncoder(build_network(config), config, "random")
    photo = Image.effect_noise((1600, 1200), 64).convert("RGB")
    encode_pictures(encoder, [photo], 64)
    photo_s = statistics.median(_seconds(encode_pictures, encoder, [photo], 64) for _ in range(2 * RUNS))
    command = [sys.executable, "-m", "benchmarks.drawing", "--peak"]
    peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return [
        f"- Bundled encoder, a photo of 1600 x 1200 px to its feature: {photo_s * 1e3:.0f} ms.",
        f"- Peak memory of a process that makes a random {LARGEST}, prepares it and draws: {peak} MB.",
    ]


@torch.inference_mode()
def _peak_mb(config: GeneratorConfig) -> int:
    with torch.device("meta"):
        generator = BigGanGenerator(config)
    generator = generator.to_empty(device="cpu").eval().requires_grad_(False)
    for tensor in generator.state_dict().values():
        tensor.fill_(0.01)
    inputs = random_inputs(generator, 2)
    ours = prepare(generator)
    del generator
    ours(*inputs)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


@torch.inference_mode()
def difference_sheet(name: str, path: Path, count: int = 8) -> None:
    """Write pictures of a model: the reference's, ours in bfloat16, and sixteen times their difference around grey."""
    found, bank = find_model(name), load_model(name).bank
    assert found.card is not None
    assert bank is not None
    with torch.device("meta"):
        plain = BigGanGenerator(found.card.generator)
    load_module(plain, found.folder / GENERATOR, found.card.files[GENERATOR].sha256)
    plain.eval().requires_grad_(False)
    z = draw_noise(range(count), plain.config.noise_dim, 0.8)
    c = plain.condition(bank.features[:count])
    expected, drawn = ReferenceGenerator.of(plain)(z, c), prepare(plain, Precision.BFLOAT16)(z, c)
    levels = (drawn - expected).abs() * 127.5
    print(
        f"{name} in bfloat16: {levels.mean().item():.2f} levels of 255 in the mean, {levels.max().item():.1f} at most"
    )
    rows = [torch.cat(list(images), dim=2) for images in (expected, drawn, (drawn - expected) * 16)]
    pixels = ((torch.cat(rows, dim=1).clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    sheet = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    sheet.resize((2 * sheet.width, 2 * sheet.height), Image.Resampling.NEAREST).save(path)


def describe_machine() -> str:
    """Return the processor, the threads and the versions in one line."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    precision = choose_precision()
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {THREADS} threads, torch "
        f"{torch.__version__}, drawing in {precision}; seconds a picture, medians of {RUNS} runs."
    )


def write_section(text: str) -> None:
    """Put ``text`` between the markers of the document, or at its end."""
    document = DOCUMENT.read_text() if DOCUMENT.exists() else "# Measured\n"
    section = f"{BEGIN}\n{text}\n{END}"
    if BEGIN in document and END in document:
        before, _, rest = document.partition(BEGIN)
        document = before + section + rest.partition(END)[2]
    else:
        document = f"{document.rstrip()}\n\n## Drawing\n\n`python -m benchmarks.drawing`:\n\n{section}\n"
    DOCUMENT.write_text(document)


if __name__ == "__main__":
    main()
