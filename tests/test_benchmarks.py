"""What the benchmarks count and write is what they say; nothing here is timed."""

import torch
from snapshot_files import tiny_style_config

from benchmarks import limit, memory
from benchmarks.document import process_memory_mb, write_section
from benchmarks.random_models import CASES, LARGEST, random_generator, random_inputs, random_style_generator
from benchmarks.reference import ReferenceGenerator
from benchmarks.reference_stylegan2 import ReferenceStyleGan2
from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.fast.prepare import prepare

SMALL = GeneratorConfig(32, (16, 16, 8, 8), 4, feature_dim=6, attention=(16,))


def test_the_published_shape_has_the_known_number_of_multiplications():
    published, done = map(sum, zip(*limit.multiplications(CASES[LARGEST][0]).values(), strict=True))
    assert 72e9 < published < 74e9
    assert done < 0.4 * published


def test_every_counted_layer_is_timed_and_the_classes_are_left_as_they_were():
    generator = random_generator(SMALL)
    prepared, inputs = prepare(generator), random_inputs(generator, 1)
    before = limit.UpsampledConv.__call__
    with limit.stopwatch() as spent:
        prepared(*inputs)
    assert set(spent) - {"inside"} == set(limit.multiplications(SMALL))
    assert limit.UpsampledConv.__call__ is before


@torch.inference_mode()
def test_the_reference_draws_what_the_plain_generator_draws():
    for settled in (False, True):
        generator = random_generator(SMALL, settled=settled)
        inputs = random_inputs(generator, 2)
        assert (ReferenceGenerator.of(generator)(*inputs) - generator(*inputs)).abs().max() < 1e-4


@torch.inference_mode()
def test_the_reference_of_the_other_backbone_draws_what_its_plain_generator_draws():
    generator = random_style_generator(tiny_style_config())
    inputs = random_inputs(generator, 2)
    assert (ReferenceStyleGan2(generator)(*inputs) - generator(*inputs)).abs().max() < 1e-4


def test_a_section_replaces_itself_and_leaves_the_others(tmp_path):
    document = tmp_path / "benchmarks.md"
    document.write_text("# Benchmarks\n\nBefore.\n")
    write_section("a", "first", document)
    write_section("b", "other", document)
    write_section("a", "second", document)
    text = document.read_text()
    assert "first" not in text
    assert text.index("Before.") < text.index("second") < text.index("other")
    assert text.count("<!-- a: begin -->") == 1


def test_memory_is_read_from_the_process_itself():
    import os

    assert 10 < process_memory_mb(os.getpid()) <= process_memory_mb(os.getpid(), "VmHWM")


def test_the_memory_table_has_a_column_for_every_look():
    table = memory.report({0: 500.4, 20: 510.0}, 512.0, 4).splitlines()
    assert table[-3:] == ["| requests | 0 | 20 |", "|---|---|---|", "| MB | 500 | 510 |"]
