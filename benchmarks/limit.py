"""How near drawing comes to what the processor can do: multiplications and time of each layer."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from benchmarks.random_models import CASES, random_generator, random_inputs
from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.fast.attention import PreparedAttention
from icgan_demo.inference.fast.output_layer import OutputLayer
from icgan_demo.inference.fast.packed_convolutions import PackedConv
from icgan_demo.inference.fast.prepare import prepare
from icgan_demo.inference.fast.upsample import UpsampledConv
from icgan_demo.inference.fast.winograd import MIN_TILED_WIDTH, PlainConv, TiledConv

RUNS = 7


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
            total = seconds_of(ours, *inputs)
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
    kinds: tuple[Any, ...] = (UpsampledConv, TiledConv, PlainConv, PreparedAttention, OutputLayer, PackedConv)
    originals = {kind: kind.__call__ for kind in kinds}

    def timed(kind: Any) -> Callable[..., Any]:
        def call(self: Any, *arguments: Any) -> Any:
            start = time.perf_counter()
            result = originals[kind](self, *arguments)
            spent[part_name(kind, *arguments[:2])] += time.perf_counter() - start
            return result

        return call

    try:
        for kind in kinds:
            kind.__call__ = timed(kind)
        yield spent
    finally:
        for kind, original in originals.items():
            kind.__call__ = original


def part_name(kind: type, x: Tensor, other: Any = None) -> str:
    """Return the name, as in ``multiplications``, of the layer of ``kind`` that was called with these arguments."""
    if kind is UpsampledConv:
        return f"conv1, {other.shape[1]} px"
    if kind in (TiledConv, PlainConv):
        return f"conv2, {x.shape[1] - 2} px"
    if kind is PreparedAttention:
        return f"attention, {x.shape[1]} px"
    if kind is OutputLayer:
        return "output"
    # Only shortcuts have a bias; the other packed convolutions are inside layers that are timed as a whole.
    return "inside" if other is None else f"shortcut, {2 * x.shape[1]} px"


@torch.inference_mode()
def arithmetic_limit(dtype: torch.dtype) -> float:
    """Return the multiply-adds a second of a large convolution that keeps the processor busy."""
    conv, x = PackedConv(torch.randn(384, 384, 3, 3), dtype), torch.randn(66, 66, 384).to(dtype)
    conv(x)
    return 64 * 64 * 9 * 384**2 / min(seconds_of(conv, x) for _ in range(2 * RUNS))


def seconds_of(work: Callable[..., Any], *arguments: Any) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start
