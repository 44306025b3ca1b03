"""What README and docs promise: the API snippet runs, links lead somewhere, map and pins are the real ones."""

import re
import shutil
from pathlib import Path

import pytest
from live_page import open_page

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "weights/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def pinned(package, file="requirements.txt"):
    return re.search(rf"^{package}==(\S+)", (ROOT / file).read_text(), re.MULTILINE)[1]


def test_the_api_snippet_runs_as_it_stands(tmp_path, models_folder, photo_path, monkeypatch):
    [snippet] = re.findall(r"```python\n(from gradio_client.*?)```", API, re.DOTALL)
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


def test_the_map_has_one_line_for_each_folder_of_the_package():
    tree = re.search(r"## Where things are\n\n```\n(.*?)```", README, re.DOTALL)[1]
    listed: list[Path] = []
    for line in tree.splitlines():
        if match := re.match(r"( *)(\w+)/ ", line):
            depth = len(match[1]) // 2
            above = listed[-1].parts[:depth] if depth else ()
            listed.append(Path(*above, match[2]))
    missing = [folder for folder in listed if not (ROOT / folder).is_dir()]
    assert missing == []
    modules = {path.parent.relative_to(ROOT) for path in (ROOT / "icgan_demo").rglob("*.py")}
    assert modules <= set(listed)
    assert len(set(listed)) == len(listed)


def heading_anchors(text):
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_the_documents_leads_to_a_file_and_a_heading(page):
    links = re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", page.read_text(encoding="utf-8"))
    inside = [link for link in (first or second for first, second in links) if not re.match(r"https?://", link)]
    for link in inside:
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in heading_anchors(target.read_text(encoding="utf-8")), link
