"""The full width of the largest published model: it must load and draw within the memory of a small machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.published import write_random
from icgan_demo.weights.published.catalogue import PUBLISHED

LARGEST = "cc_icgan_biggan_imagenet_res256"
LIMIT_MB = 3000

PROGRAM = """
import json, os, sys, torch
from benchmarks.document import process_memory_mb
from icgan_demo.config import Precision
from icgan_demo.inference.loading import load_model
model = load_model(sys.argv[1], precision=Precision.FLOAT32)
config = model.generator.config
features = torch.nn.functional.normalize(torch.randn(1, config.feature_dim))
images = model.draw(torch.randn(1, config.noise_dim), features, torch.tensor([207]))
peak_mb = process_memory_mb(os.getpid(), "VmHWM")
print(json.dumps({"shape": list(images.shape), "finite": bool(images.isfinite().all()), "peak_mb": peak_mb}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak memory is read from /proc")
@pytest.mark.skipif("ICGAN_SLOW_TESTS" not in os.environ, reason="takes half a minute: set ICGAN_SLOW_TESTS=1")
def test_the_widest_model_of_256_px_loads_and_draws_within_3_gb(tmp_path):
    write_random(PUBLISHED[LARGEST], tmp_path / LARGEST)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / LARGEST)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert answer["shape"] == [1, 3, 256, 256]
    assert answer["finite"]
    assert answer["peak_mb"] < LIMIT_MB
