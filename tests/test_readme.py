"""What the README promises: its API snippet runs, its map is true, its pins are the real ones."""

import re
import shutil
from pathlib import Path

import pytest
from live_page import open_page

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.store import ModelStore

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def pinned(package, file="requirements.txt"):
    return re.search(rf"^{package}==(\S+)", (ROOT / file).read_text(), re.MULTILINE)[1]


def test_the_api_snippet_runs_as_it_stands(tmp_path, models_folder, photo_path, monkeypatch):
    [snippet] = re.findall(r"```python\n(from gradio_client.*?)```", README, re.DOTALL)
    shutil.copy(photo_path, tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    with open_page(SamplingService(ModelStore([models_folder])), tmp_path / "page") as url:
        names = {}
        exec(snippet.replace("http://127.0.0.1:7860", url), names)
    assert len(names["files"]) == 4
    assert names["recipe"]["seeds"] == [7, 8, 9, 10]
    assert len(names["near"]) == 3


def test_the_space_installs_the_gradio_that_is_pinned():
    assert re.search(r"^sdk_version: (\S+)$", README, re.MULTILINE)[1] == pinned("gradio")


@pytest.mark.parametrize("package", ["torch", "torchvision"])
def test_the_cpu_pins_move_together_with_the_others(package):
    assert pinned(package, "requirements-cpu.txt") == f"{pinned(package)}+cpu"


def test_every_file_of_the_map_exists():
    tree = re.search(r"## Where things are\n\n```\n(.*?)```", README, re.DOTALL)[1]
    folder = Path()
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        if match := re.match(r"\s*([\w.]+)/", line):
            folder = Path(*folder.parts[:depth], match[1])
            assert (ROOT / folder).is_dir(), folder
        here = folder if "/" in line.split()[0] else Path(*folder.parts[:depth])
        for name in re.findall(r"\b\w+\.(?:py|css|md)\b", line):
            assert (ROOT / here / name).is_file(), here / name
